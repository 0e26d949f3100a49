import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeStack } from '../electron/service/testing/stackFile.ts';
import { acceptAsObject, dragBox, newCandidates, openFolder, waitForEmbedding, shoot } from './steps.ts';
import { copyInto, expect, realData, test } from './workbench.ts';

const channelsAndSlices = join(realData, 'formats', 'channels_z.ome.tif');

test('an object is followed through a stack, and the proposals are reviewed slice by slice', async ({ workbench }) => {
  const { page, folder } = workbench;
  const discs = Array.from({ length: 5 }, (_, z) => [
    { x: 70 + 3 * z, y: 80 + 2 * z, radius: 30 },
    { x: 190, y: 60, radius: 22 },
  ]);
  await writeStack(join(folder, 'stack.nrrd'), 260, 180, discs);
  await openFolder(workbench, folder);
  const slice = page.getByTestId('plane-z');
  await expect(slice).toHaveText('1 / 5');
  await page.keyboard.press('.');
  await page.keyboard.press('.');
  await expect(slice).toHaveText('3 / 5');
  await waitForEmbedding(page);
  const { x, y, radius } = discs[2]![0]!;
  await dragBox(page, { x0: x - radius, y0: y - radius, x1: x + radius, y1: y + radius });
  await newCandidates(page);
  await acceptAsObject(page);

  // What lies on one slice is not on the next.
  await page.keyboard.press('.');
  await expect(slice).toHaveText('4 / 5');
  await expect(page.getByTestId('object-row')).toHaveCount(0);
  await page.keyboard.press(',');
  await expect(page.getByTestId('object-row')).toHaveCount(1);

  await page.keyboard.press('Shift+S');
  await expect(page.getByTestId('proposal-outcome')).toHaveAttribute('data-state', 'done', { timeout: 60_000 });
  for (const [key, text] of [
    ['.', '4 / 5'],
    ['.', '5 / 5'],
  ] as const) {
    await page.keyboard.press(key);
    await expect(slice).toHaveText(text);
    await expect(page.getByTestId('tab-proposals')).toHaveAttribute('data-count', '1');
  }
  await shoot(page, 'stack-propagated');
  await page.keyboard.press('J');
  await page.keyboard.press('E');
  await expect(page.getByTestId('tab-objects')).toHaveAttribute('data-count', '1');
  await expect(page.getByTestId('tab-proposals')).toHaveAttribute('data-count', '0');

  // Undo goes to where the edit was made.
  await page.keyboard.press(',');
  await page.keyboard.press(',');
  await expect(slice).toHaveText('3 / 5');
  await page.keyboard.press('Control+Z');
  await expect(slice).toHaveText('5 / 5');
  await expect(page.getByTestId('tab-proposals')).toHaveAttribute('data-count', '1');
});

test('channels and slices of an OME-TIFF are shown, each channel in its own contrast', async ({ workbench }) => {
  test.skip(!existsSync(channelsAndSlices), `The file is not on this machine: ${channelsAndSlices}`);
  const { page, folder } = workbench;
  await copyInto(folder, [channelsAndSlices]);
  await openFolder(workbench, folder);
  await expect(page.getByTestId('plane-z')).toHaveText('1 / 5');
  await expect(page.getByTestId('channel-0')).toHaveAttribute('aria-pressed', 'true');
  const high = page.getByLabel('White', { exact: true });
  const before = await high.inputValue();
  await page.keyboard.press('Shift+B');
  await expect(page.getByTestId('channel-1')).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(() => high.inputValue()).not.toBe(before);
  await page.getByTestId('plane-bar').getByRole('slider').focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('plane-z')).toHaveText('2 / 5');
  await waitForEmbedding(page);
  await shoot(page, 'channels');
});
