import type { PixelPlane, ValueRange } from '../predictor/pixels.ts';
import { filterMasks, type MaskFilters } from './filterMasks.ts';
import { type AutomaticRun, type GeneratedMasks, generateMasks } from './generateMasks.ts';
import { greyPlaneOf } from './greyPlane.ts';
import { type ImagePointOptions, imagePoints } from './imagePoints.ts';
import { type BatchPredictor, ModelDecoder } from './modelDecoder.ts';
import type { AutomaticParameters } from './parameters.ts';

/** How the masks of a plane are found. */
export interface AutomaticSettings {
  /** Points from the image itself; null: the published grid of `parameters`. */
  imagePoints: ImagePointOptions | null;
  parameters: AutomaticParameters;
  filters: MaskFilters;
}

export interface SegmentedPlane extends GeneratedMasks {
  /** Milliseconds inside the encoder, of all crops. */
  encodeMs: number;
}

/** Longest side of the picture that points are made from: enough for objects of some 8 px in 4096. */
const pictureSide = 512;

/**
 * Masks of everything in a plane, by a model and settings. `valueRange` are the sample values that become black and
 * white.
 */
export async function segmentPlane(
  predictor: BatchPredictor,
  plane: PixelPlane,
  valueRange: ValueRange,
  settings: AutomaticSettings,
  run: Omit<AutomaticRun, 'points'> = {},
): Promise<SegmentedPlane> {
  const { widthPx, heightPx } = plane;
  const decoder = new ModelDecoder(predictor, plane, valueRange);
  const points = settings.imagePoints
    ? { points: imagePoints(greyPlaneOf(plane, valueRange, pictureSide), settings.imagePoints) }
    : {};
  const { records, prompts } = await generateMasks(widthPx, heightPx, decoder, settings.parameters, {
    ...run,
    ...points,
  });
  return {
    records: filterMasks(records, widthPx, heightPx, settings.filters),
    prompts,
    encodeMs: decoder.encodeMs,
  };
}
