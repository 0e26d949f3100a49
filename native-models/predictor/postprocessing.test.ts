import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Bbox, maskBbox } from '../masks/mask.ts';
import { maskToRuns } from '../masks/rle.ts';
import type { Preparation } from '../packages/description.ts';
import { maskOfLogits, upscaling } from './maskOfLogits.ts';
import { type ImageToModel, imageToModel, lowResExtent, type Point } from './spaces.ts';
import { stabilityScore } from './stability.ts';
import { fixtureFolder, hasFixture } from './testing.ts';

/**
 * The published automatic mask generator was run with a formula in place of its network, so that each of its records
 * tells which low-res logits became which mask (shared/fixtures/README.md: `automatic`).
 */
interface Records {
  image_hw: [number, number];
  model_input_size: number;
  low_res_size: number;
  discs_x_y_r: [number, number, number][];
  cases: Record<string, { records: MaskRecord[] }>;
}

interface MaskRecord {
  segmentation: { size: [number, number]; counts: number[] };
  bbox: Bbox;
  predicted_iou: number;
  point_coords: [[number, number]];
  stability_score: number;
  crop_box: Bbox;
}

interface Disc {
  x: number;
  y: number;
  radius: number;
  /** Logits fall by this much a pixel. */
  slope: number;
}

const fixture = join(fixtureFolder, 'automatic', 'records.json');

/** The three discs that the formula answers a point with, by their predicted IoU. */
function candidatesAt({ x, y }: Point, discs: Records['discs_x_y_r']): (Disc & { predictedIou: number })[] {
  const hits = discs
    .map(([cx, cy, radius], index) => ({ x: cx, y: cy, radius, index, depth: Math.hypot(x - cx, y - cy) - radius }))
    .filter(({ depth }) => depth <= 0)
    .sort((a, b) => a.depth - b.depth);
  const [hit] = hits;
  const disc = hit ?? { x, y, radius: 5 };
  const quality = hit ? 0.95 - 0.002 * hit.index : 0.6;
  return [
    { ...disc, radius: disc.radius, slope: 0.9, predictedIou: quality },
    { ...disc, radius: disc.radius * 0.55, slope: 0.9, predictedIou: quality - 0.05 },
    { ...disc, radius: disc.radius * 1.6, slope: 0.25, predictedIou: quality - 0.12 },
  ];
}

/** Low-res logits of a disc in a crop at (left, top) of the image, which the transform takes for its plane. */
function discLogits({ x, y, radius, slope }: Disc, [left, top]: Bbox, side: number, transform: ImageToModel) {
  const scaleX = transform.widthModel / transform.widthImage;
  const scaleY = transform.heightModel / transform.heightImage;
  return Float32Array.from({ length: side * side }, (_, index) => {
    const u = left + (((index % side) + 0.5) * 4) / scaleX;
    const v = top + ((Math.floor(index / side) + 0.5) * 4) / scaleY;
    return Math.min(Math.max((radius - Math.hypot(u - x, v - y)) * slope, -12), 12);
  });
}

describe.skipIf(!hasFixture('automatic'))('from low-res logits to masks', () => {
  const { image_hw, model_input_size, low_res_size, discs_x_y_r, cases } = hasFixture('automatic')
    ? (JSON.parse(readFileSync(fixture, 'utf8')) as Records)
    : ({ cases: {} } as Records);
  const preparation = { resize: 'longest-side' } as Preparation;

  /** Low-res logits that gave a record, and the transform of its crop. */
  function logitsOf({ point_coords: [[x, y]], crop_box, predicted_iou }: MaskRecord) {
    const [, , width, height] = crop_box;
    const transform = imageToModel(width, height, { inputSize: model_input_size, preparation });
    const disc = candidatesAt({ x, y }, discs_x_y_r).find(
      ({ predictedIou }) => Math.abs(predictedIou - predicted_iou) < 1e-4,
    )!;
    return { transform, disc, logits: discLogits(disc, crop_box, low_res_size, transform) };
  }

  it.each(['grid', 'strict_nms', 'crops'])('the masks are the published ones: %s', (name) => {
    const { records } = cases[name]!;
    expect(records.length).toBeGreaterThan(10);
    for (const record of records) {
      const { transform, logits } = logitsOf(record);
      const inCrop = maskOfLogits(logits, upscaling(transform, low_res_size), 0);
      const mask = { ...inCrop, x: inCrop.x + record.crop_box[0], y: inCrop.y + record.crop_box[1] };
      expect(maskToRuns(mask, ...image_hw)).toEqual(record.segmentation.counts);
      // The published boxes end at the last pixel's own coordinate, ours behind it.
      const [x, y, width, height] = record.bbox;
      expect(maskBbox(mask)).toEqual([x, y, width + 1, height + 1]);
    }
  });

  it.each(['grid', 'strict_nms', 'crops'])('the stability agrees but for cells at the border: %s', (name) => {
    for (const record of cases[name]!.records) {
      const { transform, disc, logits } = logitsOf(record);
      const extent = lowResExtent(transform, low_res_size);
      const difference = Math.abs(stabilityScore(logits, extent, 0) - record.stability_score);
      // Cells at the border are to all cells as the radius to its square.
      const radiusCells = (disc.radius * transform.widthModel) / transform.widthImage / 4;
      expect(difference).toBeLessThan(0.5 / radiusCells);
      if (radiusCells > 8) expect(difference).toBeLessThan(0.03);
    }
  });
});
