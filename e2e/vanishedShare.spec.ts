import { cp, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { root } from './hosts.ts';
import {
  acceptAsObject,
  currentProject,
  dragBox,
  newCandidates,
  openFolder,
  waitForEmbedding,
  shoot,
} from './steps.ts';
import { expect, test } from './workbench.ts';

const sample = join(root, 'assets', 'samples', 'powder-particles.png');

/** Three images; the first shows particles. */
async function writeShare(share: string): Promise<string[]> {
  await mkdir(share);
  const files = ['a.png', 'b.png', 'c.png'].map((name) => join(share, name));
  await cp(sample, files[0]!);
  for (const [at, file] of files.slice(1).entries()) {
    const part = { left: 40 * (at + 1), top: 0, width: 300, height: 300 };
    await sharp(sample).extract(part).toFile(file);
  }
  return files;
}

test('images whose folder goes away and comes back', async ({ workbench }) => {
  const { page, folder } = workbench;
  // The project lies elsewhere, with an image of its own, which comes last.
  await cp(sample, join(folder, 'z own.png'));
  const share = join(folder, '..', 'share');
  const files = await writeShare(share);
  await openFolder(workbench, folder);
  const { id } = await currentProject(workbench);
  const added = await workbench.request('POST', `/api/projects/${id}/images`, { paths: files });
  expect(added.status).toBe(200);
  const items = page.getByTestId('image-item');
  const failure = page.getByTestId('image-failure');
  await expect(items).toHaveCount(4);
  await items.first().click();
  await waitForEmbedding(page);
  await dragBox(page, { x0: 600, y0: 420, x1: 720, y1: 540 });
  await newCandidates(page);
  await acceptAsObject(page);

  await rename(share, `${share} gone`);
  // What is on screen stays, and a prompt on it says what is missing.
  await dragBox(page, { x0: 300, y0: 300, x1: 420, y1: 420 });
  const strip = page.getByTestId('candidate-strip');
  await expect(strip).toHaveAttribute('data-status', 'failed');
  await expect(strip).toContainText(`${files[0]} is not there`);
  await expect(page.getByTestId('micrograph-canvas')).toBeVisible();
  await shoot(page, 'share-gone-shown');
  await page.keyboard.press('Escape');

  await items.nth(1).click();
  await expect(failure).toContainText(join(share, 'b.png'));
  await expect(failure).toContainText('that the drive is connected');
  await expect(items.nth(0).getByTestId('image-problem')).toContainText('1 object');
  await expect(items.nth(1).getByTestId('image-problem')).toContainText('File not found');
  await shoot(page, 'share-gone');
  await items.nth(0).click();
  await expect(failure).toContainText('a.png');
  await expect(page.getByTestId('object-row')).toHaveCount(1);
  await page.keyboard.press('Control+Z');
  await expect(page.getByTestId('object-row')).toHaveCount(0);
  await page.keyboard.press('Control+Y');
  await expect(page.getByTestId('object-row')).toHaveCount(1);
  await shoot(page, 'share-gone-first');
  await items.nth(1).click();
  await expect(failure).toContainText('b.png');

  await rename(`${share} gone`, share);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByTestId('micrograph-canvas')).toBeVisible();
  await expect(items.nth(1).getByTestId('image-problem')).toHaveCount(0);
  await items.nth(2).click();
  await expect(page.getByTestId('micrograph-canvas')).toBeVisible();
  await items.nth(0).click();
  await expect(page.getByTestId('object-row')).toHaveCount(1);
  await waitForEmbedding(page);
  await dragBox(page, { x0: 300, y0: 300, x1: 420, y1: 420 });
  await newCandidates(page);
  await acceptAsObject(page);
  await expect(page.getByTestId('image-problem')).toHaveCount(0);
});
