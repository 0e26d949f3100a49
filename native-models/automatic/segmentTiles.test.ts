import { expect, it } from 'vitest';
import { rleArea } from '../masks/rle.ts';
import { type AutomaticProgress, type GeneratedMasks, generateMasks } from './generateMasks.ts';
import { lastOf } from './lastOf.ts';
import { publishedParameters } from './parameters.ts';
import { isBlank, segmentTiles } from './segmentTiles.ts';
import { AnalyticDecoder, type Disc } from './testing.ts';
import type { PlaneTile } from './tiling.ts';

const size = { widthPx: 400, heightPx: 300 };
const tiling = { coreSidePx: 100, haloPx: 25 };
const discs: Disc[] = [
  [100, 100, 18],
  [250, 50, 20],
  [200, 210, 45],
];
const parameters = { ...publishedParameters, pointsPerSide: 16, predictedIouThreshold: 0.92, stabilityThreshold: 0.5 };

/** The discs as a tile has them, found by the formula in place of a network. */
function segmentTile({ outer: [left, top, right, bottom] }: PlaneTile) {
  const decoder = new AnalyticDecoder(discs.map(([x, y, radius]): Disc => [x - left, y - top, radius]));
  return generateMasks(right - left, bottom - top, decoder, parameters);
}

it('finds every object once, in the plane’s pixels, and tells which tile it is at', async () => {
  const told: string[] = [];
  const fractions: number[] = [];
  const steps = segmentTiles(size, async (tile) => segmentTile(tile), 1, tiling);
  const { records, prompts } = await lastOf(steps, ({ fraction, where }) => {
    told.push(where);
    fractions.push(fraction);
  });
  expect(prompts).toBe(12 * 16 ** 2);
  expect(new Set(told).size).toBe(12);
  expect(told.at(-1)).toBe('tile 12/12 (one tile = 100 px)');
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  expect(fractions.at(-1)).toBe(1);
  expect(records).toHaveLength(discs.length);
  for (const [x, y, radius] of discs) {
    const [found] = records.filter(({ bbox }) => Math.hypot(bbox[0] + bbox[2] / 2 - x, bbox[1] + bbox[3] / 2 - y) < 2);
    expect(Math.abs(found!.bbox[2] - 2 * radius)).toBeLessThan(3);
    expect(found!.area).toBe(rleArea(found!.segmentation));
    expect(found!.area / (Math.PI * radius ** 2)).toBeCloseTo(1, 1);
    const [[pointX, pointY]] = found!.point_coords;
    expect(Math.hypot(pointX - x, pointY - y)).toBeLessThanOrEqual(radius);
    const [left, top, width, height] = found!.crop_box;
    expect(pointX > left && pointX < left + width && pointY > top && pointY < top + height).toBe(true);
  }
});

it('looks at no tile that is blank, and lets go of the tile that it is in when it is given up', async () => {
  let ended = 0;
  async function* endless(): AsyncGenerator<AutomaticProgress, GeneratedMasks> {
    try {
      for (;;) yield { fraction: 0.5, masks: 3 };
    } finally {
      ended++;
    }
  }
  const steps = segmentTiles(size, async ({ column }) => (column === 0 ? null : endless()), 1, tiling);
  expect(await steps.next()).toMatchObject({ value: { fraction: 1 / 12, masks: 0 } });
  expect(await steps.next()).toMatchObject({ value: { fraction: 1.5 / 12, masks: 3 } });
  await steps.return(undefined as never);
  expect(ended).toBe(1);
});

it('a plane is blank when all of its samples are equal', () => {
  const plane = { widthPx: 2, heightPx: 2, samples: 1 as const };
  expect(isBlank({ ...plane, data: Uint16Array.of(7, 7, 7, 7) })).toBe(true);
  expect(isBlank({ ...plane, data: Float32Array.of(7, 7, 7, 7.5) })).toBe(false);
});
