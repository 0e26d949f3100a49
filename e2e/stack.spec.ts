import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DisplayRange, MicrographView } from '../electron/service/api/contract.ts';
import { writeStack } from '../electron/service/testing/stackFile.ts';
import {
  acceptAsObject,
  currentProject,
  dragBox,
  newCandidates,
  openFolder,
  waitForEmbedding,
  shoot,
} from './steps.ts';
import { expectColours, onScreen, type Rgb } from './view.ts';
import { copyInto, expect, realData, test, type Workbench } from './workbench.ts';

const channelsAndSlices = join(realData, 'formats', 'channels_z.ome.tif');
const otherChannels = join(realData, 'formats', 'hyperstack_imagej.tif');

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

/** Pixels at which it is looked at what is shown; image space. */
const places = Array.from({ length: 200 }, (_, i) => ({ x: 20 + 11 * (i % 20), y: 20 + 16 * Math.floor(i / 20) }));

/** Of the first image: the channel's samples at those places, and its display range. */
async function readChannel(workbench: Workbench, c: number, z: number) {
  const project = await currentProject(workbench);
  const image = `/api/projects/${project.id}/images/${project.images[0]!.id}`;
  const view = await workbench.request('GET', `${image}?c=${c}&z=${z}&t=0`);
  const { displayRange, fullRange, widthPx } = JSON.parse(view.bytes.toString()) as MicrographView;
  const { bytes } = await workbench.request('GET', `${image}/tiles/0/0/0?c=${c}&z=${z}&t=0`);
  return { samples: places.map(({ x, y }) => bytes.readUInt16LE(2 * (y * widthPx + x))), displayRange, fullRange };
}

const shadesOf = (samples: number[], [low, high]: DisplayRange) =>
  Uint8ClampedArray.from(samples, (value) => (value - low) * (255 / (high - low)));

test('a composite adds the channels in their colours, each in its own contrast', async ({ workbench }) => {
  const files = [channelsAndSlices, otherChannels];
  test.skip(!files.every(existsSync), `The files are not on this machine: ${files.join(', ')}`);
  const { page, folder } = workbench;
  await copyInto(folder, files);
  await openFolder(workbench, folder);
  await waitForEmbedding(page);
  await page.keyboard.press('9');
  await expect(page.getByTestId('micrograph-canvas')).toHaveAttribute('data-scale', '1');
  const [first, second] = [await readChannel(workbench, 0, 0), await readChannel(workbench, 1, 0)];
  let [one, other] = [shadesOf(first.samples, first.displayRange), shadesOf(second.samples, second.displayRange)];
  expect(new Set(one).size).toBeGreaterThan(20);
  expect(new Set(other).size).toBeGreaterThan(20);
  const shows = (colourAt: (i: number) => Rgb) =>
    expectColours(
      page,
      places,
      places.map((_, i) => colourAt(i)),
      0,
    );
  await shows((i) => [one[i]!, one[i]!, one[i]!]);

  await page.keyboard.press('Shift+C');
  const composite = page.getByTestId('toggle-composite');
  await expect(composite).toHaveAttribute('aria-pressed', 'true');
  await shows((i) => [one[i]!, other[i]!, 0]);
  await expect(page.getByTestId('lookup-table')).toBeDisabled();
  await expect(page.getByTestId('lookup-table')).toHaveAccessibleName(/composite/);
  await shoot(page, 'composite');

  // The pointer reads every channel on screen.
  const at = await onScreen(page, places[0]!.x + 0.5, places[0]!.y + 0.5);
  await page.mouse.move(at.x, at.y);
  await expect(page.getByTestId('pointer')).toContainText(`${first.samples[0]}, ${second.samples[0]}`);

  // What is hidden adds nothing; one channel stays.
  await page.getByTestId('channel-visible-1').click();
  await shows((i) => [one[i]!, 0, 0]);
  await expect(page.getByTestId('channel-visible-0')).toBeDisabled();
  await page.getByTestId('channel-visible-1').click();
  await page.getByTestId('channel-color-1').fill('#ff00ff');
  await shows((i) => [Math.min(255, one[i]! + other[i]!), 0, other[i]!]);
  await page.getByTestId('channel-color-1').fill('#0000ff');
  await shows((i) => [one[i]!, 0, other[i]!]);

  // The contrast is the current channel's.
  await page.getByTestId('full-range').click();
  one = shadesOf(first.samples, first.fullRange);
  await shows((i) => [one[i]!, 0, other[i]!]);
  await expect.poll(async () => (await readChannel(workbench, 0, 0)).displayRange).toEqual(first.fullRange);
  const high = page.getByLabel('White', { exact: true });
  await page.keyboard.press('Shift+B');
  await expect(page.getByTestId('channel-1')).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(() => high.inputValue()).toBe(String(Math.round(second.displayRange[1])));
  await shows((i) => [one[i]!, 0, other[i]!]);
  await page.getByTestId('full-range').click();
  other = shadesOf(second.samples, second.fullRange);
  await shows((i) => [one[i]!, 0, other[i]!]);
  await expect.poll(async () => (await readChannel(workbench, 1, 0)).displayRange).toEqual(second.fullRange);

  // Inversion is each channel's, before they are added.
  await page.keyboard.press('Shift+I');
  await shows((i) => [255 - one[i]!, 0, 255 - other[i]!]);
  await page.keyboard.press('Shift+I');

  // Through the slices, and to another image and back, it stays.
  await page.keyboard.press('.');
  const [oneNext, otherNext] = [await readChannel(workbench, 0, 1), await readChannel(workbench, 1, 1)];
  const [above, beside] = [shadesOf(oneNext.samples, first.fullRange), shadesOf(otherNext.samples, second.fullRange)];
  await shows((i) => [above[i]!, 0, beside[i]!]);
  await page.keyboard.press('d');
  await expect(page.getByTestId('plane-z')).toHaveText('1 / 6');
  await expect(composite).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.press('a');
  await expect(page.getByTestId('plane-z')).toHaveText('1 / 5');
  await expect(composite).toHaveAttribute('aria-pressed', 'true');
  await waitForEmbedding(page);
  await page.keyboard.press('9');
  await expect(page.getByTestId('micrograph-canvas')).toHaveAttribute('data-scale', '1');
  await shows((i) => [one[i]!, 0, other[i]!]);

  await page.keyboard.press('Shift+C');
  await expect(composite).toHaveAttribute('aria-pressed', 'false');
  await shows((i) => [one[i]!, one[i]!, one[i]!]);
});
