import { decodeRle, encodeRle } from '../masks/rle.ts';
import { maskOfLogits, type Upscaling, upscaling } from '../predictor/maskOfLogits.ts';
import type { Point } from '../predictor/spaces.ts';
import { isNearCropEdge } from './cropEdge.ts';
import { type Crop, cropArea, type CropBox, cropsOf } from './crops.ts';
import { type FoundMask, recordOf } from './foundMask.ts';
import { pointGrid, pointsPerSideOf } from './grid.ts';
import { inclusiveBox } from './inclusiveBox.ts';
import { suppressOverlaps } from './nms.ts';
import type { AutomaticParameters } from './parameters.ts';
import type { PromptDecoder } from './promptDecoder.ts';
import type { MaskRecord } from './record.ts';
import { removeSmallRegions } from './smallRegions.ts';
import { onSpecimen } from './specimenRows.ts';
import { stabilityOfImage } from './stabilityOfImage.ts';

export interface AutomaticProgress {
  /** Of the points, 0..1. */
  fraction: number;
  /** Masks that passed so far, with those that later go as duplicates. */
  masks: number;
}

export interface AutomaticRun {
  /** In image space, in place of the grids; a crop takes those that lie in it. */
  points?: readonly Point[];
  /** Rows of the image, from its top, in which points lie and masks end; left out: all. */
  specimenRows?: number;
  signal?: AbortSignal;
}

export interface GeneratedMasks {
  /** In the reference's order: best predicted IoU first, with crops those of the smallest crops first. */
  records: MaskRecord[];
  /** Points that were decoded. */
  prompts: number;
}

/**
 * Masks of everything in an image of `widthPx` × `heightPx`: a grid of clicks on the image and on its crops, the good
 * and stable answers, each object once (segment_anything/automatic_mask_generator.py; Kirillov et al. 2023,
 * arXiv:2304.02643, section 4 and appendix B). An answer without a pixel is no mask; the reference keeps these where
 * the stability filter is off.
 * @yields after each batch: who runs it may do something else in between, or stop.
 * @throws the signal's reason, between two batches.
 */
export async function* generateMasks(
  widthPx: number,
  heightPx: number,
  decoder: PromptDecoder,
  parameters: AutomaticParameters,
  { points, specimenRows = heightPx, signal }: AutomaticRun = {},
): AsyncGenerator<AutomaticProgress, GeneratedMasks> {
  const crops = cropsOf(widthPx, heightPx, parameters.cropLayers, parameters.cropOverlapRatio);
  const prompted = crops.map((crop) => ({
    box: crop.box,
    points: (points ? pointsWithin(points, crop.box) : gridOf(crop, parameters)).filter(
      ({ y }) => y + crop.box[1] < specimenRows,
    ),
  }));
  const prompts = prompted.reduce((sum, { points }) => sum + points.length, 0);
  const found: FoundMask[] = [];
  let done = 0;
  for (const { box, points } of prompted) {
    if (points.length === 0) continue;
    const ofCrop: FoundMask[] = [];
    const steps = cropMasks({ widthPx, heightPx, specimenRows }, decoder, parameters, box, points, signal);
    for await (const { masks, decoded } of steps) {
      ofCrop.push(...masks);
      done += decoded;
      yield { fraction: done / prompts, masks: found.length + ofCrop.length };
    }
    const ious = ofCrop.map(({ predictedIou }) => predictedIou);
    found.push(...withoutOverlaps(ofCrop, ious, parameters.boxNmsThreshold));
  }
  const smallestCropFirst = found.map(({ crop }) => 1 / cropArea(crop));
  const each = crops.length > 1 ? withoutOverlaps(found, smallestCropFirst, parameters.cropNmsThreshold) : found;
  const tidy = parameters.minRegionAreaPx > 0 ? withoutSmallRegions(each, widthPx, heightPx, parameters) : each;
  return { records: tidy.map(recordOf), prompts };
}

/** Of a crop, in its pixels. */
function gridOf({ box: [x0, y0, x1, y1], layer }: Crop, parameters: AutomaticParameters): Point[] {
  const perSide = pointsPerSideOf(layer, parameters.pointsPerSide, parameters.cropPointsDownscale);
  return pointGrid(perSide).map(({ x, y }) => ({ x: x * (x1 - x0), y: y * (y1 - y0) }));
}

/** Those of the image's points that lie in a crop, in its pixels. */
function pointsWithin(points: readonly Point[], [x0, y0, x1, y1]: CropBox): Point[] {
  return points
    .filter(({ x, y }) => x >= x0 && x < x1 && y >= y0 && y < y1)
    .map(({ x, y }) => ({ x: x - x0, y: y - y0 }));
}

/** Batch by batch what passes the filters. */
async function* cropMasks(
  { widthPx, heightPx, specimenRows }: { widthPx: number; heightPx: number; specimenRows: number },
  decoder: PromptDecoder,
  parameters: AutomaticParameters,
  crop: CropBox,
  points: readonly Point[],
  signal: AbortSignal | undefined,
): AsyncGenerator<{ masks: FoundMask[]; decoded: number }> {
  signal?.throwIfAborted();
  const { maskSize, maskThreshold, maskResample } = decoder.masks;
  const encoded = await decoder.encodeCrop(crop);
  const tables = upscaling(encoded.transform, maskSize, maskResample);
  const size = Math.min(parameters.pointsPerBatch, decoder.maxBatch);
  const [left, top] = crop;
  for (let from = 0; from < points.length; from += size) {
    signal?.throwIfAborted();
    const batch = points.slice(from, from + size);
    const answers = await encoded.decode(batch);
    const masks: FoundMask[] = [];
    for (const [i, { x, y }] of batch.entries()) {
      const point = { x: x + left, y: y + top };
      for (const { logits, predictedIou } of answers[i]!) {
        if (!isGood(predictedIou, parameters)) continue;
        const cut = cutMask(logits, tables, maskThreshold, parameters);
        if (!cut) continue;
        const mask = onSpecimen({ ...cut.mask, x: cut.mask.x + left, y: cut.mask.y + top }, specimenRows);
        if (!mask) continue;
        const box = inclusiveBox(mask);
        if (isNearCropEdge(box, crop, [0, 0, widthPx, heightPx])) continue;
        masks.push({
          rle: encodeRle(mask, heightPx, widthPx),
          box,
          predictedIou,
          stability: cut.stability,
          point,
          crop,
        });
      }
    }
    yield { masks, decoded: batch.length };
  }
}

/** Compared in float32, as the reference does; a threshold of 0 lets all pass. */
function isGood(predictedIou: number, { predictedIouThreshold }: AutomaticParameters): boolean {
  return !(predictedIouThreshold > 0) || predictedIou > Math.fround(predictedIouThreshold);
}

/** null for an unstable or empty mask. */
function cutMask(logits: Float32Array, tables: Upscaling, maskThreshold: number, parameters: AutomaticParameters) {
  const { stabilityThreshold, stabilityOffset } = parameters;
  const stability = stabilityOfImage(logits, tables, maskThreshold, stabilityOffset);
  if (stabilityThreshold > 0 && !(stability >= Math.fround(stabilityThreshold))) return null;
  const mask = maskOfLogits(logits, tables, maskThreshold);
  return mask.width === 0 ? null : { mask, stability };
}

function withoutOverlaps(masks: readonly FoundMask[], scores: readonly number[], threshold: number): FoundMask[] {
  const boxes = masks.map(({ box }) => box);
  return suppressOverlaps(boxes, scores, threshold).map((index) => masks[index]!);
}

/** Duplicates that come of the change go; a mask that did not need it stays before one that did. */
function withoutSmallRegions(
  masks: readonly FoundMask[],
  widthPx: number,
  heightPx: number,
  { minRegionAreaPx, boxNmsThreshold, cropNmsThreshold }: AutomaticParameters,
): FoundMask[] {
  const tidied = masks.map((found) => {
    const mask = decodeRle(found.rle);
    const tidy = removeSmallRegions(mask, widthPx, heightPx, minRegionAreaPx);
    if (tidy === mask) return found;
    return { ...found, rle: encodeRle(tidy, heightPx, widthPx), box: inclusiveBox(tidy) };
  });
  const scores = tidied.map((found, i) => (found === masks[i] ? 1 : 0));
  return withoutOverlaps(tidied, scores, Math.max(boxNmsThreshold, cropNmsThreshold));
}
