import { cp, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import sharp from 'sharp';
import { root } from './hosts.ts';
import { acceptAsObject, currentProject, dragBox, newCandidates, openFolder, waitForEmbedding } from './steps.ts';
import { expect, test } from './workbench.ts';

const sample = join(root, 'assets', 'samples', 'powder-particles.png');

async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(root, 'test-results', 'screens', `${name}.png`), animations: 'disabled' });
}

test('a folder of 1,500 images is looked through by name, state and keyboard', async ({ workbench }) => {
  test.slow();
  const { page, folder } = workbench;
  const png = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#808080' } })
    .png()
    .toBuffer();
  const names = Array.from({ length: 1500 }, (_, k) => `${k % 3 === 0 ? 'grain' : 'pore'} ${k + 1}.png`);
  await Promise.all(names.map((name) => writeFile(join(folder, name), png)));
  await openFolder(workbench, folder);
  const items = page.getByTestId('image-item');
  const count = page.getByTestId('image-count');
  const shown = page.locator('[data-testid="image-item"][data-current="true"]');
  await expect(count).toHaveText('0 of 1500 done');
  // Only what is in sight is there.
  expect(await items.count()).toBeLessThan(40);
  await page.getByTestId('image-list').evaluate((list) => list.scrollTo(0, list.scrollHeight));
  await expect(page.getByText('pore 1500.png', { exact: true })).toBeVisible();

  await page.keyboard.press('Control+F');
  await expect(page.getByTestId('image-search')).toBeFocused();
  await page.keyboard.type('GRAIN 10');
  await expect(count).toContainText('of 1,500 shown');
  await expect(items.first()).toContainText('grain 10.png');
  await items.first().click();
  await page.keyboard.press('d');
  await expect(shown).toContainText('grain 100.png');
  await page.keyboard.press('Shift+D');
  await expect(shown).toHaveAttribute('data-state', 'done');
  await page.getByTestId('image-filter').selectOption('done');
  await expect(count).toHaveText('1 of 1,500 shown');
  await shoot(page, 'image-list-filtered');
  await page.getByTestId('image-search').fill('nothing has this name');
  await expect(items).toHaveCount(0);
  await page.getByTestId('image-list-clear').click();
  await expect(count).toHaveText('1 of 1500 done');
  await page.getByTestId('image-sort').selectOption('state');
  await page.getByTestId('image-list').evaluate((list) => list.scrollTo(0, list.scrollHeight));
  await expect(items.last()).toContainText('grain 100.png');
});

test('images whose folder goes away and comes back', async ({ workbench }) => {
  const { page, folder } = workbench;
  // The project lies elsewhere: its own image comes last.
  await cp(sample, join(folder, 'z own.png'));
  const share = join(folder, '..', 'share');
  await mkdir(share);
  const files = ['a.png', 'b.png', 'c.png'].map((name) => join(share, name));
  for (const [at, file] of files.entries()) {
    if (at === 0) await cp(sample, file);
    else
      await sharp(sample)
        .extract({ left: 40 * at, top: 0, width: 300, height: 300 })
        .toFile(file);
  }
  await openFolder(workbench, folder);
  const { id } = await currentProject(workbench);
  const added = await workbench.request('POST', `/api/projects/${id}/images`, { paths: files });
  expect(added.status).toBe(200);
  const items = page.getByTestId('image-item');
  await expect(items).toHaveCount(4);
  await items.first().click();
  await waitForEmbedding(page);
  await dragBox(page, { x0: 600, y0: 420, x1: 720, y1: 540 });
  await newCandidates(page);
  await acceptAsObject(page);

  await rename(share, `${share} gone`);
  await items.nth(1).click();
  await expect(page.getByTestId('image-failure')).toContainText('b.png');
  await expect(page.getByTestId('image-problem').first()).toBeVisible();
  await shoot(page, 'share-gone');
  await page.keyboard.press('Control+Z');
  await expect(items.first()).toHaveAttribute('data-state', 'not-started');
  await page.keyboard.press('Control+Y');
  await expect(items.first()).toHaveAttribute('data-state', 'in-work');

  await rename(`${share} gone`, share);
  await items.nth(2).click();
  await expect(page.getByTestId('micrograph-canvas')).toBeVisible();
  await items.nth(1).click();
  await expect(page.getByTestId('micrograph-canvas')).toBeVisible();
  await items.nth(0).click();
  await expect(page.getByTestId('object-row')).toHaveCount(1);
  await waitForEmbedding(page);
});
