import type { PixelPlane, ValueRange } from '../predictor/pixels.ts';
import { partedPlane, PromptedPlane } from '../predictor/promptedPlane.ts';
import type { Predictor } from '../predictor/predictor.ts';
import { evaluateObject, type MeasuredObject, type ObjectFigures } from './evaluateObject.ts';
import { chooseObjects, type LabelImage } from './labelObjects.ts';

/** What is measured of a model. */
export type PromptableModel = Pick<Predictor, 'encodeImage' | 'predict'>;

export interface EvaluationOptions {
  /** Most objects an image. */
  objects: number;
  /** Most clicks an object. */
  clicks: number;
  /** Of the choice of objects. */
  seed: number;
  /** Whether small objects are looked at closely, as the workbench does it. */
  closeUps: boolean;
}

export const defaultEvaluation: EvaluationOptions = { objects: 60, clicks: 20, seed: 0, closeUps: true };

export interface ImageFigures {
  objects: ObjectFigures[];
  encodeMs: number;
}

/** One micrograph with its ground truth. `valueRange` are the sample values that become black and white. */
export interface EvaluationImage {
  plane: PixelPlane;
  valueRange: ValueRange;
  /** As large as the plane. */
  labels: LabelImage;
}

/**
 * Measures a model on one image; null when no object of the image is large enough. `onObject` is shown each object
 * with its masks, which are not kept.
 */
export async function evaluateImage(
  model: PromptableModel,
  { plane, valueRange, labels }: EvaluationImage,
  { objects, clicks, seed, closeUps }: EvaluationOptions,
  onObject?: (measured: MeasuredObject) => void,
): Promise<ImageFigures | null> {
  const chosen = chooseObjects(labels, objects, seed);
  if (chosen.length === 0) return null;
  const started = performance.now();
  const embedding = await model.encodeImage(plane, valueRange);
  const encodeMs = performance.now() - started;
  const figures: ObjectFigures[] = [];
  const prompted = new PromptedPlane(model, partedPlane(plane), valueRange, embedding, closeUps);
  for (const object of chosen) {
    const measured = await evaluateObject((prompt, refined) => prompted.predict(prompt, refined), object, clicks);
    figures.push(measured.figures);
    onObject?.(measured);
  }
  return { objects: figures, encodeMs };
}
