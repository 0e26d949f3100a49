import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { rasterise, readCoco } from './exported.ts';
import { labelledObjects, readLabels } from './groundTruth.ts';
import { root } from './hosts.ts';
import { clickImage, currentProject, dragBox, objectPlanes, openFolder, waitForEmbedding } from './steps.ts';
import { copyInto, expect, realData, test } from './workbench.ts';

interface Target {
  file: string;
  click: { x: number; y: number };
  box: { x0: number; y0: number; x1: number; y1: number };
}

/** A real micrograph with two clear objects; the project's own sample where the real data is absent. */
async function target(): Promise<Target> {
  const real = join(realData, 'micrographs', 'superalloy', 'val');
  if (existsSync(real)) {
    const [first, second] = await labelledObjects(join(real, 'masks', 'spot1_0d_0.png'));
    return { file: join(real, 'images', 'spot1_0d_0.png'), click: first!.inside, box: second!.box };
  }
  console.log('The real micrographs are not beside the project: the journey runs on a sample.');
  const samples = join(root, 'assets', 'samples');
  const file = (await readdir(samples)).filter((name) => /\.(png|tiff?|jpe?g)$/i.test(name)).sort()[0]!;
  return { file: join(samples, file), click: { x: 300, y: 300 }, box: { x0: 420, y0: 300, x1: 560, y1: 440 } };
}

async function exportAs(page: Page, format: 'coco' | 'labels', output: string): Promise<void> {
  await page.getByTestId('export').click();
  // Its label, as people do: the button itself is drawn by the page, and a click waits until the dialog stands still.
  const choice = page.getByTestId(`export-format-${format}`);
  await page.locator('label', { has: choice }).click();
  await expect(choice).toBeChecked();
  await page.getByTestId('export-path').fill(output);
  await page.getByTestId('export-start').click();
  await expect(page.getByTestId('export-result')).toBeVisible();
  await page.getByTestId('export-close').click();
}

test('open, prompt, choose, accept, merge, undo, redo, reload, export', async ({ workbench }) => {
  const { page, folder } = workbench;
  const { file, click, box } = await target();
  await copyInto(folder, [file]);

  await openFolder(workbench, folder);
  await waitForEmbedding(page);

  await clickImage(page, click);
  const cards = page.getByTestId('candidate-card');
  await expect(cards).toHaveCount(3);
  await page.keyboard.press('2');
  await expect(cards.nth(1)).toHaveAttribute('data-chosen', 'true');
  await page.keyboard.press('Enter');
  const rows = page.getByTestId('object-row');
  await expect(rows).toHaveCount(1);
  await expect(cards).toHaveCount(0);

  await dragBox(page, box);
  await expect(cards.first()).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(rows).toHaveCount(2);

  await rows.first().click();
  await rows.nth(1).click({ modifiers: ['Shift'] });
  await expect(page.locator('[data-testid="object-row"][data-selected="true"]')).toHaveCount(2);
  const beforeMerge = await objectPlanes(workbench, await currentProject(workbench));
  await page.getByTestId('merge').click();
  await expect(rows).toHaveCount(1);
  const merged = await objectPlanes(workbench, await currentProject(workbench));
  const [a, b] = [...beforeMerge.planes.values()];
  expect(
    Buffer.compare(
      [...merged.planes.values()][0]!,
      a!.map((value, index) => value | b![index]!),
    ),
  ).toBe(0);

  await page.getByTestId('undo').click();
  await expect(rows).toHaveCount(2);
  const undone = await objectPlanes(workbench, await currentProject(workbench));
  expect([...undone.planes]).toEqual([...beforeMerge.planes]);
  await page.getByTestId('redo').click();
  await expect(rows).toHaveCount(1);
  await page.keyboard.press('Control+z');
  await expect(rows).toHaveCount(2);
  await expect(page.getByTestId('saved-state')).toHaveAttribute('data-saved', 'true');

  await page.reload();
  await expect(rows).toHaveCount(2);

  const project = await currentProject(workbench);
  const { image, objects, planes } = await objectPlanes(workbench, project);
  expect(objects.filter((object) => object.prompts !== null)).toHaveLength(2);

  const cocoFolder = join(folder, 'export coco');
  await exportAs(page, 'coco', cocoFolder);
  const coco = await readCoco(cocoFolder);
  expect(coco.images).toHaveLength(1);
  expect(coco.annotations).toHaveLength(2);
  const cocoPlanes = coco.annotations.map(({ segmentation }) => rasterise(segmentation, image.widthPx, image.heightPx));
  objects.forEach((object, index) => {
    expect(Buffer.compare(cocoPlanes[index]!, planes.get(object.id)!)).toBe(0);
    expect(coco.annotations[index]!.area).toBe(object.areaPx);
    expect(coco.annotations[index]!.bbox).toEqual(object.bbox);
  });

  const labelFolder = join(folder, 'export labels');
  await exportAs(page, 'labels', labelFolder);
  const labelFile = (await readdir(labelFolder)).find((name) => name.endsWith('_labels.tif'))!;
  const labels = await readLabels(join(labelFolder, labelFile));
  expect([labels.width, labels.height]).toEqual([image.widthPx, image.heightPx]);
  const expected = new Uint16Array(image.widthPx * image.heightPx);
  objects.forEach((object, index) => {
    planes.get(object.id)!.forEach((value, pixel) => {
      if (value) expected[pixel] = index + 1;
    });
  });
  expect(
    Buffer.compare(
      Buffer.from(labels.data.buffer, labels.data.byteOffset, labels.data.byteLength),
      Buffer.from(expected.buffer),
    ),
  ).toBe(0);
});
