import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { root } from './hosts.ts';
import { acceptAsObject, clickImage, newCandidates, openFolder, shoot, waitForEmbedding } from './steps.ts';
import { copyInto, expect, realData, test } from './workbench.ts';

const sample = join(root, 'assets', 'samples', 'superalloy-precipitates-16bit.tif');
const channels = join(realData, 'formats', 'channels_z.ome.tif');
const place = { x: 512, y: 384 };

/** Colours of the picture in the dialog, at places all over it. */
async function seenByModel(page: Page): Promise<number[][]> {
  const picture = page.getByTestId('model-input-picture');
  await expect(picture).toHaveAttribute('data-shown', /\d+x\d+/);
  return picture.locator('img').evaluate((image: HTMLImageElement) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    context.drawImage(image, 0, 0);
    return Array.from({ length: 16 * 12 }, (_, i) => {
      const [column, row] = [((i % 16) * canvas.width) / 16, (Math.floor(i / 16) * canvas.height) / 12];
      return [...context.getImageData(Math.floor(column), Math.floor(row), 1, 1).data.slice(0, 3)];
    });
  });
}

async function closePicture(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await expect(page.locator('.bp6-overlay-backdrop')).toHaveCount(0);
}

async function labels(page: Page): Promise<(string | null)[]> {
  return page
    .getByTestId('candidate-card')
    .evaluateAll((cards) => cards.map((card) => card.getAttribute('aria-label')));
}

test('what the model sees is shown, and is what the screen shows where that is wanted', async ({ workbench }) => {
  const { page, folder } = workbench;
  await copyInto(folder, [sample]);
  await openFolder(workbench, folder);
  await waitForEmbedding(page);
  // Automatic close-ups go by how quick this computer is.
  await page.keyboard.press('u');
  await expect(page.getByTestId('close-ups')).toHaveText('Close-ups: off');

  await page.keyboard.press('Shift+V');
  const plain = await seenByModel(page);
  expect(new Set(plain.map(([red]) => red)).size).toBeGreaterThan(20);
  expect(plain.every(([red, green, blue]) => red === green && green === blue)).toBe(true);
  await shoot(page, 'model-input');
  await closePicture(page);

  await clickImage(page, place);
  const first = await newCandidates(page);
  const before = await labels(page);
  await acceptAsObject(page);

  // For the eye alone, until the box is ticked.
  await page.keyboard.press('Shift+I');
  await page.getByTestId('lookup-table').click();
  await page.getByTestId('table-red').click();
  await page.getByText('For the model, too').click();
  await expect(page.getByTestId('model-sees-screen')).toBeChecked();
  await expect(page.getByTestId('appearance-shared')).toBeDisabled();
  await page.keyboard.press('Shift+V');
  const shown = await seenByModel(page);
  shown.forEach(([red, green, blue], i) => {
    expect(Math.abs(red! - (255 - plain[i]![0]!))).toBeLessThanOrEqual(2);
    expect([green, blue]).toEqual([0, 0]);
  });
  await closePicture(page);
  await shoot(page, 'model-sees-screen');
  await clickImage(page, place);
  await newCandidates(page, first);
  expect(await labels(page)).not.toEqual(before);
  await page.keyboard.press('Escape');

  // What is changed from now on, the model sees at once; another day, and another window, show the same.
  await page.keyboard.press('Shift+I');
  await expect(page.getByTestId('invert')).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.press('Shift+V');
  await expect.poll(async () => Math.abs((await seenByModel(page))[0]![0]! - plain[0]![0]!)).toBeLessThanOrEqual(2);
  await closePicture(page);
  await page.reload();
  await waitForEmbedding(page);
  await expect(page.getByTestId('model-sees-screen')).toBeChecked();
  await expect(page.getByTestId('lookup-table')).toHaveAttribute('data-table', 'red');

  await page.getByText('For the model, too').click();
  await expect(page.getByTestId('model-sees-screen')).not.toBeChecked();
  await page.keyboard.press('Shift+V');
  await expect.poll(() => seenByModel(page)).toEqual(plain);
});

test('the model sees a composite of channels, and the screen shows it again another day', async ({ workbench }) => {
  test.skip(!existsSync(channels), `The file is not on this machine: ${channels}`);
  const { page, folder } = workbench;
  await copyInto(folder, [channels]);
  await openFolder(workbench, folder);
  await waitForEmbedding(page);
  await page.keyboard.press('Shift+C');
  await page.getByText('For the model, too').click();
  await expect(page.getByTestId('model-sees-screen')).toBeChecked();
  await page.keyboard.press('Shift+V');
  const both = await seenByModel(page);
  const [red, green, blue] = [0, 1, 2].map((c) => both.map((colour) => colour[c]!));
  expect(new Set(red).size).toBeGreaterThan(10);
  expect(new Set(green).size).toBeGreaterThan(10);
  expect(new Set(blue)).toEqual(new Set([0]));
  await closePicture(page);

  await page.getByTestId('channel-visible-1').click();
  await page.keyboard.press('Shift+V');
  const alone = both.map(([one]) => [one, 0, 0]);
  await expect.poll(() => seenByModel(page)).toEqual(alone);
  await closePicture(page);

  await page.reload();
  await waitForEmbedding(page);
  await expect(page.getByTestId('toggle-composite')).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByTestId('channel-visible-0')).toBeDisabled();
  // Another channel for the contrast is no other for the model.
  await page.keyboard.press('Shift+B');
  await expect(page.getByTestId('channel-1')).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('Shift+V');
  await expect.poll(() => seenByModel(page)).toEqual(alone);
});
