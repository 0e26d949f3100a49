import type { Page } from '@playwright/test';

interface ScreenView {
  left: number;
  top: number;
  scale: number;
}

/** Screen position of an image position, from the view that the canvas tells. */
export async function onScreen(page: Page, x: number, y: number): Promise<{ x: number; y: number }> {
  const { left, top, scale } = await currentView(page);
  return { x: left + x * scale, y: top + y * scale };
}

/** Image position of a screen position. */
export async function onPlane(page: Page, x: number, y: number): Promise<{ x: number; y: number }> {
  const { left, top, scale } = await currentView(page);
  return { x: (x - left) / scale, y: (y - top) / scale };
}

/** Where the plane's origin lies on the page, and its scale. */
async function currentView(page: Page): Promise<ScreenView> {
  const canvas = page.getByTestId('micrograph-canvas');
  const box = await canvas.boundingBox();
  if (!box) throw new Error('the micrograph canvas is not visible');
  const view = await canvas.evaluate((element) => ({
    scale: Number((element as HTMLElement).dataset.scale),
    offsetX: Number((element as HTMLElement).dataset.offsetX),
    offsetY: Number((element as HTMLElement).dataset.offsetY),
  }));
  return { left: box.x + view.offsetX, top: box.y + view.offsetY, scale: view.scale };
}
