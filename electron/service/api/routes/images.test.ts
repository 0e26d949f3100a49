import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSpecimenProject, type SpecimenProject } from '../../testing/specimenProject.ts';
import { grain, type Specimen } from '../../testing/specimens.ts';
import type { RunningService } from '../../testing/startService.ts';
import type { DisplayRange, MicrographView } from '../contract.ts';

let made: SpecimenProject;
let service: RunningService;
let specimens: readonly Specimen[];
let base: string;

beforeAll(async () => {
  made = await openSpecimenProject();
  ({ service, specimens, base } = made);
});
afterAll(() => made.close());

/** The plane as its tiles give it at full size. */
async function planeFromTiles(path: string, view: MicrographView): Promise<Uint8Array | Uint16Array> {
  const { widthPx, heightPx, samples, tileSize } = view;
  const length = widthPx * heightPx * samples;
  const data = view.dtype === 'uint8' ? new Uint8Array(length) : new Uint16Array(length);
  for (let ty = 0; ty * tileSize < heightPx; ty++) {
    for (let tx = 0; tx * tileSize < widthPx; tx++) {
      const response = await service.send('GET', `${path}/tiles/0/${tx}/${ty}`);
      const width = Number(response.headers.get('x-tile-width'));
      expect(width).toBe(Math.min(tileSize, widthPx - tx * tileSize));
      expect(response.headers.get('x-tile-height')).toBe(String(Math.min(tileSize, heightPx - ty * tileSize)));
      expect(response.headers.get('x-tile-samples')).toBe(String(samples));
      expect(response.headers.get('x-tile-dtype')).toBe(view.dtype);
      const bytes = await response.arrayBuffer();
      const tile = view.dtype === 'uint8' ? new Uint8Array(bytes) : new Uint16Array(bytes);
      for (let row = 0; row * width * samples < tile.length; row++) {
        const to = ((ty * tileSize + row) * widthPx + tx * tileSize) * samples;
        data.set(tile.subarray(row * width * samples, (row + 1) * width * samples), to);
      }
    }
  }
  return data;
}

describe('a micrograph', () => {
  it.each([0, 1, 2, 3, 4])('shows what its file holds (specimen %i)', async (index) => {
    const specimen = specimens[index]!;
    const path = `${base}/images/${made.imageOf(specimen)}`;
    const view = await service.json<MicrographView>('GET', path);
    const { widthPx, heightPx, samples, data } = specimen.plane;
    const wide = data instanceof Uint16Array;
    expect(view).toMatchObject({ widthPx, heightPx, samples, dtype: wide ? 'uint16' : 'uint8', levels: 2 });
    expect(view.fullRange).toEqual([0, wide ? 65_535 : 255]);
    expect(view.displayRange).toEqual(view.autoRange);
    expect(view.histogram).toHaveLength(256);
    expect(view.histogram.reduce((sum, count) => sum + count, 0)).toBe(data.length);

    const shown = await planeFromTiles(path, view);
    expect(shown.findIndex((value, at) => value !== data[at])).toBe(-1);
    for (const [x, y] of [
      [0, 0],
      [grain.x, grain.y],
      [widthPx - 1, heightPx - 1],
    ] as const) {
      const { values } = await service.json<{ values: number[] }>('GET', `${path}/pixel?x=${x}&y=${y}`);
      expect(values).toEqual([...data.subarray((y * widthPx + x) * samples, (y * widthPx + x + 1) * samples)]);
    }
    const half = await service.send('GET', `${path}/tiles/1/0/0`);
    expect([half.headers.get('x-tile-width'), half.headers.get('x-tile-height')]).toEqual(['300', '260']);
    const thumbnail = new Uint8Array(await service.bytes('GET', `${path}/thumbnail`));
    expect([...thumbnail.subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
  });

  it('keeps the display range that was set, until automatic contrast is asked for again', async () => {
    const path = `${base}/images/${made.imageOf(specimens[3]!)}`;
    const { autoRange } = await service.json<MicrographView>('GET', path);
    const set = (range: DisplayRange | null) =>
      service.json<{ displayRange: DisplayRange }>('PUT', `${path}/display`, { range });
    expect(await set([1000, 9000.5])).toEqual({ displayRange: [1000, 9000.5] });
    expect((await service.json<MicrographView>('GET', path)).displayRange).toEqual([1000, 9000.5]);
    expect(await set(null)).toEqual({ displayRange: autoRange });
  });
});
