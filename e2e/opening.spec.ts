import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { root } from './hosts.ts';
import { currentProject, openFolder, waitForEmbedding } from './steps.ts';
import { onScreen } from './view.ts';
import { copyInto, expect, test } from './workbench.ts';

const samples = join(root, 'assets', 'samples');

/** 16-bit grey: 12-bit values on a slope, with one far outlier in the corner. */
async function writeSlope(path: string): Promise<(x: number, y: number) => number> {
  const [width, height] = [320, 200];
  const value = (x: number, y: number) => (x === 0 && y === 0 ? 60_000 : 1000 + x * 5 + y);
  const data = Uint16Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
  await sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toFile(path);
  return value;
}

test('the first start shows the sample project, ready for a click', async ({ workbench }) => {
  const { page } = workbench;
  await expect(page.getByTestId('image-item')).toHaveCount(6);
  await waitForEmbedding(page);
  await expect(page.getByTestId('device-line')).toContainText(/lamella-v3 · /);
  const at = await onScreen(page, 500, 400);
  await page.mouse.click(at.x, at.y);
  await expect(page.getByTestId('candidate-card').first()).toBeVisible();
});

test('a damaged file is named and the rest of the folder stays usable', async ({ workbench }) => {
  const { page, folder } = workbench;
  await copyInto(folder, [join(samples, 'powder-particles.png')]);
  const whole = await readFile(join(samples, 'superalloy-precipitates-16bit.tif'));
  await writeFile(join(folder, 'abgeschnitten.tif'), whole.subarray(0, 5000));
  await writeFile(join(folder, 'leer.png'), '');
  await openFolder(workbench, folder);
  await expect(page.getByTestId('image-item')).toHaveCount(3);
  await expect(page.getByTestId('image-problem')).toHaveCount(2);
  const damaged = page.getByTestId('image-item').filter({ hasText: 'abgeschnitten.tif' });
  await expect(damaged.getByTestId('image-problem')).toContainText('abgeschnitten.tif');
  await damaged.click();
  await expect(page.getByTestId('image-failure')).toContainText('abgeschnitten.tif');
  await page.getByTestId('image-item').filter({ hasText: 'powder-particles.png' }).click();
  await waitForEmbedding(page);
});

test('a folder of folders brings in their images; its notice can be hidden', async ({ workbench }) => {
  const { page, folder } = workbench;
  for (const subfolder of ['Tag 1', join('Tag 2', 'masks')]) {
    await mkdir(join(folder, subfolder), { recursive: true });
    await copyInto(join(folder, subfolder), [join(samples, 'powder-particles.png')]);
  }
  await openFolder(workbench, folder);
  await waitForEmbedding(page);
  await expect(page.getByTestId('image-item')).toHaveText(/Tag 1\/powder-particles\.png/);
  await expect(page.getByTestId('project-notice')).toContainText('masks');
  await page.getByTestId('project-notice').getByRole('button').click();
  await expect(page.getByTestId('project-notice')).toHaveCount(0);
});

test('what was found out about the files before the page listens is shown too', async ({ workbench }) => {
  const { page, folder } = workbench;
  const picture = await readFile(join(samples, 'powder-particles.png'));
  // Enough to look at that the folder is open before the last one's turn comes.
  for (let i = 1; i < 8; i++) await writeFile(join(folder, `Aufnahme ${i}.png`), picture);
  await writeFile(join(folder, 'leer.png'), '');
  // The page's event stream opens only when the service has looked at every file of the folder.
  const pattern = /\/api\/projects\/[^/]+\/events/;
  let letThrough = () => {};
  const looked = new Promise<void>((resolve) => (letThrough = resolve));
  await page.route(pattern, async (route) => {
    await looked;
    await route.continue();
  });
  await openFolder(workbench, folder);
  await expect
    .poll(async () => (await currentProject(workbench)).images.filter(({ problem }) => problem).length)
    .toBe(1);
  letThrough();
  await expect(page.getByTestId('image-problem')).toHaveCount(1);
});

test('an answer about the project of before is not shown in the next one', async ({ workbench }) => {
  const { page, folder } = workbench;
  await waitForEmbedding(page);
  await copyInto(folder, [join(samples, 'powder-particles.png')]);
  // The page asks for a project when it opens it, and again once it listens: those answers are held up.
  const held: (() => void)[] = [];
  let asked = 0;
  await page.route(/\/api\/projects\/[^/]+$/, async (route) => {
    if (route.request().method() === 'GET' && ++asked > 1) await new Promise<void>((pass) => held.push(pass));
    await route.continue();
  });
  await page.reload();
  const items = page.getByTestId('image-item');
  await expect(items).toHaveCount(6);
  await expect.poll(() => held.length).toBe(1);
  await page.getByTestId('path-field').first().fill(folder);
  await page.getByTestId('path-open').first().click();
  await expect(items).toHaveCount(1);
  // What the page asks of the next project waits until the answer about the one before is dealt with.
  held[0]!();
  await expect.poll(() => held.length).toBe(2);
  expect(await items.count()).toBe(1);
  held[1]!();
});

test('a path that is not there is refused by name', async ({ workbench }) => {
  const { page, folder } = workbench;
  await expect(page.getByTestId('image-item').first()).toBeVisible();
  await page.getByTestId('path-field').fill(join(folder, 'nirgends'));
  await page.getByTestId('path-open').click();
  await expect(page.getByText(/nirgends/).first()).toBeVisible();
  await expect(page.getByTestId('image-item').first()).toBeVisible();
});

test('16-bit images get an automatic contrast, a range that can be set, and their own values', async ({
  workbench,
}) => {
  const { page, folder } = workbench;
  const value = await writeSlope(join(folder, 'slope.png'));
  await openFolder(workbench, folder);
  const black = page.getByLabel('Black', { exact: true });
  const white = page.getByLabel('White', { exact: true });
  // One outlier does not set the white point.
  await expect(white).toHaveValue(/^2\d\d\d$/);
  await expect(black).toHaveValue(/^10\d\d$/);
  await page.getByTestId('full-range').click();
  await expect(white).toHaveValue('65535');
  await expect(black).toHaveValue('0');
  await white.fill('3000');
  await white.press('Enter');
  await page.getByTestId('image-item').first().click();
  await expect(white).toHaveValue('3000');
  await page.getByTestId('auto-contrast').click();
  await expect(white).toHaveValue(/^2\d\d\d$/);
  const at = await onScreen(page, 100.5, 50.5);
  await page.mouse.move(at.x, at.y);
  await expect(page.getByTestId('pointer')).toContainText(`${value(100, 50)}`);
});

test('files dropped on a browser are copied into a project of their own', async ({ workbench }) => {
  const { page, folder } = workbench;
  test.skip(await page.evaluate(() => 'lamellaHost' in window), 'The desktop window opens dropped files in place.');
  const value = await writeSlope(join(folder, 'Grauwert Übergang.png'));
  const bytes = (await readFile(join(folder, 'Grauwert Übergang.png'))).toString('base64');
  await expect(page.getByTestId('image-item').first()).toBeVisible();
  const before = await page.getByTestId('image-item').count();
  const transfer = await page.evaluateHandle((base64) => {
    const transfer = new DataTransfer();
    const content = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([content], 'Grauwert Übergang.png', { type: 'image/png' }));
    return transfer;
  }, bytes);
  await page.dispatchEvent('body', 'dragover', { dataTransfer: transfer });
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
  await expect(page.getByTestId('image-item')).toHaveCount(before + 1);
  const dropped = page.getByTestId('image-item').filter({ hasText: 'Grauwert Übergang.png' });
  await expect(dropped).toHaveAttribute('data-current', 'true');
  const at = await onScreen(page, 10.5, 10.5);
  await page.mouse.move(at.x, at.y);
  await expect(page.getByTestId('pointer')).toContainText(`${value(10, 10)}`);
});
