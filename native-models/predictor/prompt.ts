import type { ModelDescription } from '../packages/description.ts';
import { type ImageToModel, type Point, pointToModel } from './spaces.ts';

/** What a user points at, in image space. At least a point or a box. */
export interface Prompt {
  /** 1 positive, 0 negative. */
  points: readonly (Point & { label: 0 | 1 })[];
  box: { x0: number; y0: number; x1: number; y1: number } | null;
  /** Low-res logits of an earlier candidate of the same image, as the decoder gave them; null: none. */
  mask: Float32Array | null;
}

/** Labels of the prompt encoder (segment-anything, modeling/prompt_encoder.py). */
const boxTopLeft = 2;
const boxBottomRight = 3;
const padding = -1;

export interface PromptTensors {
  /** [1, N, 2], pixels of model space. */
  coords: Float32Array;
  /** [1, N] */
  labels: Float32Array;
}

/**
 * Prompt tensors as segment-anything's exported decoder wants them: the clicks, then the box as two corner points, or
 * one padding point where there is no box. SAM 2 has seen the padding point beside a box, too
 * (sam2/modeling/sam/prompt_encoder.py: the box comes as points).
 */
export function promptTensors(
  prompt: Prompt,
  transform: ImageToModel,
  family: ModelDescription['family'],
): PromptTensors {
  const points: [Point, number][] = prompt.points.map((point) => [pointToModel(transform, point), point.label]);
  if (prompt.box) {
    const { x0, y0, x1, y1 } = prompt.box;
    points.push([pointToModel(transform, { x: x0, y: y0 }), boxTopLeft]);
    points.push([pointToModel(transform, { x: x1, y: y1 }), boxBottomRight]);
  }
  if (!prompt.box || family === 'sam2') points.push([{ x: 0, y: 0 }, padding]);
  return {
    coords: Float32Array.from(points.flatMap(([{ x, y }]) => [x, y])),
    labels: Float32Array.from(points.map(([, label]) => label)),
  };
}

/** A single click leaves open whether the part or the whole is meant (SAM, section 3, "Resolving ambiguity"). */
export function isAmbiguous(prompt: Prompt): boolean {
  return prompt.points.length === 1 && prompt.box === null && prompt.mask === null;
}
