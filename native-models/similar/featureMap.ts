import type { FloatTensor, ImageEmbedding } from '../predictor/embedding.ts';
import type { ImageToModel } from '../predictor/spaces.ts';
import type { SimilarLevel } from './contract.ts';

/** One level of an embedding, ready for comparisons. */
export interface FeatureLevel {
  name: string;
  channels: number;
  /** Cells along a side of the square, padding included. */
  side: number;
  /** Pixels of model space along a side of a cell. */
  stride: number;
  /** Cells that the plane reaches. */
  columns: number;
  rows: number;
  /** [side, side, channels]: each cell's features without the mean, at unit length. */
  data: Float32Array;
}

export interface FeatureMap {
  /** Coarsest first. */
  levels: FeatureLevel[];
  transform: ImageToModel;
}

/** Finer levels than this many cells a side show pixels more than things, and cost the most. */
const finestSide = 256;

/** The levels of an embedding that are compared, coarsest first: all of SAM's one, two of SAM 2's three. */
function comparedLevels({ tensors }: ImageEmbedding): [name: string, tensor: FloatTensor][] {
  const square = Object.entries(tensors).filter(
    ([, { dims }]) => dims.length === 4 && dims[0] === 1 && dims[2] === dims[3] && dims[2]! <= finestSide,
  );
  return square.sort(([, a], [, b]) => a.dims[2]! - b.dims[2]!);
}

/** Means over all that the planes reach, each plane counting alike. */
export function levelsOf(embeddings: readonly ImageEmbedding[]): SimilarLevel[] {
  const [first] = embeddings;
  if (!first) return [];
  return comparedLevels(first).map(([name, { dims }]) => {
    const mean = new Float32Array(dims[1]!);
    for (const { tensors, transform } of embeddings) {
      const { data } = tensors[name]!;
      const side = dims[2]!;
      const { columns, rows } = reachOf(transform, side);
      for (let channel = 0; channel < mean.length; channel++) {
        let sum = 0;
        for (let y = 0; y < rows; y++) {
          const from = (channel * side + y) * side;
          for (let x = 0; x < columns; x++) sum += data[from + x]!;
        }
        mean[channel]! += sum / (rows * columns * embeddings.length);
      }
    }
    return { name, mean };
  });
}

/**
 * @throws RangeError where the embedding has other levels: it is another model's.
 */
export function featureMap(embedding: ImageEmbedding, levels: readonly SimilarLevel[]): FeatureMap {
  const { tensors, transform } = embedding;
  return {
    transform,
    levels: levels.map(({ name, mean }) => {
      const tensor = tensors[name];
      if (tensor?.dims[1] !== mean.length)
        throw new RangeError(`the embedding has no ${name} of ${mean.length} channels`);
      const side = tensor.dims[2]!;
      const data = unitFeatures(tensor, mean);
      return {
        name,
        channels: mean.length,
        side,
        stride: transform.inputSize / side,
        ...reachOf(transform, side),
        data,
      };
    }),
  };
}

/** Channels go last, so that a cell's features lie together. */
function unitFeatures({ data, dims }: FloatTensor, mean: Float32Array): Float32Array {
  const channels = mean.length;
  const cells = dims[2]! * dims[3]!;
  const unit = new Float32Array(cells * channels);
  for (let channel = 0; channel < channels; channel++) {
    const from = channel * cells;
    const off = mean[channel]!;
    for (let cell = 0; cell < cells; cell++) unit[cell * channels + channel] = data[from + cell]! - off;
  }
  for (let cell = 0; cell < cells; cell++) toUnitLength(unit.subarray(cell * channels, (cell + 1) * channels));
  return unit;
}

/** In place; zeros stay. */
export function toUnitLength(vector: Float32Array): Float32Array {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  for (let i = 0; i < vector.length; i++) vector[i]! *= scale;
  return vector;
}

function reachOf({ widthModel, heightModel, inputSize }: ImageToModel, side: number) {
  const stride = inputSize / side;
  return { columns: Math.ceil(widthModel / stride), rows: Math.ceil(heightModel / stride) };
}
