import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import { bundleForTest } from '../testing/bundle.ts';
import { contrastOf } from './contrast.ts';
import { firstPlane } from './contract.ts';
import { openMicrograph } from './index.ts';
import { LargePlane, type LargePlaneNeeds } from './largePlane.ts';
import { OverviewFiles } from './overviewFiles.ts';
import { PlaneCache } from './planeCache.ts';
import { levelCount, tileSize } from './pyramid.ts';
import { breakBlock, type LargeTiff, valueAt, valueAtLevel, writeLargeTiff } from './testing/largeTiff.ts';

const large = { widthPx: 12_000, heightPx: 9000 };
/** Just too large for an overview at full size. */
const smaller = { widthPx: 8200, heightPx: 6200 };
const kinds: Record<string, LargeTiff> = {
  strips: { ...large, rowsPerStrip: 8, deflate: false },
  'deflated tiles': { ...smaller, tileSide: 1024, deflate: true },
  'deflated strips': { ...smaller, rowsPerStrip: 37, deflate: true },
  tiles: { ...smaller, tileSide: 240, deflate: false },
  'tiles with a pyramid': { ...smaller, tileSide: 256, deflate: true, pyramid: [2, 4] },
};

let folder: string;
const reads: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lamella-large-'));
  for (const [name, tiff] of Object.entries(kinds)) await writeLargeTiff(pathOf(name), tiff);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const pathOf = (name: string) => join(folder, `${name}.tif`);

async function largePlane(name: string, needs: Partial<LargePlaneNeeds> = {}): Promise<LargePlane> {
  const micrograph = await openMicrograph(pathOf(name));
  reads.length = 0;
  const noted: typeof micrograph = {
    ...micrograph,
    readRegion: (plane, level, region) => {
      reads.push(`${level}: ${region.join()}`);
      return micrograph.readRegion(plane, level, region);
    },
  };
  return LargePlane.of(noted, {
    ...{ address: firstPlane, key: name, fileName: name, overviews: null },
    parts: new PlaneCache(128 * 2 ** 20),
    signal: new AbortController().signal,
    inTurn: (work) => work(),
    noteTrouble: (work) => work(),
    ...needs,
  })!;
}

/** The tile as it is when the file has been read. */
async function finalTile(plane: LargePlane, level: number, tx: number, ty: number): Promise<PixelPlane> {
  for (;;) {
    const { pixels, isProvisional } = await plane.tile(level, tx, ty);
    if (!isProvisional) return pixels;
    await delay(20);
  }
}

/** Every 11th pixel in both directions, and those at the edges, of a part that begins at (x, y) of a level. */
function wrongPixels({ widthPx: width, heightPx: height, data }: PixelPlane, level: number, x: number, y: number) {
  const wrong: string[] = [];
  const places = (length: number) => [...Array(length).keys()].filter((i) => i % 11 === 0 || i === length - 1);
  for (const j of places(height)) {
    for (const i of places(width)) {
      const wanted = valueAtLevel(level, x + i, y + j);
      if (data[j * width + i] !== wanted) wrong.push(`(${x + i}, ${y + j}): ${data[j * width + i]} for ${wanted}`);
    }
  }
  return wrong.slice(0, 3);
}

describe.each(Object.entries(kinds))('a large plane in %s', (name, { widthPx, heightPx }) => {
  it('gives the tiles of every level', async () => {
    const plane = await largePlane(name);
    expect(levelCount(widthPx, heightPx)).toBe(6);
    for (let level = 0; level <= 4; level++) {
      const [width, height] = [Math.ceil(widthPx / 2 ** level), Math.ceil(heightPx / 2 ** level)];
      for (let ty = 0; ty * tileSize < height; ty++) {
        // Of the many tiles of level 0 each row has another third looked at.
        for (let tx = level === 0 ? ty % 3 : 0; tx * tileSize < width; tx += level === 0 ? 3 : 1) {
          const tile = await finalTile(plane, level, tx, ty);
          const size = [Math.min(tileSize, width - tx * tileSize), Math.min(tileSize, height - ty * tileSize)];
          expect([tile.widthPx, tile.heightPx]).toEqual(size);
          expect(wrongPixels(tile, level, tx * tileSize, ty * tileSize)).toEqual([]);
        }
      }
    }
    expect(await finalTile(plane, 5, 0, 0)).toMatchObject({
      widthPx: Math.ceil(widthPx / 32),
      heightPx: Math.ceil(heightPx / 32),
    });
    await expect(plane.tile(0, Math.ceil(widthPx / tileSize), 0)).rejects.toMatchObject({ code: 'not-found' });
    await expect(plane.tile(6, 0, 0)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('shows a first picture and its contrast without reading all of the file', async () => {
    const plane = await largePlane(name);
    const preview = await plane.preview();
    const pixels = reads.reduce(
      (sum, read) =>
        sum +
        read
          .split(/[:,] ?/)
          .slice(3)
          .reduce((a, b) => a * Number(b), 1),
      0,
    );
    expect(pixels).toBeLessThan(50 * 2 ** 20);
    const { autoRange } = contrastOf(preview, null);
    expect(autoRange[0]).toBeLessThan(150);
    expect(autoRange[1]).toBeGreaterThan(20_700);
    expect(autoRange[1]).toBeLessThanOrEqual(valueAt(widthPx, heightPx) + 20_000);
    const { pixels: tile } = await plane.tile(5, 0, 0);
    expect([tile.widthPx, tile.heightPx]).toEqual([Math.ceil(widthPx / 32), Math.ceil(heightPx / 32)]);
  });

  it('gives single values and reduced parts', async () => {
    const plane = await largePlane(name);
    expect(await plane.valuesAt(widthPx - 1, heightPx - 1)).toEqual([valueAt(widthPx - 1, heightPx - 1)]);
    const whole = plane.part([0, 0, widthPx, heightPx], 2048);
    expect(whole.area).toEqual([0, 0, widthPx, heightPx]);
    const reduced = await whole.read();
    expect(reduced).toMatchObject({ widthPx: widthPx / 4, heightPx: heightPx / 4, sizeImage: { widthPx, heightPx } });
    expect(wrongPixels(reduced, 2, 0, 0)).toEqual([]);
    const half = plane.part([3001, 2003, 5000, 4001], 2048);
    expect(half.area).toEqual([3000, 2002, 5002, 4002]);
    const part = await half.read();
    expect(part).toMatchObject({ widthPx: 2501, heightPx: 2001, sizeImage: { widthPx: 5002, heightPx: 4002 } });
    expect(wrongPixels(part, 1, 1500, 1001)).toEqual([]);
  });
});

describe('the overview of a large plane', () => {
  it('is made by reading the file once, is kept, and is made anew where it is gone or is not what it was', async () => {
    const cache = join(folder, 'cache');
    const defects: unknown[] = [];
    const overviews = new OverviewFiles(cache, (cause) => defects.push(cause));
    await finalTile(await largePlane('tiles', { overviews }), 3, 0, 0);
    expect(new Set(reads).size).toBe(reads.length);
    for (let waited = 0; (await readdir(cache)).length === 0 && waited < 100; waited++) await delay(20);
    expect(await readdir(cache)).toEqual(['tiles.plane']);

    const again = await largePlane('tiles', { overviews });
    expect(await again.tile(3, 1, 1)).toMatchObject({ isProvisional: false });
    expect(reads).toEqual([]);

    await truncate(join(cache, 'tiles.plane'), 1_000_000);
    await writeFile(join(cache, 'tiles.plane.half.new'), 'half');
    const remade = await finalTile(await largePlane('tiles', { overviews }), 3, 1, 1);
    expect(wrongPixels(remade, 3, tileSize, tileSize)).toEqual([]);
    expect(defects).toEqual([]);

    await rm(cache, { recursive: true });
    const gone = await finalTile(await largePlane('tiles', { overviews }), 3, 1, 1);
    expect(wrongPixels(gone, 3, tileSize, tileSize)).toEqual([]);
  });

  it('ends when the project is closed', async () => {
    const closing = new AbortController();
    const plane = await largePlane('strips', { signal: closing.signal });
    const reading = plane.part([0, 0, large.widthPx, large.heightPx], 1024).read();
    await plane.preview();
    await delay(30);
    closing.abort();
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    const last = reads.length;
    await delay(100);
    expect(reads.length).toBe(last);
  });

  it('a tile that is broken in the middle of the file fails by name; the rest is shown', async () => {
    const tiff = { ...smaller, tileSide: 512, deflate: true };
    await writeLargeTiff(pathOf('broken'), tiff);
    await breakBlock(pathOf('broken'), 8 * 17 + 10);
    const plane = await largePlane('broken');
    const trouble = { code: 'file-damaged', path: pathOf('broken') };
    expect(await plane.tile(5, 0, 0)).toMatchObject({ isProvisional: true });
    await expect(finalTile(plane, 5, 0, 0)).rejects.toMatchObject(trouble);
    const asked = reads.length;
    await expect(plane.tile(4, 0, 0)).rejects.toMatchObject(trouble);
    expect(reads.length).toBe(asked);
    await expect(plane.tile(0, 10, 8)).rejects.toMatchObject(trouble);
    expect(wrongPixels((await plane.tile(0, 11, 8)).pixels, 0, 11 * tileSize, 8 * tileSize)).toEqual([]);
  });

  it('20,000 × 20,000 pixels take less memory than they have bytes', async () => {
    await writeLargeTiff(pathOf('20k'), {
      widthPx: 20_000,
      heightPx: 20_000,
      rowsPerStrip: 100,
      deflate: false,
      empty: true,
    });
    const program = await bundleForTest('electron/service/micrographs/testing/largePlane-process.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [program, pathOf('20k')]);
    expect((JSON.parse(stdout) as { peakMb: number }).peakMb).toBeLessThan(700);
  }, 60_000);
});
