import { cropPlane } from '../predictor/cropPlane.ts';
import type { PixelPlane, ValueRange } from '../predictor/pixels.ts';
import type { ExtractOptions } from './extract/microstructure.ts';
import { filterMasks, type MaskFilters } from './filterMasks.ts';
import { type AutomaticProgress, type AutomaticRun, type GeneratedMasks, generateMasks } from './generateMasks.ts';
import { lastOf } from './lastOf.ts';
import { greyPlaneOf } from './greyPlane.ts';
import { type ImagePointOptions, imagePoints } from './imagePoints.ts';
import { type BatchPredictor, ModelDecoder } from './modelDecoder.ts';
import type { AutomaticParameters } from './parameters.ts';
import type { MaskRecord } from './record.ts';

/** How the masks of a plane are found. */
export interface AutomaticSettings {
  /** Points from the image itself; null: the published grid of `parameters`. */
  imagePoints: ImagePointOptions | null;
  parameters: AutomaticParameters;
  filters: MaskFilters;
  /** Rows of the plane, from its top, that show the specimen; below is what an instrument wrote. Left out: all. */
  specimenRows?: number;
  /** How regions are extracted from the masks, where that is asked for; the usual way if left out. */
  extract?: ExtractOptions;
}

export interface SegmentedPlane extends GeneratedMasks {
  /** The records, and masks whose borders are not visible enough: what tells the ground in an extraction. */
  pieces: MaskRecord[];
  /** Milliseconds inside the encoder, of all crops. */
  encodeMs: number;
}

/** Longest side of the picture that points are made from and borders are looked at in: enough for objects of some 8 px in 4096. */
const pictureSide = 512;

export interface SegmentRun {
  onProgress?: (progress: AutomaticProgress) => void;
  signal?: AbortSignal;
}

/** {@link segmentSteps} in one go. */
export function segmentPlane(
  predictor: BatchPredictor,
  plane: PixelPlane,
  valueRange: ValueRange,
  settings: AutomaticSettings,
  { onProgress, signal }: SegmentRun = {},
): Promise<SegmentedPlane> {
  return lastOf(segmentSteps(predictor, plane, valueRange, settings, signal ? { signal } : {}), onProgress);
}

/**
 * Masks of everything in a plane, by a model and settings, batch by batch. `valueRange` are the sample values that become
 * black and white.
 */
export async function* segmentSteps(
  predictor: BatchPredictor,
  plane: PixelPlane,
  valueRange: ValueRange,
  settings: AutomaticSettings,
  run: Pick<AutomaticRun, 'signal'> = {},
): AsyncGenerator<AutomaticProgress, SegmentedPlane> {
  const { widthPx, heightPx } = plane;
  const decoder = new ModelDecoder(predictor, plane, valueRange);
  const { specimenRows = heightPx } = settings;
  const picture = greyPlaneOf(cropPlane(plane, [0, 0, widthPx, specimenRows]), valueRange, pictureSide);
  const points = settings.imagePoints ? { points: imagePoints(picture, settings.imagePoints) } : {};
  const { records, prompts } = yield* generateMasks(widthPx, heightPx, decoder, settings.parameters, {
    ...run,
    ...points,
    specimenRows,
  });
  const { filters } = settings;
  const seen = filterMasks(records, picture, filters);
  return {
    records: seen,
    pieces: filters.minBorderEdge > 0 ? filterMasks(records, picture, { ...filters, minBorderEdge: 0 }) : seen,
    prompts,
    encodeMs: decoder.encodeMs,
  };
}
