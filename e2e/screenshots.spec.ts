import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { root } from './hosts.ts';
import { acceptAsObject, clickImage, dragBox, newCandidates, openFolder, waitForEmbedding, shoot } from './steps.ts';
import { copyInto, expect, test } from './workbench.ts';

/** LAMELLA_SCREENSHOTS=1 renews the README's picture; every run leaves all states in test-results. */
const renew = process.env.LAMELLA_SCREENSHOTS === '1';
const samples = join(root, 'assets', 'samples');

/** Segmenting takes seconds, on a busy computer minutes. */
const runTimeoutMs = 300_000;

for (const theme of ['light', 'dark'] as const) {
  test(`every main state can be shown in the ${theme} theme`, async ({ workbench }) => {
    test.setTimeout(180_000 + runTimeoutMs);
    const { page, folder } = workbench;
    await page.emulateMedia({ colorScheme: theme });
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    await waitForEmbedding(page);
    await shoot(page, `${theme}-1-first-start`);

    await page.getByTestId('image-item').filter({ hasText: 'powder-particles.png' }).click();
    await waitForEmbedding(page);
    for (const box of [
      { x0: 330, y0: 105, x1: 470, y1: 235 },
      { x0: 205, y0: 155, x1: 305, y1: 248 },
    ]) {
      await dragBox(page, box);
      await newCandidates(page);
      await acceptAsObject(page);
    }
    await clickImage(page, { x: 668, y: 474 });
    await newCandidates(page);
    await shoot(page, `${theme}-2-candidates`);
    if (renew && theme === 'dark') {
      await mkdir(join(root, 'assets', 'screenshots'), { recursive: true });
      await page.screenshot({ path: join(root, 'assets', 'screenshots', 'workbench.png'), animations: 'disabled' });
    }

    await acceptAsObject(page);
    await page.getByTestId('object-row').first().click();
    await shoot(page, `${theme}-3-selected-object`);
    await page.getByTestId('add-class').click();
    await expect(page.getByTestId('class-name')).toBeVisible();
    await shoot(page, `${theme}-4-class-editor`);
    await page.keyboard.press('Escape');

    await page.getByTestId('export').click();
    await expect(page.getByTestId('export-start')).toBeVisible();
    await shoot(page, `${theme}-5-export`);
    await page.getByTestId('export-path').fill(join(folder, 'dataset'));
    await page.getByTestId('export-start').click();
    await expect(page.getByTestId('export-result')).toBeVisible();
    await shoot(page, `${theme}-6-exported`);
    await page.getByTestId('export-close').click();

    await page.keyboard.press('?');
    await expect(page.getByTestId('shortcuts')).toBeVisible();
    await shoot(page, `${theme}-7-keys`);
    await page.keyboard.press('Escape');

    await copyInto(folder, [join(samples, 'nuclei-fluorescence-16bit.png')]);
    // A detail is segmented in a fraction of the time that a whole sample takes.
    const detail = { left: 180, top: 80, width: 448, height: 352 };
    await sharp(join(samples, 'powder-particles.png')).extract(detail).toFile(join(folder, 'detail.png'));
    await writeFile(join(folder, 'damaged.tif'), 'II*');
    await openFolder(workbench, folder);
    await page.getByTestId('image-item').filter({ hasText: 'damaged.tif' }).click();
    await expect(page.getByTestId('image-failure')).toBeVisible();
    await shoot(page, `${theme}-8-image-problem`);
    await page.getByTestId('image-item').filter({ hasText: 'nuclei' }).click();
    await waitForEmbedding(page);
    await shoot(page, `${theme}-9-16-bit`);

    await page.getByTestId('image-item').filter({ hasText: 'detail.png' }).click();
    await waitForEmbedding(page);
    await page.getByTestId('tab-proposals').click();
    await page.getByTestId('preset').click();
    await expect(page.getByTestId('preset-layers')).toBeVisible();
    await shoot(page, `${theme}-10-presets`);
    await page.getByTestId('preset-particles').click();
    await page.getByTestId('propose').click();
    await expect(page.getByTestId('proposal-run')).toContainText(/masks/, { timeout: runTimeoutMs });
    await shoot(page, `${theme}-11-proposing`);
    await expect(page.getByTestId('proposal-outcome')).toBeVisible({ timeout: runTimeoutMs });
    await expect(page.getByTestId('proposal-row').first()).toBeVisible();
    await page.mouse.move(600, 20);
    for (const key of ['j', 'e', 'e', 'r']) await page.keyboard.press(key);
    await expect(page.getByTestId('tab-objects')).toHaveAttribute('data-count', '2');
    await shoot(page, `${theme}-12-review`);
    await page.getByRole('button', { name: 'Look for', exact: true }).click();
    await page.getByRole('button', { name: 'Filters', exact: true }).click();
    await page.getByRole('textbox', { name: 'Area: at least' }).fill('400');
    await page.keyboard.press('Enter');
    await shoot(page, `${theme}-13-filters`);
    await page.getByRole('button', { name: 'Filters', exact: true }).click();
    await page.getByTestId('tab-objects').click();
    await shoot(page, `${theme}-14-objects-beside-proposals`);

    await workbench.crashAndRestart();
    await workbench.page.emulateMedia({ colorScheme: theme });
    await expect(workbench.page.getByTestId('welcome')).toBeVisible();
    await shoot(workbench.page, `${theme}-15-welcome`);
  });
}
