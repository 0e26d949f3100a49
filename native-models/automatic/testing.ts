import type { Preparation } from '../packages/description.ts';
import { imageToModel, type Point } from '../predictor/spaces.ts';
import type { EncodedCrop, PromptDecoder } from './promptDecoder.ts';

/** For tests: a formula in place of a network, as shared/fixtures/README.md (`automatic`) has it. */

/** A disc of the image, in its pixels. */
export type Disc = readonly [x: number, y: number, radius: number];

const inputSize = 256;
const maskSize = 64;

interface Answer {
  x: number;
  y: number;
  radius: number;
  /** Logits fall by this much a pixel. */
  slope: number;
  predictedIou: number;
}

export class AnalyticDecoder implements PromptDecoder {
  readonly masks = { maskSize, maskThreshold: 0 };
  /** Sizes of the batches that were decoded. */
  readonly batches: number[] = [];
  readonly maxBatch: number;
  readonly #discs: readonly Disc[];

  constructor(discs: readonly Disc[], maxBatch = Number.POSITIVE_INFINITY) {
    this.#discs = discs;
    this.maxBatch = maxBatch;
  }

  async encodeCrop([left, top, right, bottom]: readonly [number, number, number, number]): Promise<EncodedCrop> {
    const preparation = { resize: 'longest-side' } as Preparation;
    const transform = imageToModel(right - left, bottom - top, { inputSize, preparation });
    const scaleX = transform.widthModel / transform.widthImage;
    const scaleY = transform.heightModel / transform.heightImage;
    const logitsOf = ({ x, y, radius, slope }: Answer) =>
      Float32Array.from({ length: maskSize * maskSize }, (_, cell) => {
        const u = left + (((cell % maskSize) + 0.5) * 4) / scaleX;
        const v = top + ((Math.floor(cell / maskSize) + 0.5) * 4) / scaleY;
        return Math.min(Math.max((radius - Math.hypot(u - x, v - y)) * slope, -12), 12);
      });
    const decode = async (points: readonly Point[]) => {
      this.batches.push(points.length);
      return points.map(({ x, y }) =>
        this.#answersAt({ x: x + left, y: y + top }).map((answer) => ({
          logits: logitsOf(answer),
          predictedIou: Math.fround(answer.predictedIou),
        })),
      );
    };
    return { transform, decode };
  }

  #answersAt({ x, y }: Point): Answer[] {
    const [hit] = this.#discs
      .map(([cx, cy, radius], index) => ({ x: cx, y: cy, radius, index, depth: Math.hypot(x - cx, y - cy) - radius }))
      .filter(({ depth }) => depth <= 0)
      .sort((a, b) => a.depth - b.depth);
    const disc = hit ?? { x, y, radius: 5 };
    const quality = hit ? 0.95 - 0.002 * hit.index : 0.6;
    return [
      { ...disc, slope: 0.9, predictedIou: quality },
      { ...disc, radius: disc.radius * 0.55, slope: 0.9, predictedIou: quality - 0.05 },
      { ...disc, radius: disc.radius * 1.6, slope: 0.25, predictedIou: quality - 0.12 },
    ];
  }
}
