import type { PixelPlane } from '../predictor/pixels.ts';
import type { PredictedMask, Predictor } from '../predictor/predictor.ts';
import { ModelError } from './modelError.ts';

/**
 * What a model makes of one synthetic picture, in a few numbers: enough to tell whether it still computes what it did
 * when it was added, whatever its masks mean. Mean and root mean square stand for a whole tensor.
 */
export interface SmokeFigures {
  embedding: Moments;
  prompts: SmokePrompt[];
}

export interface SmokePrompt {
  /** 'click inside' … */
  prompt: string;
  candidates: SmokeCandidate[];
}

export interface SmokeCandidate {
  predictedIou: number;
  /** Of the picture, 0..1. */
  areaShare: number;
  logits: Moments;
}

export interface Moments {
  mean: number;
  rms: number;
}

const widthPx = 256;
const heightPx = 192;
const disc = { x: 104, y: 88, radius: 46 };
/** In the middle of the picture's disc, and on its ground. */
export const smokePoints = [
  { x: disc.x, y: disc.y },
  { x: 216, y: 150 },
];

/**
 * Single clicks only: their candidates are the decoder's own tokens. Where candidates that repeat one another are left
 * out, as for a box, a rounding error could leave out another one; of the box only the best is looked at.
 */
const prompts = [
  { name: 'click inside', points: [{ x: disc.x, y: disc.y, label: 1 as const }], box: null, kept: 3 },
  { name: 'click outside', points: [{ x: 216, y: 150, label: 1 as const }], box: null, kept: 3 },
  { name: 'box', points: [], box: { x0: 58, y0: 42, x1: 150, y1: 134 }, kept: 1 },
];

/** @throws ModelError inference-failed; model-invalid where the model gives numbers that are none. */
export async function runSmokePrediction(predictor: Predictor): Promise<SmokeFigures> {
  const embedding = await predictor.encodeImage(smokePicture(), [0, 255]);
  const figures: SmokeFigures = {
    embedding: momentsOf(Object.values(embedding.tensors).map(({ data }) => data)),
    prompts: [],
  };
  for (const { name, points, box, kept } of prompts) {
    const { candidates } = await predictor.predict(embedding, { points, box, mask: null });
    figures.prompts.push({ prompt: name, candidates: candidates.slice(0, kept).map(figuresOf) });
  }
  if (!allFinite(figures)) {
    const { name } = predictor.model.description;
    throw new ModelError('model-invalid', `The model ${name} gives numbers that are none (NaN or infinite).`, {
      path: predictor.model.folder,
      remedy: 'Add it anew from its checkpoint, as fp32 if it was made as fp16.',
    });
  }
  return figures;
}

function figuresOf({ mask, predictedIou, lowRes }: PredictedMask): SmokeCandidate {
  const area = mask.data.reduce((sum, value) => sum + value, 0);
  return { predictedIou, areaShare: area / (widthPx * heightPx), logits: momentsOf([lowRes.logits]) };
}

/** In double precision, over all arrays as if they were one. */
function momentsOf(arrays: readonly Float32Array[]): Moments {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const array of arrays) {
    count += array.length;
    for (const value of array) {
      sum += value;
      squares += value * value;
    }
  }
  return { mean: sum / count, rms: Math.sqrt(squares / count) };
}

function allFinite({ embedding, prompts }: SmokeFigures): boolean {
  const candidates = prompts.flatMap((prompt) => prompt.candidates);
  return [
    ...[embedding.mean, embedding.rms],
    ...candidates.flatMap(({ predictedIou, logits }) => [predictedIou, logits.mean, logits.rms]),
  ].every(Number.isFinite);
}

/** A bright disc on a ground that grows lighter to the right, with a coarse texture: flat ground would hide much. */
export function smokePicture(): PixelPlane {
  const data = new Uint8Array(widthPx * heightPx);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const inside = Math.hypot(x + 0.5 - disc.x, y + 0.5 - disc.y) < disc.radius;
      data[y * widthPx + x] = (inside ? 170 : 40) + (x >> 3) + ((x * 5 + y * 11) % 17);
    }
  }
  return { widthPx, heightPx, samples: 1, data };
}
