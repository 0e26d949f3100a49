import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { ObjectView } from '../electron/service/api/contract.ts';
import { root } from './hosts.ts';
import {
  clickImage,
  currentProject,
  newCandidates,
  objectPlanes,
  openFolder,
  type Place,
  waitForEmbedding,
} from './steps.ts';
import { copyInto, expect, realData, test, type Workbench } from './workbench.ts';

/** Two images with many objects: real ones of nuclei, small enough for any computer; else samples. */
async function images(): Promise<string[]> {
  const real = join(realData, 'micrographs', 'nuclei', 'val', 'images');
  if (existsSync(real)) {
    const names = (await readdir(real)).sort();
    return names.slice(1, 3).map((name) => join(real, name));
  }
  console.log('The real micrographs are not beside the project: the journey runs on samples.');
  const samples = join(root, 'assets', 'samples');
  return ['nuclei-fluorescence-16bit.png', 'superalloy-precipitates-16bit.tif'].map((name) => join(samples, name));
}

/** Segmenting takes seconds an image, on a busy computer minutes. */
const runTimeoutMs = 400_000;

const countOf = async (page: Page, testId: string, name: string) =>
  Number(await page.getByTestId(testId).getAttribute(`data-${name}`));
const left = (page: Page) => countOf(page, 'proposals-left', 'left');
const outcome = (page: Page) => page.getByTestId('proposal-outcome');

async function waitForOutcome(page: Page, state: 'done' | 'cancelled'): Promise<void> {
  await expect(outcome(page)).toHaveAttribute('data-state', state, { timeout: runTimeoutMs });
}

/** The current proposal's id. */
const current = async (page: Page) => Number(await page.getByTestId('review-strip').getAttribute('data-object-id'));

/** Does something that decides the current proposal, and waits for the next one. */
async function decide(page: Page, key: string): Promise<number> {
  const [decided, before] = [await current(page), await left(page)];
  await page.keyboard.press(key);
  await expect(page.getByTestId('proposals-left')).toHaveAttribute('data-left', String(before - 1));
  await expect(page.getByTestId('review-strip')).not.toHaveAttribute('data-object-id', String(decided));
  return decided;
}

/** A place that lies in this object and in no smaller one. */
async function placeInside(workbench: Workbench, id: number): Promise<Place> {
  const { image, objects, planes } = await objectPlanes(workbench, await currentProject(workbench));
  const own = objects.find((object) => object.id === id)!;
  const boxSize = ({ bbox }: ObjectView) => bbox[2] * bbox[3];
  const smaller = objects.filter(
    (other) => other.id !== id && other.state !== 'rejected' && boxSize(other) <= boxSize(own),
  );
  const plane = planes.get(id)!;
  const free = Array.from(plane.keys()).filter((at) => plane[at] && smaller.every((one) => !planes.get(one.id)![at]));
  const at = free[Math.floor(free.length / 2)]!;
  return { x: (at % image.widthPx) + 0.5, y: Math.floor(at / image.widthPx) + 0.5 };
}

test('a folder is proposed in two runs, filtered, reviewed by keyboard, and more is found like what was accepted', async ({
  workbench,
}) => {
  test.setTimeout(3 * runTimeoutMs);
  const { page, folder } = workbench;
  await copyInto(folder, await images());
  await openFolder(workbench, folder);
  await waitForEmbedding(page);
  const objectsOf = async () => (await objectPlanes(workbench, await currentProject(workbench))).objects;
  const stateOf = async (id: number) => (await objectsOf()).find((object: ObjectView) => object.id === id)?.state;

  await page.getByTestId('tab-proposals').click();
  await expect(page.getByTestId('no-proposals')).toBeVisible();
  await expect(page.getByTestId('propose-similar')).toBeDisabled();
  await expect(page.getByTestId('propose-refusal')).toHaveAttribute('data-refusal', 'no-examples');

  // A folder run is stopped after its first image and goes on with the others.
  await page.getByTestId('preset').click();
  await page.getByTestId('preset-cells').click();
  await page.getByTestId('propose-scope').selectOption('open');
  await page.getByTestId('propose').click();
  await expect(page.getByTestId('proposal-run')).toBeVisible();
  await expect(page.getByTestId('propose')).toBeDisabled();
  await expect(page.getByTestId('proposal-row').first()).toBeVisible({ timeout: runTimeoutMs });
  await page.getByTestId('cancel-proposals').click();
  await waitForOutcome(page, 'cancelled');
  const ofFirstRun = (await objectsOf()).filter(({ state }) => state === 'proposed');
  expect(ofFirstRun.length).toBeGreaterThan(3);
  await expect(page.getByTestId('tab-proposals')).toHaveAttribute('data-count', String(ofFirstRun.length));

  await page.getByTestId('go-on').click();
  await waitForOutcome(page, 'done');
  await expect(page.getByTestId('proposal-result')).toContainText('1 skipped');
  expect((await objectsOf()).map(({ id }) => id)).toEqual(ofFirstRun.map(({ id }) => id));

  // Filters hide and show at once, and no request is needed for it.
  const all = await left(page);
  expect(all).toBe(ofFirstRun.length);
  await page.getByRole('button', { name: 'Filters', exact: true }).click();
  const areas = ofFirstRun.map(({ areaPx }) => areaPx).sort((a, b) => a - b);
  const bound = areas[Math.floor(areas.length / 2)]!;
  const larger = areas.filter((area) => area >= bound).length;
  await page.getByRole('textbox', { name: 'Area: at least' }).fill(String(bound));
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('proposals-left')).toHaveAttribute('data-left', String(larger));
  await expect(page.getByTestId('filter-area')).toHaveAttribute('data-hides', String(all - larger));
  await page.getByRole('slider', { name: 'Confidence: at least' }).focus();
  for (let percent = 0; percent < 98; percent++) await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('filter-confidence')).not.toHaveAttribute('data-hides', '0');
  await page.getByTestId('show-all').click();
  await expect(page.getByTestId('proposals-left')).toHaveAttribute('data-left', String(all));
  await page.getByRole('button', { name: 'Filters', exact: true }).click();

  // The doubtful come first; each decision brings the next.
  const doubt = ({ proposal }: ObjectView) => Math.abs(proposal!.confidence - 0.5);
  const least = Math.min(...ofFirstRun.map(doubt));
  await page.keyboard.press('j');
  const first = await current(page);
  expect(doubt(ofFirstRun.find(({ id }) => id === first)!)).toBe(least);
  const accepted = [await decide(page, 'e'), await decide(page, 'e')];
  const rejected = await decide(page, 'r');
  await page.keyboard.press('k');
  await page.keyboard.press('j');
  await expect(page.getByTestId('tab-objects')).toHaveAttribute('data-count', '2');
  expect(await Promise.all([...accepted, rejected].map(stateOf))).toEqual(['accepted', 'accepted', 'rejected']);

  // What was decided can be taken back, and comes up again.
  await page.keyboard.press('Control+z');
  await expect(page.getByTestId('review-strip')).toHaveAttribute('data-object-id', String(rejected));
  await expect(page.getByTestId('proposals-left')).toHaveAttribute('data-left', String(all - 2));
  await page.keyboard.press('r');
  await expect(page.getByTestId('proposals-left')).toHaveAttribute('data-left', String(all - 3));

  // A proposal is picked on the micrograph; a prompt is made and dropped in between.
  await page.keyboard.press('v');
  const picked = ofFirstRun.find(({ id }) => ![...accepted, rejected].includes(id))!;
  const inside = await placeInside(workbench, picked.id);
  await clickImage(page, inside);
  await expect(page.getByTestId('review-strip')).toHaveAttribute('data-object-id', String(picked.id));
  await page.keyboard.press('q');
  await clickImage(page, inside);
  await newCandidates(page);
  await expect(page.getByTestId('review-strip')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('review-strip')).toHaveAttribute('data-object-id', String(picked.id));

  // More like the accepted ones; one of them becomes an object of another class by its key.
  await page.getByTestId('propose-scope').selectOption('image');
  await page.getByTestId('propose-similar').click();
  await waitForOutcome(page, 'done');
  const similar = (await objectsOf()).filter(({ state, proposal }) => state === 'proposed' && proposal);
  expect(similar.some(({ proposal }) => proposal!.source === 'similar')).toBe(true);
  await workbench.request('POST', `/api/projects/${(await currentProject(workbench)).id}/edits`, {
    edit: { type: 'addClass', name: 'Mitotic', color: '#aa3377', key: 'B' },
  });
  await expect(page.getByTestId('class-item')).toHaveCount(2);
  await page.keyboard.press('j');
  const mitotic = await decide(page, 'b');
  await page.getByTestId('tab-objects').click();
  await expect(page.locator(`[data-testid="object-row"][data-object-id="${mitotic}"]`)).toContainText('Mitotic');

  // All that is shown at once, and back.
  await page.getByTestId('tab-proposals').click();
  const before = await left(page);
  await page.keyboard.press('Shift+E');
  await expect(page.getByTestId('tab-proposals')).toHaveAttribute('data-count', '0');
  await page.keyboard.press('Control+z');
  await expect(page.getByTestId('proposals-left')).toHaveAttribute('data-left', String(before));
  await expect(page.getByTestId('saved-state')).toHaveAttribute('data-saved', 'true');

  // Another look at the page shows the same, filter included.
  await page.getByRole('button', { name: 'Filters', exact: true }).click();
  await page.getByRole('textbox', { name: 'Area: at most' }).fill(String(bound));
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('proposals-hidden')).not.toHaveAttribute('data-hidden', '0');
  const filtered = await left(page);
  await page.reload();
  await expect(page.getByTestId('proposals-left')).toHaveAttribute('data-left', String(filtered));
  await expect(page.getByTestId('tab-objects')).toHaveAttribute('data-count', '3');
  await expect(page.getByTestId('preset')).toHaveAttribute('data-preset', 'cells');
});
