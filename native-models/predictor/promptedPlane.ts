import type { Bbox } from '../masks/mask.ts';
import { closeUpOf } from './closeUp.ts';
import { cropPlane } from './cropPlane.ts';
import type { ImageEmbedding } from './embedding.ts';
import { focusOf } from './focus.ts';
import type { PixelPlane, ValueRange } from './pixels.ts';
import type { PredictedMask, PredictedMasks, Predictor } from './predictor.ts';
import type { Prompt } from './prompt.ts';

/** Embeddings of parts that are kept. */
const kept = 24;

/** Pixels of a part of a plane for an encoder, and where they begin: they may be reduced, and show a little more. */
export interface EncodedPart {
  pixels: PixelPlane;
  origin: { x: number; y: number };
}

/** A plane that closer looks are taken at, part by part. */
export interface PartedPlane {
  widthPx: number;
  heightPx: number;
  readPart(part: Bbox): Promise<EncodedPart>;
}

/** Of a plane that is held whole. */
export function partedPlane(plane: PixelPlane): PartedPlane {
  const { widthPx, heightPx } = plane;
  const readPart = async ([x, y, width, height]: Bbox) => ({
    pixels: cropPlane(plane, [x, y, x + width, y + height]),
    origin: { x, y },
  });
  return { widthPx, heightPx, readPart };
}

/** A plane with its embeddings: the whole's, and those of the parts that a closer look was taken at. */
export class PromptedPlane {
  readonly #parts = new Map<string, ImageEmbedding>();

  constructor(
    private readonly predictor: Pick<Predictor, 'encodeImage' | 'predict'>,
    private readonly plane: PartedPlane,
    private readonly valueRange: ValueRange,
    private readonly whole: ImageEmbedding,
    private readonly closeUps: boolean,
  ) {}

  /** Answers on the finest embedding that shows what is prompted in its surroundings. */
  async predict(prompt: Omit<Prompt, 'mask'>, refined: PredictedMask | null): Promise<PredictedMasks> {
    const focus = this.closeUps ? focusOf(prompt, refined?.mask ?? null, null) : null;
    const part = focus && this.#closeUp(focus);
    const embedding = part ? await this.#embeddingOf(part) : this.whole;
    return this.predictor.predict(embedding, { ...prompt, mask: refined?.lowRes ?? null });
  }

  #closeUp(focus: Bbox): Bbox | null {
    const { widthPx, heightPx } = this.plane;
    return closeUpOf({ focus, widthPx, heightPx, inputSize: this.whole.transform.inputSize });
  }

  async #embeddingOf(part: Bbox): Promise<ImageEmbedding> {
    const key = part.join();
    const known = this.#parts.get(key);
    const embedding = known ?? (await this.#encode(part));
    this.#parts.delete(key);
    this.#parts.set(key, embedding);
    if (this.#parts.size > kept) this.#parts.delete(this.#parts.keys().next().value!);
    return embedding;
  }

  async #encode(part: Bbox): Promise<ImageEmbedding> {
    const { pixels, origin } = await this.plane.readPart(part);
    return this.predictor.encodeImage(pixels, this.valueRange, origin);
  }
}
