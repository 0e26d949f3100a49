import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import sharp from 'sharp';
import { writeStack } from '../electron/service/testing/stackFile.ts';
import { currentProject, openFolder, shoot, waitForEmbedding } from './steps.ts';
import { expect, test } from './workbench.ts';

const images = 1500;
/** Grain 1, pore 2, pore 3, grain 4 and so on. */
const names = Array.from({ length: images }, (_, k) => `${k % 3 === 0 ? 'grain' : 'pore'} ${k + 1}.png`);
const found = names.filter((name) => name.includes('grain') && name.includes('10'));

const isThumbnail = /\/images\/\d+\/thumbnail$/;

/** Each of its own colour, so that each has a thumbnail of its own. */
async function writeImages(folder: string, files: readonly string[]): Promise<void> {
  const write = async (name: string, k: number) => {
    const [r, g, b] = [k % 256, (k >> 3) % 256, 128];
    const png = sharp({ create: { width: 16, height: 16, channels: 3, background: { r, g, b } } }).png();
    await writeFile(join(folder, name), await png.toBuffer());
  };
  await Promise.all(files.map(write));
}

async function choose(page: Page, setting: string): Promise<void> {
  await page.getByTestId('image-menu').click();
  await page.getByTestId(setting).check({ force: true });
  await page.keyboard.press('Escape');
  await expect(page.getByTestId(setting)).toHaveCount(0);
}

test('a folder of 1,500 images is looked through by name, state and keyboard', async ({ workbench }) => {
  const { page, folder } = workbench;
  await writeImages(folder, names);
  const thumbnails = new Set<string>();
  page.on('request', (request) => isThumbnail.test(request.url()) && thumbnails.add(request.url()));
  await openFolder(workbench, folder);
  const list = page.getByTestId('image-list');
  const items = page.getByTestId('image-item');
  const count = page.getByTestId('image-count');
  const search = page.getByTestId('image-search');
  const shown = page.locator('[data-testid="image-item"][data-current="true"]');
  await expect(count).toHaveText('0 of 1,500 done');
  await expect(items.first().locator('img')).toBeVisible();

  // From top to bottom in some 75 frames: rows that are only passed are not asked for.
  await page.route(isThumbnail, (route) =>
    route.request().url().includes(`/images/${images}/`) ? route.fulfill({ status: 500 }) : route.continue(),
  );
  await list.evaluate(async (element) => {
    while (element.scrollTop + element.clientHeight < element.scrollHeight) {
      element.scrollBy(0, 1280);
      await new Promise(requestAnimationFrame);
    }
  });
  const last = items.filter({ hasText: 'pore 1500.png' });
  await expect(last.getByTestId('no-thumbnail')).toBeVisible();
  await expect(items.filter({ hasText: 'pore 1499.png' }).locator('img')).toBeVisible();
  expect(await items.count()).toBeLessThan(40);
  expect(thumbnails.size).toBeLessThan(120);
  await shoot(page, 'image-list-end');

  await page.keyboard.press('Control+F');
  await expect(search).toBeFocused();
  await page.keyboard.type('10 GRAIN');
  await expect(count).toHaveText(`${found.length} of 1,500 shown`);
  await expect(items.first()).toContainText('grain 10.png');
  // The image on screen is not among them: Enter shows the first.
  await page.keyboard.press('Enter');
  await expect(shown).toContainText('grain 10.png');
  await expect(search).not.toBeFocused();
  await page.keyboard.press('d');
  await expect(shown).toContainText('grain 100.png');
  await page.keyboard.press('Shift+D');
  await expect(shown).toHaveAttribute('data-state', 'done');
  await page.keyboard.press('d');
  await expect(shown).toContainText('grain 103.png');
  await page.keyboard.press('a');
  await expect(shown).toContainText('grain 100.png');

  await page.getByTestId('image-menu').click();
  await expect(page.getByTestId('image-filter-any')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Escape');
  await expect(count).toHaveText(`${found.length - 1} of 1,500 shown`);
  await expect(shown).toHaveCount(0);
  // From its place among all images on.
  await page.keyboard.press('d');
  await expect(shown).toContainText('grain 103.png');
  await choose(page, 'image-filter-done');
  await expect(items).toHaveText([/grain 100\.png/]);
  await page.keyboard.press('Control+F');
  await page.keyboard.type('nothing has this name');
  await expect(items).toHaveCount(0);
  await page.getByTestId('image-menu').click();
  await expect(page.getByTestId('image-filter-done')).toBeChecked();
  await shoot(page, 'image-list-filtered');
  await page.keyboard.press('Escape');
  await page.getByTestId('image-list-clear').click();
  await expect(count).toHaveText('1 of 1,500 done');

  await choose(page, 'image-sort-state');
  await list.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await expect(items.last()).toContainText('grain 100.png');
  await page.keyboard.press('Control+F');
  await page.keyboard.type('pore');
  await expect(count).toHaveText('1,000 of 1,500 shown');
  await page.keyboard.press('Escape');
  await expect(search).toHaveValue('');
  // Keys mean the micrograph again.
  await page.keyboard.press('d');
  await expect(shown).toContainText('grain 106.png');
});

test('images of subfolders are looked through group by group', async ({ workbench }) => {
  const { page, folder } = workbench;
  const groups = ['sample 2', 'sample 10'];
  for (const group of groups) await mkdir(join(folder, group));
  const files = ['a.png', 'z.png', ...groups.flatMap((group) => ['1.png', '2.png'].map((name) => join(group, name)))];
  await writeImages(folder, files);
  await openFolder(workbench, folder);
  const { id } = await currentProject(workbench);
  const paths = groups.map((group) => join(folder, group));
  await workbench.request('POST', `/api/projects/${id}/images`, { paths });
  await page.reload();
  const items = page.getByTestId('image-item');
  const count = page.getByTestId('image-count');
  await expect(count).toHaveText('0 of 6 done');
  await expect(items.first()).toContainText('a.png');
  await expect(items.last()).toContainText('z.png');

  await choose(page, 'image-sort-group');
  await expect(page.getByTestId('image-group-heading')).toHaveText(['No subfolder', 'sample 2', 'sample 10']);
  await expect(items.last()).toContainText('sample 10/2.png');
  await shoot(page, 'image-list-groups');

  await page.getByTestId('image-menu').click();
  await page.getByTestId('image-group').selectOption('sample 2 (2)');
  await shoot(page, 'image-list-group-menu');
  await page.keyboard.press('Escape');
  await expect(count).toHaveText('2 of 6 shown');
  await expect(page.getByTestId('image-menu')).toHaveText('sample 2');
  await items.first().click();
  await page.keyboard.press('d');
  await expect(page.locator('[data-testid="image-item"][data-current="true"]')).toContainText('sample 2/2.png');
});

test('the slices of a stack are prepared in the background, until told to stop', async ({ workbench }) => {
  const { page, folder } = workbench;
  const discs = Array.from({ length: 8 }, (_, z) => [{ x: 70 + 3 * z, y: 80, radius: 30 }]);
  await writeStack(join(folder, 'stack.nrrd'), 260, 180, discs);
  await openFolder(workbench, folder);
  await waitForEmbedding(page);
  const button = page.getByTestId('prepare-images');
  const slices = page.getByTestId('prepare-slices');
  await button.click();
  await expect(slices).toHaveText('Prepare all 8 slices of this image');
  await shoot(page, 'prepare-slices');
  await slices.click();
  await expect(page.getByTestId('prepared')).toHaveText(/^[1-7]\/8 slices$/);
  await shoot(page, 'preparing-slices');
  await expect(button).toHaveAccessibleName('Stop preparing images');
  await button.click();
  await expect(page.getByTestId('prepared')).toHaveCount(0);
  await button.click();
  await slices.click();
  await expect(page.getByTestId('prepared')).toBeVisible();
  await expect(page.getByTestId('prepared')).toHaveCount(0, { timeout: 60_000 });
  // The last ones of all are no longer told of.
  await expect(async () => {
    if (!(await slices.isVisible())) await button.click();
    await expect(slices).toHaveAttribute('aria-disabled', 'true', { timeout: 1000 });
  }).toPass({ timeout: 60_000 });
});
