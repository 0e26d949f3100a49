import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import type { LabelImage } from '../evaluation/labelObjects.ts';
import type { Mask } from '../masks/mask.ts';
import type { ImageEmbedding } from '../predictor/embedding.ts';
import type { PixelPlane, ValueRange } from '../predictor/pixels.ts';
import { imageToModel } from '../predictor/spaces.ts';

/** For tests: real micrographs with ground truth, and embeddings written down by a formula. */

/** Micrographs beside the clone; not part of the project. */
export const micrographFolder = resolve(import.meta.dirname, '../../../shared/data/micrographs');

export interface Micrograph {
  plane: PixelPlane;
  valueRange: ValueRange;
  labels: LabelImage;
}

export function hasMicrographs(dataset: string): boolean {
  return existsSync(join(micrographFolder, dataset, 'val', 'images'));
}

/** The micrograph of a dataset's val part at this place by name, stretched from its darkest to its brightest value. */
export async function readMicrograph(dataset: string, at: number): Promise<Micrograph> {
  const folder = join(micrographFolder, dataset, 'val');
  const name = readdirSync(join(folder, 'images')).sort()[at]!;
  const grey = await readGrey(join(folder, 'images', name));
  const labels = await readGrey(join(folder, 'masks', name));
  const values = grey.data.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)] as ValueRange, [
    Infinity,
    -Infinity,
  ] as ValueRange);
  return { plane: { ...grey, samples: 1 }, valueRange: values, labels };
}

async function readGrey(path: string): Promise<{ widthPx: number; heightPx: number; data: Uint16Array }> {
  const { data, info } = await sharp(path)
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const samples = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const first = samples.filter((_, i) => i % info.channels === 0);
  return { widthPx: info.width, heightPx: info.height, data: first };
}

const side = 32;
const channels = 4;
const inputSize = 256;

/** A disc of the image and the direction that its features have: one of the channels. */
export type KindOfDisc = readonly [x: number, y: number, radius: number, channel: number];

/** An embedding of a plane of `inputSize` pixels a side with stride 8; ground has features of its own (channel 0). */
export function discEmbedding(discs: readonly KindOfDisc[]): ImageEmbedding {
  const data = new Float32Array(channels * side * side);
  for (let cell = 0; cell < side * side; cell++) {
    const [x, y] = [((cell % side) + 0.5) * 8, (Math.floor(cell / side) + 0.5) * 8];
    const disc = discs.find(([u, v, radius]) => Math.hypot(x - u, y - v) <= radius);
    data[(disc?.[3] ?? 0) * side * side + cell] = 1;
    // Nothing in a real embedding is twice the same.
    for (let channel = 0; channel < channels; channel++) {
      data[channel * side * side + cell]! += 0.05 * Math.sin(cell * (channel + 1.7));
    }
  }
  return {
    tensors: { image_embeddings: { dims: [1, channels, side, side], data } },
    transform: imageToModel(inputSize, inputSize, { inputSize, preparation: { resize: 'longest-side' } as never }),
  };
}

export function discMask([x, y, radius]: readonly [number, number, number, ...number[]]): Mask {
  const [left, top] = [Math.floor(x - radius), Math.floor(y - radius)];
  const size = Math.ceil(2 * radius) + 1;
  const data = Uint8Array.from({ length: size * size }, (_, at) =>
    Math.hypot(left + (at % size) + 0.5 - x, top + Math.floor(at / size) + 0.5 - y) <= radius ? 1 : 0,
  );
  return { x: left, y: top, width: size, height: size, data };
}
