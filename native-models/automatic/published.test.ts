import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Mask, trimMask } from '../masks/mask.ts';
import { compressRuns, decompressRuns, maskToRuns } from '../masks/rle.ts';
import { planeOf } from '../masks/testing.ts';
import { fixtureFolder, hasFixture, type NumpyArray, readNpz } from '../predictor/testing.ts';
import { isNearCropEdge } from './cropEdge.ts';
import { cropsOf } from './crops.ts';
import { generateMasks } from './generateMasks.ts';
import { pointGrid } from './grid.ts';
import { type InclusiveBox, inclusiveBox } from './inclusiveBox.ts';
import { lastOf } from './lastOf.ts';
import { suppressOverlaps } from './nms.ts';
import { type AutomaticParameters, publishedParameters } from './parameters.ts';
import type { MaskRecord } from './record.ts';
import { fillSmallHoles, removeIslands } from './smallRegions.ts';
import { AnalyticDecoder, type Disc } from './testing.ts';

/** Records and steps of the published generator (shared/fixtures/README.md: `automatic`). */
const folder = join(fixtureFolder, 'automatic');

interface Reference {
  image_hw: [number, number];
  discs_x_y_r: Disc[];
  cases: Record<string, { parameters: Record<string, number>; records: ReferenceRecord[] }>;
}

type ReferenceRecord = Omit<MaskRecord, 'segmentation'> & {
  segmentation: { size: [number, number]; counts: number[] };
};

/** Names of the reference's parameters. */
const ourNames: Record<string, keyof AutomaticParameters> = {
  points_per_side: 'pointsPerSide',
  pred_iou_thresh: 'predictedIouThreshold',
  stability_score_thresh: 'stabilityThreshold',
  box_nms_thresh: 'boxNmsThreshold',
  crop_n_layers: 'cropLayers',
  crop_n_points_downscale_factor: 'cropPointsDownscale',
  min_mask_region_area: 'minRegionAreaPx',
};

function parametersOf(reference: Record<string, number>): AutomaticParameters {
  const given = Object.entries(reference).map(([name, value]) => [ourNames[name]!, value] as const);
  expect(given.every(([name]) => name !== undefined)).toBe(true);
  return { ...publishedParameters, ...Object.fromEntries(given) };
}

describe.skipIf(!hasFixture('automatic'))('the published generator, with a formula in place of a network', () => {
  const { image_hw, discs_x_y_r, cases } = hasFixture('automatic')
    ? (JSON.parse(readFileSync(join(folder, 'records.json'), 'utf8')) as Reference)
    : ({ cases: {} } as Reference);
  const [heightPx, widthPx] = image_hw ?? [0, 0];

  it.each(['grid', 'crops', 'strict_nms', 'small_regions'])('gives these records in this order: %s', async (name) => {
    const { parameters, records: expected } = cases[name]!;
    const decoder = new AnalyticDecoder(discs_x_y_r);
    const { records } = await lastOf(generateMasks(widthPx, heightPx, decoder, parametersOf(parameters)));
    expect(records).toHaveLength(expected.length);
    for (const [i, { segmentation, point_coords, predicted_iou, stability_score, ...exact }] of expected.entries()) {
      const record = records[i]!;
      expect(record).toMatchObject(exact);
      expect(record.segmentation.size).toEqual(segmentation.size);
      expect(decompressRuns(record.segmentation.counts)).toEqual(segmentation.counts);
      expect(record.predicted_iou).toBeCloseTo(predicted_iou, 6);
      expect(record.stability_score).toBeCloseTo(stability_score, 6);
      expect(record.point_coords[0][0]).toBeCloseTo(point_coords[0][0], 6);
      expect(record.point_coords[0][1]).toBeCloseTo(point_coords[0][1], 6);
    }
  });

  it('gives the same records one point at a time', async () => {
    const parameters = parametersOf(cases.grid!.parameters);
    const [together, single] = [new AnalyticDecoder(discs_x_y_r), new AnalyticDecoder(discs_x_y_r, 1)];
    const expected = await lastOf(generateMasks(widthPx, heightPx, together, parameters));
    expect(await lastOf(generateMasks(widthPx, heightPx, single, parameters))).toEqual(expected);
    expect(together.batches).toEqual([64, 64, 16]);
    expect(single.batches).toEqual(Array<number>(144).fill(1));
  });
});

describe.skipIf(!hasFixture('automatic'))("the published generator's steps", () => {
  const arrays = hasFixture('automatic') ? readNpz(join(folder, 'postprocess.npz')) : new Map<string, NumpyArray>();
  const [heightPx, widthPx] = [60, 90];

  function rowsOf(name: string): number[][] {
    const { shape, data } = arrays.get(name)!;
    const length = shape[1] ?? 1;
    return Array.from({ length: shape[0]! }, (_, i) => Array.from(data.subarray(i * length, (i + 1) * length)));
  }

  const planeMask = (data: Uint8Array): Mask => ({ x: 0, y: 0, width: widthPx, height: heightPx, data });

  /** The fixture's logits cut at 0. */
  function masks(): Mask[] {
    const { data } = arrays.get('logits')!;
    const area = widthPx * heightPx;
    return Array.from({ length: data.length / area }, (_, k) =>
      trimMask(planeMask(Uint8Array.from(data.subarray(k * area, (k + 1) * area), (logit) => (logit > 0 ? 1 : 0)))),
    );
  }

  it('boxes end at the outermost pixels', () => {
    expect(masks().map(inclusiveBox)).toEqual(rowsOf('boxes_xyxy'));
  });

  it.each([
    [0.7, 'nms_keep_07'],
    [0.3, 'nms_keep_03'],
  ])('NMS at %d keeps these boxes in this order', (threshold, name) => {
    const boxes = rowsOf('nms_boxes') as unknown as InclusiveBox[];
    expect(suppressOverlaps(boxes, rowsOf('nms_scores').flat(), threshold)).toEqual(rowsOf(name).flat());
  });

  it('the grid lies in the middles of equal parts', () => {
    for (const [i, { x, y }] of pointGrid(5).entries()) {
      const [expectedX, expectedY] = rowsOf('grid_5')[i]!;
      expect(x).toBeCloseTo(expectedX!, 12);
      expect(y).toBeCloseTo(expectedY!, 12);
    }
  });

  it('crops come layer by layer', () => {
    const crops = cropsOf(210, 150, 2, publishedParameters.cropOverlapRatio);
    expect(crops.map(({ box }) => box)).toEqual(rowsOf('crop_boxes_150x210_2'));
    expect(crops.map(({ layer }) => layer)).toEqual(rowsOf('crop_layers').flat());
  });

  it('a box near an edge of its crop is told from one near the edge of the image', () => {
    const boxes = rowsOf('nms_boxes') as unknown as InclusiveBox[];
    const near = boxes.map((box) => (isNearCropEdge(box, [0, 0, 60, 60], [0, 0, 90, 90]) ? 1 : 0));
    expect(near).toEqual(rowsOf('near_edge').flat());
  });

  it.each([5, 40, 400])('holes and islands below %d px go', (area) => {
    const [mask] = masks();
    const holes = planeOf(fillSmallHoles(mask!, widthPx, heightPx, area), widthPx, heightPx);
    expect(holes).toEqual(arrays.get(`holes_${area}`)!.data);
    const islands = planeOf(removeIslands(mask!, area), widthPx, heightPx);
    expect(islands).toEqual(arrays.get(`islands_${area}`)!.data);
  });

  it('RLE has these runs', () => {
    const references = JSON.parse(readFileSync(join(folder, 'rle.json'), 'utf8')) as ReferenceRecord['segmentation'][];
    for (const [i, mask] of masks().entries()) {
      const runs = maskToRuns(mask, heightPx, widthPx);
      expect(runs).toEqual(references[i]!.counts);
      expect(decompressRuns(compressRuns(runs))).toEqual(runs);
    }
  });
});
