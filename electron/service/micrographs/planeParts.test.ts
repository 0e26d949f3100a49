import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstPlane, type Micrograph } from './contract.ts';
import { openMicrograph } from './index.ts';
import { encodedSidePx, openPlaneParts, wholeOf } from './planeParts.ts';
import { type LargeTiff, valueAt, valueAtLevel, writeLargeTiff } from './testing/largeTiff.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lamella-parts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The file, and how often its plane was read as a whole. */
async function opened(tiff: LargeTiff): Promise<{ micrograph: Micrograph; wholes: () => number }> {
  const path = join(folder, `${tiff.widthPx}.tif`);
  await writeLargeTiff(path, tiff);
  const micrograph = await openMicrograph(path);
  let wholes = 0;
  const readPlane: Micrograph['readPlane'] = (plane) => {
    wholes++;
    return micrograph.readPlane(plane);
  };
  return { micrograph: { ...micrograph, readPlane }, wholes: () => wholes };
}

describe('a plane in parts', () => {
  it('is never read as a whole where it is large: parts are as fine as eyes that see so many pixels', async () => {
    const size = { widthPx: 9000, heightPx: 8000 };
    const { micrograph, wholes } = await opened({ ...size, tileSide: 512, deflate: false });
    const parts = openPlaneParts(micrograph, firstPlane);
    expect(parts).toMatchObject(size);
    const { area, step, read } = parts.part(wholeOf(parts), encodedSidePx);
    expect({ area, step }).toEqual({ area: [0, 0, 9000, 8000], step: 4 });
    const whole = await read();
    expect(whole).toMatchObject({ widthPx: 2250, heightPx: 2000, sizeImage: size });
    expect(whole.data[1500 * 2250 + 1234]).toBe(valueAtLevel(2, 1234, 1500));
    const detail = parts.part([5000, 3001, 900, 700], encodedSidePx);
    expect(detail).toMatchObject({ area: [5000, 3001, 900, 700], step: 1 });
    expect((await detail.read()).data[699 * 900]).toBe(valueAt(5000, 3700));
    expect((await parts.preview()).widthPx).toBeLessThan(2250);
    expect(wholes()).toBe(0);
  });

  it('is read once where it is held, and gives its parts as they are', async () => {
    const { micrograph, wholes } = await opened({ widthPx: 3000, heightPx: 400, rowsPerStrip: 100, deflate: false });
    const parts = openPlaneParts(micrograph, firstPlane);
    const { area, step, read } = parts.part([100, 50, 2800, 300], 100);
    expect({ area, step }).toEqual({ area: [100, 50, 2800, 300], step: 1 });
    expect((await read()).data[2800]).toBe(valueAt(100, 51));
    expect(await parts.part(wholeOf(parts), encodedSidePx).read()).toBe(await parts.preview());
    expect(wholes()).toBe(1);
  });
});
