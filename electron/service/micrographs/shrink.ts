import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import { samplesLike } from './pyramid.ts';

/** A plane of no samples yet, of the kind of `like`. */
export function emptyLike(like: PixelPlane, widthPx: number, heightPx: number): PixelPlane {
  const { samples } = like;
  return { widthPx, heightPx, samples, data: samplesLike(like.data, widthPx * heightPx * samples) };
}

/**
 * Writes a piece of a plane, reduced, to its place in a reduced plane: each sample is the mean of the `step` × `step` that
 * exist, integers rounded, values that are not finite left out. The piece begins at a multiple of `step`. O(piece).
 */
export function shrinkInto(target: PixelPlane, column: number, row: number, piece: PixelPlane, step: number): void {
  const { samples } = piece;
  const width = Math.ceil(piece.widthPx / step);
  const height = Math.ceil(piece.heightPx / step);
  const sums = new Float64Array(width * samples);
  const counts = new Uint32Array(width * samples);
  const isFloat = piece.data instanceof Float32Array;
  for (let j = 0; j < height; j++) {
    const end = Math.min(piece.heightPx, (j + 1) * step);
    sums.fill(0);
    counts.fill(0);
    for (let v = j * step; v < end; v++) {
      if (isFloat) addFiniteRow(sums, counts, piece, v, step);
      else addRow(sums, piece, v, step);
    }
    const out = ((row + j) * target.widthPx + column) * samples;
    if (isFloat) {
      for (let i = 0; i < sums.length; i++) target.data[out + i] = counts[i] === 0 ? Number.NaN : sums[i]! / counts[i]!;
      continue;
    }
    for (let i = 0; i < width; i++) {
      const count = (end - j * step) * (Math.min(piece.widthPx, (i + 1) * step) - i * step);
      for (let s = 0; s < samples; s++) {
        target.data[out + i * samples + s] = Math.floor(sums[i * samples + s]! / count + 0.5);
      }
    }
  }
}

function addRow(sums: Float64Array, { data, widthPx, samples }: PixelPlane, v: number, step: number): void {
  let at = v * widthPx * samples;
  for (let i = 0, u = 0; u < widthPx; i += samples) {
    const end = Math.min(widthPx, u + step);
    if (samples === 1) {
      let sum = 0;
      for (; u < end; u++) sum += data[at++]!;
      sums[i]! += sum;
      continue;
    }
    for (; u < end; u++) for (let s = 0; s < samples; s++) sums[i + s]! += data[at++]!;
  }
}

function addFiniteRow(
  sums: Float64Array,
  counts: Uint32Array,
  { data, widthPx, samples }: PixelPlane,
  v: number,
  step: number,
): void {
  let at = v * widthPx * samples;
  for (let u = 0; u < widthPx; u++) {
    const cell = Math.floor(u / step) * samples;
    for (let s = 0; s < samples; s++) {
      const value = data[at++]!;
      if (!Number.isFinite(value)) continue;
      sums[cell + s]! += value;
      counts[cell + s]!++;
    }
  }
}
