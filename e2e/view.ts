import type { Page } from '@playwright/test';
import { expect } from './workbench.ts';

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

export type Rgb = [red: number, green: number, blue: number];

/** What is painted of the micrograph at these pixels of it; without masks and prompts. */
export function shownColours(page: Page, places: readonly { x: number; y: number }[]): Promise<Rgb[]> {
  return page.getByTestId('micrograph-canvas').evaluate((frame, places) => {
    const canvas = frame.querySelector('canvas')!;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    const ratio = canvas.width / frame.clientWidth;
    const [scale, left, top] = [frame.dataset.scale, frame.dataset.offsetX, frame.dataset.offsetY].map(Number);
    return places.map(({ x, y }) => {
      const column = Math.floor(((x + 0.5) * scale! + left!) * ratio);
      const row = Math.floor(((y + 0.5) * scale! + top!) * ratio);
      const at = (row * canvas.width + column) * 4;
      return [data[at]!, data[at + 1]!, data[at + 2]!] as Rgb;
    });
  }, places);
}

/** None of the colours lies farther from what it should be, once it has been painted. */
export async function expectColours(
  page: Page,
  places: readonly { x: number; y: number }[],
  wanted: readonly Rgb[],
  tolerance: number,
): Promise<void> {
  await expect
    .poll(async () => {
      const shown = await shownColours(page, places);
      return Math.max(...shown.flatMap((rgb, i) => rgb.map((value, c) => Math.abs(value - wanted[i]![c]!))));
    })
    .toBeLessThanOrEqual(tolerance);
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
