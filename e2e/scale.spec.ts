import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { root } from './hosts.ts';
import { acceptAsObject, drag, dragBox, newCandidates, openFolder, waitForEmbedding, shoot } from './steps.ts';
import { onScreen } from './view.ts';
import { copyInto, expect, realData, test } from './workbench.ts';

const vendorFile = join(realData, 'formats', 'Zeiss_SEM_1k.tif');
/** As the file says. */
const vendorPixelUm = 2.615;
const sample = join(root, 'assets', 'samples', 'powder-particles.png');

const unitsUm = { pm: 1e-6, nm: 1e-3, µm: 1, mm: 1e3, m: 1e6 };

/** '1,230 nm' in µm. */
function inUm(text: string): number {
  const [number, unit] = text.split(' ') as [string, keyof typeof unitsUm];
  return Number(number.replaceAll(',', '')) * unitsUm[unit];
}

/** CSS pixels that the scale bar's line is long, and the length that it stands for. */
async function readScaleBar(page: Page): Promise<{ css: number; um: number; text: string }> {
  const bar = page.getByTestId('scale-bar');
  const box = (await bar.locator('.scale-bar-line').boundingBox())!;
  const text = (await bar.textContent())!;
  return { css: box.width, um: inUm(text), text };
}

async function zoomOf(page: Page): Promise<number> {
  return Number(await page.getByTestId('micrograph-canvas').getAttribute('data-scale'));
}

async function expectRightScaleBar(page: Page, pixelUm: number): Promise<string> {
  const { css, um, text } = await readScaleBar(page);
  expect(css).toBeGreaterThan(60);
  expect(css).toBeLessThan(162);
  expect(css / (await zoomOf(page))).toBeCloseTo(um / pixelUm, 0);
  return text;
}

async function setByNumber(page: Page, value: string, unit: string): Promise<void> {
  await page.getByTestId('pixel-size').click();
  await page.getByTestId('pixel-size-value').fill(value);
  await page.getByTestId('pixel-size-unit').selectOption(unit);
  await page.getByTestId('pixel-size-set').click();
  await expect(page.getByTestId('pixel-size-set')).toBeHidden();
}

test('the scale bar of a vendor’s file follows the zoom', async ({ workbench }) => {
  test.skip(!existsSync(vendorFile), `The vendor's file is not on this machine: ${vendorFile}`);
  const { page, folder } = workbench;
  await copyInto(folder, [vendorFile]);
  await openFolder(workbench, folder);
  await expect(page.getByTestId('scale-bar')).toContainText('µm');
  await expect(page.getByTestId('pixel-size')).toContainText('2.62 µm/px');
  const fitted = await expectRightScaleBar(page, vendorPixelUm);
  for (let step = 0; step < 6; step++) await page.keyboard.press('+');
  await expect.poll(async () => (await readScaleBar(page)).text).not.toBe(fitted);
  await expectRightScaleBar(page, vendorPixelUm);
  await page.keyboard.press('0');
  await expect.poll(async () => (await readScaleBar(page)).text).toBe(fitted);

  await page.keyboard.press('w');
  await drag(page, { x: 200, y: 300 }, { x: 600, y: 450 });
  const lengthUm = inUm((await page.getByTestId('ruler-length').textContent())!);
  expect(Math.abs(lengthUm / (Math.hypot(400, 150) * vendorPixelUm) - 1)).toBeLessThan(0.01);
  await expect(page.getByTestId('ruler-angle')).toHaveText('−20.6°');
  await expect(page.getByTestId('profile')).toHaveAttribute('data-samples', /^42[0-9]$/);
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await shoot(page, `${theme}-scale-vendor`);
  }
});

test('a pixel size set by hand is stored, can be taken back, and areas are told in it', async ({ workbench }) => {
  const { page, folder } = workbench;
  await copyInto(folder, [sample]);
  await openFolder(workbench, folder);
  await waitForEmbedding(page);
  await dragBox(page, { x0: 608, y0: 418, x1: 722, y1: 536 });
  await newCandidates(page);
  await acceptAsObject(page);
  const area = page.getByTestId('object-row').locator('.object-area');
  await expect(area).toContainText('px²');
  const areaPx = Number((await area.textContent())!.replace(/[^\d]/g, ''));
  await expect(page.getByTestId('scale-bar')).toHaveCount(0);
  await expect(page.getByTestId('pixel-size')).toHaveText('No pixel size');
  await page.getByTestId('pixel-size').click();
  await expect(page.getByTestId('pixel-size-value')).toBeFocused();
  await shoot(page, 'light-scale-form');
  await page.keyboard.press('Escape');

  await setByNumber(page, '0,5', 'µm');
  await expectRightScaleBar(page, 0.5);
  const areaUm = inUm((await area.textContent())!.replace('²', ''));
  expect(Math.abs(areaUm / (areaPx * 0.25) - 1)).toBeLessThan(0.01);

  await page.reload();
  await expect(page.getByTestId('pixel-size')).toHaveText('500 nm/px');
  await expectRightScaleBar(page, 0.5);
  await expect(area).toContainText('µm²');

  await page.getByTestId('object-row').click();
  await expect(page.getByTestId('object-details')).toContainText('µm');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, 'dark-scale-objects');
  await page.getByTestId('pixel-size').click();
  await expect(page.getByTestId('pixel-size-in-use')).toContainText('by hand');
  await shoot(page, 'dark-scale-form');
  await page.getByTestId('unit-of-measures').selectOption('px');
  await expect(area).toContainText('px²');
  await page.getByTestId('pixel-size-restore').click();
  await expect(page.getByTestId('pixel-size')).toHaveText('No pixel size');
  await page.reload();
  await expect(page.getByTestId('pixel-size')).toHaveText('No pixel size');
});

test('a line along a scale bar gives the pixel size; the ruler measures in it', async ({ workbench }) => {
  const { page, folder } = workbench;
  await copyInto(folder, [sample]);
  await openFolder(workbench, folder);
  await expect(page.getByTestId('pixel-size')).toHaveText('No pixel size');
  await page.getByTestId('pixel-size').click();
  await page.getByText('From the scale bar', { exact: true }).click();
  await page.getByTestId('pixel-size-draw').click();
  await drag(page, { x: 100, y: 300 }, { x: 350, y: 300 });
  await page.getByTestId('pixel-size-value').fill('50');
  await page.getByTestId('pixel-size-unit').selectOption('µm');
  await shoot(page, 'light-scale-from-line');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('ruler-length')).toHaveText(/^(49\.[6-9]|50\.[0-4]) µm$/);

  const from = await onScreen(page, 300, 200);
  const to = await onScreen(page, 500, 390);
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.keyboard.down('Shift');
  await page.mouse.move(to.x, to.y, { steps: 5 });
  await page.mouse.up();
  await page.keyboard.up('Shift');
  await expect(page.getByTestId('ruler-angle')).toHaveText('−45.0°');
  const lengthUm = inUm((await page.getByTestId('ruler-length').textContent())!);
  expect(Math.abs(lengthUm / (195 * Math.SQRT2 * 0.2) - 1)).toBeLessThan(0.01);
  await expect(page.getByTestId('profile')).toHaveAttribute('data-samples', /^27[0-9]$/);
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, 'dark-scale-ruler');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('ruler-strip')).toHaveCount(0);
});

test('a pixel size set in one window is shown in the others, for all images without one', async ({
  workbench,
  electronBinary,
}) => {
  test.skip(electronBinary !== null, 'The desktop program has one window.');
  const { page, folder } = workbench;
  await copyInto(folder, [sample, join(root, 'assets', 'samples', 'nuclei-fluorescence-16bit.png')]);
  await openFolder(workbench, folder);
  const other = await page.context().newPage();
  await other.goto(new URL('/', page.url()).href);
  await other.getByTestId('image-item').filter({ hasText: 'nuclei' }).click();
  await expect(other.getByTestId('pixel-size')).toHaveText('No pixel size');
  await page.getByTestId('image-item').filter({ hasText: 'powder' }).click();
  await page.getByTestId('pixel-size').click();
  await page.getByTestId('pixel-size-value').fill('325');
  const forUnknown = page.getByTestId('pixel-size-for-unknown');
  await page.locator('label', { has: forUnknown }).click();
  await expect(forUnknown).toBeChecked();
  await page.getByTestId('pixel-size-set').click();
  await expect(page.getByTestId('pixel-size')).toHaveText('325 nm/px');
  await expect(other.getByTestId('pixel-size')).toHaveText('325 nm/px');
  await expect(other.getByTestId('scale-bar')).toBeVisible();
});
