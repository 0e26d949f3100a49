import { describe, expect, it } from 'vitest';
import { decodeRle } from '../masks/rle.ts';
import { filterMasks, noFilters } from './filterMasks.ts';
import { greyPlaneOf } from './greyPlane.ts';
import { type AutomaticProgress, generateMasks } from './generateMasks.ts';
import { lastOf } from './lastOf.ts';
import { publishedParameters } from './parameters.ts';
import { presetNames, presets, publishedSettings, withPointsPerSide } from './presets.ts';
import type { MaskRecord } from './record.ts';
import { settingsOfPart } from './specimenRows.ts';
import { AnalyticDecoder, type Disc } from './testing.ts';

const discs: Disc[] = [
  [40, 40, 25],
  [120, 60, 30],
  [70, 110, 20],
];
const parameters = { ...publishedParameters, pointsPerSide: 8, predictedIouThreshold: 0.7, stabilityThreshold: 0.5 };

describe('a run', () => {
  it('tells its progress batch by batch, to the end', async () => {
    const told: AutomaticProgress[] = [];
    const decoder = new AnalyticDecoder(discs, 10);
    const onProgress = (progress: AutomaticProgress) => told.push(progress);
    const { records, prompts } = await lastOf(generateMasks(160, 130, decoder, parameters), onProgress);
    expect(prompts).toBe(64);
    expect(told.map(({ fraction }) => fraction)).toEqual([10, 20, 30, 40, 50, 60, 64].map((done) => done / 64));
    const counts = told.map(({ masks }) => masks);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(counts.at(-1)).toBeGreaterThanOrEqual(records.length);
  });

  it('ends between two batches when it is given up', async () => {
    const abort = new AbortController();
    const decoder = new AnalyticDecoder(discs, 10);
    const steps = generateMasks(160, 130, decoder, parameters, { signal: abort.signal });
    const run = lastOf(steps, ({ fraction }) => fraction > 0.3 && abort.abort(new Error('given up')));
    await expect(run).rejects.toThrow('given up');
    expect(decoder.batches).toEqual([10, 10]);
  });

  it('of given points asks these only, each in the crops that it lies in', async () => {
    const decoder = new AnalyticDecoder(discs);
    const points = [
      { x: 40, y: 40 },
      { x: 159, y: 129 },
    ];
    const whole = await lastOf(generateMasks(160, 130, decoder, parameters, { points }));
    expect(whole.prompts).toBe(2);
    expect(whole.records.every(({ point_coords: [[x, y]] }) => x === 40 && y === 40)).toBe(true);
    expect(whole.records.length).toBeGreaterThan(0);
    const none = await lastOf(generateMasks(160, 130, decoder, parameters, { points: [] }));
    expect(none).toEqual({ records: [], prompts: 0 });
    const layered = await lastOf(generateMasks(160, 130, decoder, { ...parameters, cropLayers: 1 }, { points }));
    expect(layered.prompts).toBe(4);
  });
});

describe('a run on a picture with an info bar', () => {
  it('asks no point in the bar, and lets masks end above it, except those that are mostly in it', async () => {
    const barred: Disc[] = [
      [40, 40, 25],
      [110, 90, 20],
      [40, 110, 15],
    ];
    const decoder = new AnalyticDecoder(barred);
    const specimenRows = 100;
    const run = (rows?: number) =>
      lastOf(generateMasks(160, 130, decoder, parameters, rows === undefined ? {} : { specimenRows: rows }));
    const all = await run();
    const { records, prompts } = await run(specimenRows);
    expect(all.prompts).toBe(64);
    expect(prompts).toBe(48);
    const lowest = ({ bbox: [, y, , height] }: MaskRecord) => y + height;
    expect(Math.max(...all.records.map(lowest))).toBeGreaterThan(120);
    expect(Math.max(...records.map(lowest))).toBeLessThan(specimenRows);
    for (const { segmentation, area, point_coords: point } of records) {
      const mask = decodeRle(segmentation);
      expect(segmentation.size).toEqual([130, 160]);
      expect(mask.y + mask.height).toBeLessThanOrEqual(specimenRows);
      expect(mask.data.reduce((sum, value) => sum + value, 0)).toBe(area);
      expect(point[0][1]).toBeLessThan(specimenRows);
    }
    const cut = records.filter(({ bbox: [x] }) => x > 80);
    expect(cut.length).toBeGreaterThan(0);
    expect(records.some(({ bbox: [x, y] }) => x < 80 && y > 80)).toBe(false);
  });

  it('is set for each part by where it lies', () => {
    const settings = { ...publishedSettings, specimenRows: 1000 };
    expect(settingsOfPart(publishedSettings, 900, 300)).toBe(publishedSettings);
    expect(settingsOfPart(settings, 0, 600)?.specimenRows).toBe(600);
    expect(settingsOfPart(settings, 600, 600)?.specimenRows).toBe(400);
    expect(settingsOfPart(settings, 1000, 600)).toBeNull();
  });
});

describe('filters', () => {
  const pixels = { widthPx: 160, heightPx: 130, samples: 1 as const, data: new Uint8Array(160 * 130) };
  const flat = greyPlaneOf(pixels, [0, 255], 512);

  it('take out what is too small, too large or covered, and keep the order', async () => {
    const { records } = await lastOf(generateMasks(160, 130, new AnalyticDecoder(discs), parameters));
    expect(filterMasks(records, flat, noFilters)).toEqual(records);
    const large = filterMasks(records, flat, { ...noFilters, minAreaPx: 1000, maxAreaShare: 0.12 });
    expect(large).toEqual(records.filter(({ area }) => area >= 1000 && area <= 0.12 * 160 * 130));
    const apart = filterMasks(records, flat, { ...noFilters, maxCovered: 0.3 });
    // The best answer for each disc, and not its middle or its surroundings.
    expect(apart).toHaveLength(3);
    const covered = new Set<number>();
    for (const { segmentation, area } of apart) {
      const { x, y, width, data } = decodeRle(segmentation);
      const places = Array.from(data.keys())
        .filter((at) => data[at])
        .map((at) => (y + Math.floor(at / width)) * 160 + x + (at % width));
      expect(places.filter((place) => covered.has(place)).length).toBeLessThanOrEqual(0.3 * area);
      for (const place of places) covered.add(place);
    }
  });
});

describe('presets', () => {
  it('have names, purposes and thresholds that make sense', () => {
    for (const name of presetNames) {
      const { purpose, parameters, filters, imagePoints } = presets[name];
      expect(presets[name].name).toBe(name);
      expect(purpose).toMatch(/^[A-Z].*\.$/);
      expect(parameters.predictedIouThreshold).toBeLessThan(1);
      expect(filters.minAreaPx).toBeGreaterThanOrEqual(0);
      expect(imagePoints!.distance).toBeGreaterThan(0);
    }
  });

  it('take another number of points for their grid', () => {
    expect(withPointsPerSide(publishedSettings, 7)).toMatchObject({
      imagePoints: null,
      parameters: { pointsPerSide: 7 },
    });
    expect(withPointsPerSide(presets.cells, 7).imagePoints!.gridPerSide).toBe(7);
  });
});
