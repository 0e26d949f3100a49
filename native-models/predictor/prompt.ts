import type { ModelDescription } from '../packages/description.ts';
import type { LowResClick } from './chooseTokens.ts';
import type { LowResMask } from './moveLogits.ts';
import { type ImageToModel, type Point, pointToModel } from './spaces.ts';

/** What a user points at, in image space. At least a point or a box. */
export interface Prompt {
  /** 1 positive, 0 negative. */
  points: readonly (Point & { label: 0 | 1 })[];
  box: { x0: number; y0: number; x1: number; y1: number } | null;
  /** An earlier candidate of the same image; null: none. */
  mask: LowResMask | null;
}

/** Labels of the prompt encoder (segment-anything, modeling/prompt_encoder.py). */
const boxTopLeft = 2;
const boxBottomRight = 3;
const padding = -1;

export interface PromptTensors {
  /** B, the number of prompts. */
  count: number;
  /** [B, N, 2], pixels of model space. */
  coords: Float32Array;
  /** [B, N] */
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
  return tensorsOf(points, 1);
}

/** A box in image space, and perhaps a place in it that surely is the object. */
export interface BoxPrompt {
  box: NonNullable<Prompt['box']>;
  point: Point | null;
}

/** Boxes, each a prompt for itself as {@link promptTensors} has it. All have a point or none has. */
export function boxTensors(
  prompts: readonly BoxPrompt[],
  transform: ImageToModel,
  family: ModelDescription['family'],
): PromptTensors {
  const each = prompts.map(({ box, point }) =>
    promptTensors({ box, points: point ? [{ ...point, label: 1 }] : [], mask: null }, transform, family),
  );
  return {
    count: each.length,
    coords: Float32Array.from(each.flatMap(({ coords }) => [...coords])),
    labels: Float32Array.from(each.flatMap(({ labels }) => [...labels])),
  };
}

/** Clicks in image space, each a prompt for itself: with its padding point, as {@link promptTensors} has one click. */
export function clickTensors(points: readonly Point[], transform: ImageToModel): PromptTensors {
  const padded = points.flatMap((point): [Point, number][] => [
    [pointToModel(transform, point), 1],
    [{ x: 0, y: 0 }, padding],
  ]);
  return tensorsOf(padded, points.length);
}

function tensorsOf(points: readonly (readonly [Point, label: number])[], count: number): PromptTensors {
  return {
    count,
    coords: Float32Array.from(points.flatMap(([{ x, y }]) => [x, y])),
    labels: Float32Array.from(points.map(([, label]) => label)),
  };
}

/** A single click leaves open whether the part or the whole is meant (SAM, section 3, "Resolving ambiguity"). */
export function isAmbiguous(prompt: Prompt): boolean {
  return prompt.points.length === 1 && prompt.box === null && prompt.mask === null;
}

/** The clicks that lie on what is encoded, as cells of the low-res logits. */
export function lowResClicks(prompt: Prompt, transform: ImageToModel, lowSide: number): LowResClick[] {
  const perCell = transform.inputSize / lowSide;
  return prompt.points.flatMap(({ x, y, label }) => {
    const { origin, widthImage, heightImage } = transform;
    if (x < origin.x || y < origin.y || x >= origin.x + widthImage || y >= origin.y + heightImage) return [];
    const model = pointToModel(transform, { x, y });
    const [column, row] = [Math.floor(model.x / perCell), Math.floor(model.y / perCell)];
    return column < lowSide && row < lowSide ? [{ cell: row * lowSide + column, label }] : [];
  });
}
