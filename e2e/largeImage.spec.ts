import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import {
  acceptAsObject,
  clickImage,
  currentProject,
  newCandidates,
  objectPlanes,
  openFolder,
  waitForEmbedding,
  shoot,
} from './steps.ts';
import { onScreen } from './view.ts';
import { expect, test } from './workbench.ts';

/** Beyond what is held as a whole: 64 megapixels. */
const sidePx = 8400;
const [spacing, radius] = [300, 70];

/** 16 bits, tiled, without a pyramid: bright discs on a grid over a dark ramp. */
async function writeLargeTiff(path: string): Promise<void> {
  const pixels = new Uint16Array(sidePx * sidePx);
  for (let y = 0; y < sidePx; y++) {
    const dy = (y % spacing) - spacing / 2;
    for (let x = 0; x < sidePx; x++) {
      const dx = (x % spacing) - spacing / 2;
      const inside = dx * dx + dy * dy < radius * radius;
      pixels[y * sidePx + x] = (inside ? 30_000 : 6_000) + ((x + y) >> 3);
    }
  }
  await sharp(pixels, { raw: { width: sidePx, height: sidePx, channels: 1 }, limitInputPixels: false })
    .toColourspace('grey16')
    .tiff({ tile: true, tileWidth: 512, tileHeight: 512, compression: 'none' })
    .toFile(path);
}

test('a large tiled image is seen whole, entered, prompted and kept', async ({ workbench }) => {
  test.slow();
  const { page, folder } = workbench;
  const path = join(folder, 'large.tif');
  await writeLargeTiff(path);
  expect((await stat(path)).size).toBeGreaterThan(2 * sidePx * sidePx);
  await openFolder(workbench, folder);
  await expect(page.getByTestId('micrograph-canvas')).toBeVisible();
  await waitForEmbedding(page);
  await shoot(page, 'large-whole');

  // Into the middle, by the wheel.
  const centre = { x: 14 * spacing + spacing / 2, y: 14 * spacing + spacing / 2 };
  const at = await onScreen(page, centre.x, centre.y);
  await page.mouse.move(at.x, at.y);
  for (let notch = 0; notch < 30; notch++) {
    if (Number(await page.getByTestId('micrograph-canvas').getAttribute('data-scale')) >= 0.9) break;
    await page.mouse.wheel(0, -240);
  }
  // Close-ups always: on a slow machine they would be left out.
  await page.keyboard.press('u');
  await page.keyboard.press('u');
  await clickImage(page, centre);
  await newCandidates(page);
  await acceptAsObject(page);
  await shoot(page, 'large-close');

  const { objects } = await objectPlanes(workbench, await currentProject(workbench));
  const [x, y, width, height] = objects[0]!.bbox;
  expect(Math.abs(x + width / 2 - centre.x)).toBeLessThan(8);
  expect(Math.abs(y + height / 2 - centre.y)).toBeLessThan(8);
  expect(Math.abs(width - 2 * radius)).toBeLessThan(16);
  expect(objects[0]!.areaPx / (Math.PI * radius ** 2)).toBeGreaterThan(0.85);
});
