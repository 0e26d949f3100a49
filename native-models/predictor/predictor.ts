import type { Mask } from '../masks/mask.ts';
import type { ModelDescription } from '../packages/description.ts';
import { ModelError } from '../packages/modelError.ts';
import { type ModelPackage, verifyModelPackage } from '../packages/modelPackage.ts';
import type { DeviceInfo, DevicePlan, Provider } from '../runtime/device.ts';
import { type ModelSessions, openSessions, type SessionNeeds } from '../runtime/sessions.ts';
import { addHqToken } from './addHqToken.ts';
import { chooseTokens, type TokenMask } from './chooseTokens.ts';
import { batchOf } from './decoderBatch.ts';
import { type FloatTensor, fromOrtTensor, type ImageEmbedding, toOrtTensor } from './embedding.ts';
import { maskOfLogits, type Upscaling, upscaling } from './maskOfLogits.ts';
import { type LowResMask, moveLogits } from './moveLogits.ts';
import type { PixelPlane, ValueRange } from './pixels.ts';
import { pictureOfInput, prepareImage } from './prepareImage.ts';
import {
  type BoxPrompt,
  boxTensors,
  clickTensors,
  isAmbiguous,
  lowResClicks,
  type Prompt,
  type PromptTensors,
  promptTensors,
} from './prompt.ts';
import { type ImageToModel, imageToModel, lowResExtent, type Point } from './spaces.ts';
import { stabilityScore } from './stability.ts';

/** One of at most three answers to a prompt. */
export interface PredictedMask {
  /** Full resolution, tight window, never empty. */
  mask: Mask;
  predictedIou: number;
  stability: number;
  /** The mask prompt of a refinement. */
  lowRes: LowResMask;
}

export interface PredictedMasks {
  /** Best predicted IoU first; a token whose mask is empty is left out, so there may be none. */
  candidates: PredictedMask[];
  /** Milliseconds inside the decoder. */
  decodeMs: number;
}

/**
 * A promptable model: set the image, then prompt (segment-anything, predictor.py).
 * @throws ModelError model-invalid: altered or incomplete files; inference-failed: no provider opens it.
 */
export async function openPredictor(
  model: ModelPackage,
  wanted: DevicePlan | Provider,
  needs: SessionNeeds = {},
): Promise<Predictor> {
  await verifyModelPackage(model);
  return new Predictor(model, await openSessions(model, wanted, needs));
}

export class Predictor {
  readonly model: ModelPackage;
  readonly #sessions: ModelSessions;
  readonly #description: ModelDescription;
  readonly #lowSide: number;
  /** Zeros for the largest batch so far, in place of masks. */
  #zeros = new Float32Array(0);
  #upscaling: { transform: ImageToModel; tables: Upscaling } | null = null;

  constructor(model: ModelPackage, sessions: ModelSessions) {
    this.model = model;
    this.#sessions = sessions;
    this.#description = model.description;
    this.#lowSide = model.description.maskSize;
  }

  /** Changes when it fails and another takes its place. */
  get device(): DeviceInfo {
    return this.#sessions.device;
  }

  /** Most clicks that {@link predictBatch} takes: 1 for decoders whose graph fixes the batch. */
  get maxBatch(): number {
    return batchOf(this.#sessions.decoder) ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Runs the encoder on a plane, or on a part of one that begins at `origin`; either may have been reduced. Prompts and
   * masks are in image space all the same. `valueRange` are the sample values that become black and white.
   */
  async encodeImage(plane: PixelPlane, valueRange: ValueRange, origin?: Point): Promise<ImageEmbedding> {
    const { inputSize, preparation } = this.#description;
    const { widthPx, heightPx } = plane.sizeImage ?? plane;
    const transform = imageToModel(widthPx, heightPx, this.#description, origin);
    const data = prepareImage(plane, valueRange, transform, preparation);
    const image: FloatTensor = { dims: [1, 3, inputSize, inputSize], data };
    return { tensors: await this.#run('encoder', { image }, this.#sessions.encoder.outputNames), transform };
  }

  /** What {@link encodeImage} gives the encoder, as people see it: 8 bits, before normalisation, without padding. */
  showInput(plane: PixelPlane, valueRange: ValueRange): PixelPlane {
    const { preparation } = this.#description;
    const { widthPx, heightPx } = plane.sizeImage ?? plane;
    const transform = imageToModel(widthPx, heightPx, this.#description);
    return pictureOfInput(prepareImage(plane, valueRange, transform, preparation), transform, preparation);
  }

  /** Runs the decoder on one prompt. Points may lie outside the plane; they count where they are. */
  async predict(embedding: ImageEmbedding, prompt: Prompt): Promise<PredictedMasks> {
    const started = performance.now();
    const tensors = promptTensors(prompt, embedding.transform, this.#description.family);
    const { transform } = embedding;
    const maskPrompt = prompt.mask && moveLogits(prompt.mask, transform, this.#lowSide);
    const [decoded = []] = await this.#decode(embedding, tensors, maskPrompt);
    const decodeMs = performance.now() - started;
    const { maskThreshold, hqToken } = this.#description;
    const tokens = hqToken === undefined ? decoded : addHqToken(decoded, hqToken, isAmbiguous(prompt));
    const tables = this.#upscalingOf(transform);
    const extent = lowResExtent(transform, this.#lowSide);
    const candidates: PredictedMask[] = [];
    const clicks = lowResClicks(prompt, transform, this.#lowSide);
    const chosen = chooseTokens(tokens, isAmbiguous(prompt), maskThreshold, extent, clicks);
    for (const { logits: view, predictedIou } of chosen) {
      // A copy, so that a kept candidate does not keep the logits of all tokens alive.
      const logits = view.slice();
      const part = maskOfLogits(logits, tables, maskThreshold);
      if (part.width === 0) continue;
      const mask = { ...part, x: part.x + transform.origin.x, y: part.y + transform.origin.y };
      const stability = stabilityScore(logits, extent, maskThreshold);
      candidates.push({ mask, predictedIou, stability, lowRes: { logits, transform } });
    }
    return { candidates, decodeMs };
  }

  /**
   * Runs the decoder once on many clicks, each a positive one for itself, in image space. For each click the tokens
   * that answer an ambiguous prompt, in the decoder's order and uncut: nothing is enlarged here. Logits may be views of
   * one array of the whole batch; who keeps some copies them.
   */
  async predictBatch(embedding: ImageEmbedding, points: readonly Point[]): Promise<TokenMask[][]> {
    if (points.length === 0) return [];
    const { hqToken } = this.#description;
    const decoded = await this.#decode(embedding, clickTensors(points, embedding.transform), null);
    return decoded.map((tokens) => {
      const answers = hqToken === undefined ? tokens : addHqToken(tokens, hqToken, true);
      return answers.length > 1 ? answers.filter(({ token }) => token > 0) : answers;
    });
  }

  /**
   * As {@link predictBatch} with boxes, each for itself; all have a point or none has. For each box all tokens, of which
   * the single-mask one (0, where the decoder has several) is the one that was trained for such a prompt.
   */
  async predictBoxes(embedding: ImageEmbedding, prompts: readonly BoxPrompt[]): Promise<TokenMask[][]> {
    if (prompts.length === 0) return [];
    const { hqToken, family } = this.#description;
    const decoded = await this.#decode(embedding, boxTensors(prompts, embedding.transform, family), null);
    return decoded.map((tokens) => (hqToken === undefined ? tokens : addHqToken(tokens, hqToken, false)));
  }

  close(): Promise<void> {
    return this.#sessions.close();
  }

  /** For each prompt of the batch one entry per mask token of the decoder; logits are views of one array. */
  async #decode(
    embedding: ImageEmbedding,
    { coords, labels, count }: PromptTensors,
    mask: Float32Array | null,
  ): Promise<TokenMask[][]> {
    const perPrompt = labels.length / count;
    const outputs = await this.#run(
      'decoder',
      {
        ...embedding.tensors,
        point_coords: { dims: [count, perPrompt, 2], data: coords },
        point_labels: { dims: [count, perPrompt], data: labels },
        mask_input: { dims: [count, 1, this.#lowSide, this.#lowSide], data: mask ?? this.#noMasks(count) },
        has_mask_input: { dims: [count], data: new Float32Array(count).fill(mask ? 1 : 0) },
      },
      ['low_res_masks', 'iou_predictions'],
    );
    const masks = outputs.low_res_masks!.data;
    const ious = outputs.iou_predictions!.data;
    const cells = this.#lowSide * this.#lowSide;
    const tokens = ious.length / count;
    return Array.from({ length: count }, (_, prompt) =>
      Array.from({ length: tokens }, (_, token) => {
        const at = prompt * tokens + token;
        return { token, predictedIou: ious[at]!, logits: masks.subarray(at * cells, (at + 1) * cells) };
      }),
    );
  }

  /** Without masks the compiled decoders share work between prompts. */
  #noMasks(count: number): Float32Array {
    const length = count * this.#lowSide * this.#lowSide;
    if (this.#zeros.length < length) this.#zeros = new Float32Array(length);
    return this.#zeros.subarray(0, length);
  }

  async #run(
    role: 'encoder' | 'decoder',
    inputs: Record<string, FloatTensor>,
    wanted: readonly string[],
  ): Promise<Record<string, FloatTensor>> {
    const known = Object.entries(inputs).filter(([name]) => this.#sessions[role].inputNames.includes(name));
    try {
      const feeds = Object.fromEntries(known.map(([name, tensor]) => [name, toOrtTensor(tensor)]));
      const outputs = await this.#sessions.run(role, feeds, wanted);
      return Object.fromEntries(wanted.map((name) => [name, fromOrtTensor(name, outputs[name])]));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ModelError('inference-failed', `The model's ${role} failed: ${reason}`, {
        path: this.model.folder,
        remedy: 'Try again; if it fails again, close other programs (memory) or choose another model.',
        cause,
      });
    }
  }

  /** Tables of the last size of plane: prompts come in a row on one image. */
  #upscalingOf(transform: ImageToModel): Upscaling {
    if (this.#upscaling?.transform !== transform) {
      this.#upscaling = { transform, tables: upscaling(transform, this.#lowSide, this.#description.maskResample) };
    }
    return this.#upscaling.tables;
  }
}
