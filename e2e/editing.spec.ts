import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { root } from './hosts.ts';
import {
  acceptAsObject,
  clickImage,
  currentProject,
  dragBox,
  newCandidates,
  objectPlanes,
  type Place,
  openFolder,
  waitForEmbedding,
} from './steps.ts';
import { copyInto, expect, test, type Workbench } from './workbench.ts';

const sample = join(root, 'assets', 'samples', 'powder-particles.png');
const selected = '[data-testid="object-row"][data-selected="true"]';

/** Two objects from boxes around two particles, and for each a place at which a click picks it. */
async function twoObjects(workbench: Workbench): Promise<Place[]> {
  const { page, folder } = workbench;
  await copyInto(folder, [sample]);
  await openFolder(workbench, folder);
  await waitForEmbedding(page);
  for (const box of [
    { x0: 608, y0: 418, x1: 722, y1: 536 },
    { x0: 330, y0: 105, x1: 470, y1: 235 },
  ]) {
    await dragBox(page, box);
    await newCandidates(page);
    await acceptAsObject(page);
  }
  const { image, objects, planes } = await objectPlanes(workbench, await currentProject(workbench));
  return objects.map(({ id, bbox }) => {
    const smaller = objects.filter((other) => other.id !== id && other.bbox[2] * other.bbox[3] <= bbox[2] * bbox[3]);
    const plane = planes.get(id)!;
    const own = Array.from(plane.keys()).filter(
      (at) => plane[at] && smaller.every((other) => !planes.get(other.id)![at]),
    );
    const at = own[Math.floor(own.length / 2)]!;
    return { x: (at % image.widthPx) + 0.5, y: Math.floor(at / image.widthPx) + 0.5 };
  });
}

const undo = (page: Page) => page.keyboard.press('Control+z');

test('objects are selected, hidden, locked, deleted and given classes, and all of it can be undone', async ({
  workbench,
}) => {
  const { page } = workbench;
  const [first, second] = await twoObjects(workbench);
  const rows = page.getByTestId('object-row');

  // Selection on the canvas and in the list is the same.
  await page.keyboard.press('v');
  await clickImage(page, first!);
  await expect(page.locator(selected)).toHaveCount(1);
  await expect(rows.first()).toHaveAttribute('data-selected', 'true');
  await page.keyboard.down('Shift');
  await clickImage(page, second!);
  await page.keyboard.up('Shift');
  await expect(page.locator(selected)).toHaveCount(2);

  // A new class, made the class of both.
  await page.getByTestId('add-class').click();
  await page.getByTestId('class-name').fill('Satellite');
  await page.keyboard.press('Enter');
  const classes = page.getByTestId('class-item');
  await expect(classes).toHaveCount(2);
  await classes.filter({ hasText: 'Satellite' }).click();
  await expect(rows.filter({ hasText: 'Satellite' })).toHaveCount(2);
  await undo(page);
  await expect(rows.filter({ hasText: 'Satellite' })).toHaveCount(0);

  // A locked object is not deleted, and the user is told.
  await rows.first().click();
  await page.getByTestId('toggle-locked').click();
  await page.keyboard.press('Delete');
  await expect(page.getByText(/Locked/).first()).toBeVisible();
  await expect(rows).toHaveCount(2);
  await page.getByTestId('toggle-locked').click();
  await page.getByTestId('toggle-hidden').click();
  await page.keyboard.press('Delete');
  await expect(rows).toHaveCount(1);
  await undo(page);
  await expect(rows).toHaveCount(2);

  await page.getByTestId('toggle-done').click();
  await expect(page.getByTestId('image-item').first()).toHaveAttribute('data-state', 'done');
  await undo(page);
  await expect(page.getByTestId('image-item').first()).toHaveAttribute('data-state', 'in-work');
});

test('two windows on one service show each other’s edits', async ({ workbench, electronBinary }) => {
  test.skip(electronBinary !== null, 'The desktop program has one window.');
  await twoObjects(workbench);
  const other = await workbench.page.context().newPage();
  await other.goto(new URL('/', workbench.page.url()).href);
  const rows = other.getByTestId('object-row');
  await expect(rows).toHaveCount(2);
  await workbench.page.getByTestId('object-row').first().click();
  await workbench.page.keyboard.press('Delete');
  await expect(rows).toHaveCount(1);
  await other.close();
});
