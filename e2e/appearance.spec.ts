import { join } from 'node:path';
import type { Page } from '@playwright/test';
import sharp from 'sharp';
import { root } from './hosts.ts';
import {
  acceptAsObject,
  clickImage,
  currentProject,
  newCandidates,
  objectPlanes,
  openFolder,
  waitForEmbedding,
} from './steps.ts';
import { expectColours, type Rgb, shownColours } from './view.ts';
import { copyInto, expect, test } from './workbench.ts';

const samples = join(root, 'assets', 'samples');
const greySample = 'superalloy-precipitates-16bit.tif';
const colourSample = 'fibre-composite-colour.jpg';

/** Samples of a sample micrograph as its file has them. */
async function readSamples(name: string) {
  const depth = name === greySample ? 'ushort' : 'uchar';
  const picture = sharp(join(samples, name)).toColourspace(name === greySample ? 'grey16' : 'srgb');
  const { data, info } = await picture.raw({ depth }).toBuffer({ resolveWithObject: true });
  const values = depth === 'ushort' ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
  return { values, width: info.width, channels: info.channels };
}

/** Pixels of a micrograph at which it is looked at what is shown; image space. */
const places = Array.from({ length: 400 }, (_, i) => ({
  x: 200 + 13 * (i % 20),
  y: 200 + 11 * Math.floor(i / 20),
}));

/** What is to be painted there by default: linear between black and white. */
async function plainColours(page: Page, name: string): Promise<Rgb[]> {
  const { values, width, channels } = await readSamples(name);
  const [black, white] = await Promise.all(
    ['Black', 'White'].map(async (label) => Number(await page.getByLabel(label, { exact: true }).inputValue())),
  );
  return places.map(({ x, y }) => {
    const at = (y * width + x) * channels;
    const samples = [0, 1, 2].map((c) => values[at + (channels === 1 ? 0 : c)]!);
    return [...Uint8ClampedArray.from(samples, (value) => ((value - black!) * 255) / (white! - black!))] as Rgb;
  });
}

const expectShown = (page: Page, wanted: Rgb[], tolerance: number) => expectColours(page, places, wanted, tolerance);

const each = (colours: Rgb[], change: (value: number) => number) =>
  colours.map((rgb) => rgb.map(change) as unknown as Rgb);

/** Opens a sample in actual size and tells what is shown of it once it is as its file says. */
async function openSample(page: Page, name: string): Promise<Rgb[]> {
  await page.getByTestId('image-item').filter({ hasText: name }).click();
  await waitForEmbedding(page);
  await page.keyboard.press('9');
  await expect(page.getByTestId('micrograph-canvas')).toHaveAttribute('data-scale', '1');
  const plain = await plainColours(page, name);
  // Automatic contrast ends between two whole numbers, which the fields show rounded.
  await expectShown(page, plain, 1);
  return shownColours(page, places);
}

test('gamma, inversion and lookup tables change what is shown, and a reset takes them back', async ({ workbench }) => {
  const { page, folder } = workbench;
  await copyInto(folder, [join(samples, greySample), join(samples, colourSample)]);
  await openFolder(workbench, folder);
  const plain = await openSample(page, greySample);
  const gamma = page.getByLabel('Gamma', { exact: true }).and(page.locator('input'));
  expect(new Set(plain.map(([red]) => red)).size).toBeGreaterThan(20);

  await gamma.fill('0.5');
  await gamma.press('Enter');
  const lifted = each(plain, (value) => 255 * Math.sqrt(value / 255));
  // Under this gamma half a shade near black becomes up to eleven.
  await expectShown(page, lifted, 12);
  await expect(page.getByTestId('gamma')).toHaveAttribute('data-gamma', '0.5');

  await page.getByTestId('gamma').getByRole('slider').dblclick();
  await expect(page.getByTestId('gamma')).toHaveAttribute('data-gamma', '1');
  await expectShown(page, plain, 0);

  // The slider by keyboard.
  await page.getByTestId('gamma').getByRole('slider').press('ArrowRight');
  await expect(page.getByTestId('gamma')).toHaveAttribute('data-gamma', '1.04');
  await page.getByTestId('gamma').getByRole('slider').press('ArrowLeft');
  await expectShown(page, plain, 0);

  await page.getByTestId('micrograph-canvas').hover();
  await page.keyboard.press('Shift+I');
  await expect(page.getByTestId('invert')).toHaveAttribute('aria-pressed', 'true');
  await expectShown(
    page,
    each(plain, (value) => 255 - value),
    0,
  );
  await page.keyboard.press('Shift+I');
  await expectShown(page, plain, 0);

  // A table by keyboard: the menu opens at the current one.
  await page.getByTestId('lookup-table').press('Enter');
  await expect(page.getByTestId('table-grey')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByTestId('table-fire')).toBeFocused();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('lookup-table')).toHaveAttribute('data-table', 'yellow');
  await expectShown(
    page,
    plain.map(([red, green]) => [red, green, 0]),
    0,
  );

  // A colour micrograph is inverted too, and has no table. It starts plain, unless all images share the look.
  await page.getByTestId('invert').click();
  const colours = await openSample(page, colourSample);
  await expect(page.getByTestId('invert')).toHaveAttribute('aria-pressed', 'false');
  await expect(page.getByTestId('lookup-table')).toBeDisabled();
  await expect(page.getByTestId('lookup-table')).toHaveAccessibleName(/for grey images/);
  await page.getByTestId('invert').click();
  await expectShown(
    page,
    each(colours, (value) => 255 - value),
    0,
  );
  await page.getByText('For all images').click();
  await page.getByTestId('reset-appearance').click();
  await expectShown(page, colours, 0);
  await openSample(page, greySample);
  await expectShown(page, plain, 0);
  await page.getByText('For all images').click();

  await page.getByTestId('invert').click();
  await page.getByTestId('reset-appearance').click();
  await expectShown(page, plain, 0);
  await expect(page.getByTestId('reset-appearance')).toBeDisabled();
});

test('the model sees the same, however it is shown', async ({ workbench }) => {
  const { page, folder } = workbench;
  await copyInto(folder, [join(samples, greySample)]);
  await openFolder(workbench, folder);
  await openSample(page, greySample);
  // Automatic close-ups go by how quick this computer is.
  await page.keyboard.press('u');
  await expect(page.getByTestId('close-ups')).toHaveText('Close-ups: off');
  const labels = () =>
    page.getByTestId('candidate-card').evaluateAll((cards) => cards.map((card) => card.getAttribute('aria-label')));

  const place = { x: 512, y: 384 };
  await clickImage(page, place);
  const first = await newCandidates(page);
  const plain = await labels();
  await acceptAsObject(page);

  await page.keyboard.press('Shift+I');
  await page.getByTestId('lookup-table').click();
  await page.getByTestId('table-magma').click();
  await clickImage(page, place);
  await newCandidates(page, first);
  expect(await labels()).toEqual(plain);
  await acceptAsObject(page);
  const { planes } = await objectPlanes(workbench, await currentProject(workbench));
  const [before, after] = [...planes.values()];
  expect(Buffer.compare(Buffer.from(before!), Buffer.from(after!))).toBe(0);
});
