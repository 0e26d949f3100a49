import type { InferenceSession } from 'onnxruntime-node';
import type { Mask } from '../masks/mask.ts';
import type { ModelDescription } from '../packages/description.ts';
import { ModelError } from '../packages/modelError.ts';
import { type ModelPackage, verifyModelPackage } from '../packages/modelPackage.ts';
import type { DeviceInfo } from '../runtime/device.ts';
import type { Provider } from '../runtime/providers.ts';
import { type ModelSessions, openSessions } from '../runtime/sessions.ts';
import { addHqToken } from './addHqToken.ts';
import { chooseTokens, type TokenMask } from './chooseTokens.ts';
import { type FloatTensor, fromOrtTensor, type ImageEmbedding, toOrtTensor } from './embedding.ts';
import { maskOfLogits, type Upscaling, upscaling } from './maskOfLogits.ts';
import type { PixelPlane, ValueRange } from './pixels.ts';
import { prepareImage } from './prepareImage.ts';
import { isAmbiguous, type Prompt, promptTensors } from './prompt.ts';
import { type ImageToModel, imageToModel, lowResExtent } from './spaces.ts';
import { stabilityScore } from './stability.ts';

/** One of at most three answers to a prompt. */
export interface PredictedMask {
  /** Full resolution, tight window, never empty. */
  mask: Mask;
  predictedIou: number;
  stability: number;
  /** [lowSide, lowSide] logits: the mask prompt of a refinement. */
  lowResLogits: Float32Array;
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
export async function openPredictor(model: ModelPackage, provider: Provider | null): Promise<Predictor> {
  await verifyModelPackage(model);
  return new Predictor(model, await openSessions(model, provider));
}

export class Predictor {
  readonly model: ModelPackage;
  readonly device: DeviceInfo;
  readonly #sessions: ModelSessions;
  readonly #description: ModelDescription;
  readonly #lowSide: number;
  readonly #noMask: FloatTensor;
  #upscaling: { transform: ImageToModel; tables: Upscaling } | null = null;

  constructor(model: ModelPackage, sessions: ModelSessions) {
    this.model = model;
    this.device = sessions.device;
    this.#sessions = sessions;
    this.#description = model.description;
    this.#lowSide = model.description.maskSize;
    this.#noMask = {
      dims: [1, 1, this.#lowSide, this.#lowSide],
      data: new Float32Array(this.#lowSide * this.#lowSide),
    };
  }

  /** Runs the encoder on a plane. `valueRange` are the sample values that become black and white. */
  async encodeImage(plane: PixelPlane, valueRange: ValueRange): Promise<ImageEmbedding> {
    const { inputSize, preparation } = this.#description;
    const transform = imageToModel(plane.widthPx, plane.heightPx, this.#description);
    const data = prepareImage(plane, valueRange, transform, preparation);
    const { encoder } = this.#sessions;
    const image: FloatTensor = { dims: [1, 3, inputSize, inputSize], data };
    return { tensors: await this.#run(encoder, 'encoder', { image }, encoder.outputNames), transform };
  }

  /** Runs the decoder on one prompt. Points may lie outside the plane; they count where they are. */
  async predict(embedding: ImageEmbedding, prompt: Prompt): Promise<PredictedMasks> {
    const started = performance.now();
    const decoded = await this.#decode(embedding, prompt);
    const decodeMs = performance.now() - started;
    const { maskThreshold, hqToken } = this.#description;
    const tokens = hqToken === undefined ? decoded : addHqToken(decoded, hqToken, isAmbiguous(prompt));
    const tables = this.#upscalingOf(embedding.transform);
    const extent = lowResExtent(embedding.transform, this.#lowSide);
    const candidates: PredictedMask[] = [];
    const chosen = chooseTokens(tokens, isAmbiguous(prompt), maskThreshold, extent);
    for (const { logits, predictedIou } of chosen) {
      const mask = maskOfLogits(logits, tables, maskThreshold);
      if (mask.width === 0) continue;
      const stability = stabilityScore(logits, extent, maskThreshold);
      candidates.push({ mask, predictedIou, stability, lowResLogits: logits });
    }
    return { candidates, decodeMs };
  }

  close(): Promise<void> {
    return this.#sessions.close();
  }

  /** One entry per mask token of the decoder. */
  async #decode(embedding: ImageEmbedding, prompt: Prompt): Promise<TokenMask[]> {
    const { coords, labels } = promptTensors(prompt, embedding.transform, this.#description.family);
    const outputs = await this.#run(
      this.#sessions.decoder,
      'decoder',
      {
        ...embedding.tensors,
        point_coords: { dims: [1, labels.length, 2], data: coords },
        point_labels: { dims: [1, labels.length], data: labels },
        mask_input: prompt.mask ? { dims: this.#noMask.dims, data: prompt.mask } : this.#noMask,
        has_mask_input: { dims: [1], data: Float32Array.of(prompt.mask ? 1 : 0) },
      },
      ['low_res_masks', 'iou_predictions'],
    );
    const masks = outputs.low_res_masks!.data;
    const cells = this.#lowSide * this.#lowSide;
    return Array.from(outputs.iou_predictions!.data, (predictedIou, token) => ({
      token,
      predictedIou,
      // A copy, so that a kept candidate does not keep the logits of all tokens alive.
      logits: masks.slice(token * cells, (token + 1) * cells),
    }));
  }

  async #run(
    session: InferenceSession,
    role: 'encoder' | 'decoder',
    inputs: Record<string, FloatTensor>,
    wanted: readonly string[],
  ): Promise<Record<string, FloatTensor>> {
    const known = Object.entries(inputs).filter(([name]) => session.inputNames.includes(name));
    try {
      const feeds = Object.fromEntries(known.map(([name, tensor]) => [name, toOrtTensor(tensor)]));
      const outputs = await session.run(feeds, wanted);
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
