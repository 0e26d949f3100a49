import { cropPlane } from '../predictor/cropPlane.ts';
import type { PixelPlane, ValueRange } from '../predictor/pixels.ts';
import type { Predictor } from '../predictor/predictor.ts';
import type { Point } from '../predictor/spaces.ts';
import type { CropBox } from './crops.ts';
import type { EncodedCrop, PromptDecoder } from './promptDecoder.ts';

/** What answers points of a model. */
export type BatchPredictor = Pick<Predictor, 'encodeImage' | 'predictBatch' | 'maxBatch' | 'model'> &
  Partial<Pick<Predictor, 'device'>>;

/** Mask tokens of SAM's decoders. */
const maskTokens = 4;
/**
 * Most bytes of a batch's logits: 64 points of SAM's 256² cells, 16 of 512². Larger batches are no faster a point, and
 * the layers before the logits hold many times as much.
 */
const batchBytes = 2 ** 26;
/**
 * As {@link batchBytes}, where the layers lie in the machine's own memory: 16 points of 256² cells, 4 of 512², which
 * take 0.9 GB with lamella-v2 (16 points: 2.5 GB) and are no slower a point.
 */
const cpuBatchBytes = 2 ** 24;

/** A model on one plane: each crop goes through the encoder by itself. */
export class ModelDecoder implements PromptDecoder {
  readonly #predictor: BatchPredictor;
  readonly #plane: PixelPlane;
  readonly #valueRange: ValueRange;
  /** Milliseconds inside the encoder and its preparation. */
  encodeMs = 0;

  constructor(predictor: BatchPredictor, plane: PixelPlane, valueRange: ValueRange) {
    this.#predictor = predictor;
    this.#plane = plane;
    this.#valueRange = valueRange;
  }

  /** Of what the decoder takes, so many that its logits stay within the device's bytes. */
  get maxBatch(): number {
    const { maskSize } = this.#predictor.model.description;
    const mostBytes = this.#predictor.device?.provider === 'cpu' ? cpuBatchBytes : batchBytes;
    const bytesPerPoint = maskTokens * maskSize ** 2 * Float32Array.BYTES_PER_ELEMENT;
    return Math.min(this.#predictor.maxBatch, Math.max(1, Math.floor(mostBytes / bytesPerPoint)));
  }

  get masks(): PromptDecoder['masks'] {
    return this.#predictor.model.description;
  }

  async encodeCrop(crop: CropBox): Promise<EncodedCrop> {
    const started = performance.now();
    const embedding = await this.#predictor.encodeImage(cropPlane(this.#plane, crop), this.#valueRange);
    this.encodeMs += performance.now() - started;
    return {
      transform: embedding.transform,
      decode: (points: readonly Point[]) => this.#predictor.predictBatch(embedding, points),
    };
  }
}
