import { cropPlane } from '../predictor/cropPlane.ts';
import type { PixelPlane, ValueRange } from '../predictor/pixels.ts';
import type { Predictor } from '../predictor/predictor.ts';
import type { Point } from '../predictor/spaces.ts';
import type { CropBox } from './crops.ts';
import type { EncodedCrop, PromptDecoder } from './promptDecoder.ts';

/** What answers points of a model. */
export type BatchPredictor = Pick<Predictor, 'encodeImage' | 'predictBatch' | 'maxBatch' | 'model'>;

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

  get maxBatch(): number {
    return this.#predictor.maxBatch;
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
