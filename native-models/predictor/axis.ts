import { cubicKernel } from '../graph/bicubic.ts';

/**
 * Resampling along one axis as a table: output i is the sum over k < taps of weights[i * taps + k] * input[start[i] + k].
 * Weights of one output sum to 1. Bilinear resampling is separable, so two axes make a resize.
 */
export interface Axis {
  length: number;
  taps: number;
  start: Int32Array;
  weights: Float32Array;
}

/**
 * Bilinear interpolation of `from` samples at `to` places, pixel centres at half-integers, edges repeated
 * (torch.nn.functional.interpolate, align_corners=False).
 */
export function bilinearAxis(from: number, to: number): Axis {
  const taps = Math.min(2, from);
  const start = new Int32Array(to);
  const weights = new Float32Array(to * taps);
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    start[i] = Math.min(Math.floor(at), from - taps);
    const share = at - start[i]!;
    weights[i * taps] = taps === 1 ? 1 : 1 - share;
    if (taps === 2) weights[i * taps + 1] = share;
  }
  return { length: to, taps, start, weights };
}

/**
 * Cubic interpolation at the same places, the kernel's parameter −0.75 (torch.nn.functional.interpolate, bicubic,
 * align_corners=False). Some weights are negative: an output may lie outside the range of its inputs.
 */
export function bicubicAxis(from: number, to: number): Axis {
  const taps = Math.min(4, from);
  const start = new Int32Array(to);
  const weights = new Float32Array(to * taps);
  for (let i = 0; i < to; i++) {
    const at = ((i + 0.5) * from) / to - 0.5;
    const first = Math.floor(at) - 1;
    start[i] = Math.min(Math.max(first, 0), from - taps);
    for (let k = first; k < first + 4; k++) {
      const clamped = Math.min(Math.max(k, 0), from - 1);
      weights[i * taps + clamped - start[i]!]! += cubicKernel(at - k);
    }
  }
  return { length: to, taps, start, weights };
}

/**
 * Triangle filter that widens with the reduction, so that nothing aliases (Pillow's BILINEAR; torchvision's
 * antialias=True). Equal to {@link bilinearAxis} when it enlarges: cut at an edge, it holds the outermost sample alone.
 */
export function antialiasedAxis(from: number, to: number): Axis {
  const scale = from / to;
  const reach = Math.max(1, scale);
  const taps = Math.min(from, Math.ceil(reach) * 2 + 1);
  const start = new Int32Array(to);
  const weights = new Float32Array(to * taps);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.min(Math.max(Math.floor(centre - reach + 0.5), 0), from - taps);
    start[i] = first;
    let sum = 0;
    for (let k = 0; k < taps; k++) {
      const weight = Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / reach);
      weights[i * taps + k] = weight;
      sum += weight;
    }
    for (let k = 0; k < taps; k++) weights[i * taps + k]! /= sum;
  }
  return { length: to, taps, start, weights };
}

/** The first `length` outputs of an axis: what is left after cropping. */
export function cropAxis(axis: Axis, length: number): Axis {
  return {
    length,
    taps: axis.taps,
    start: axis.start.subarray(0, length),
    weights: axis.weights.subarray(0, length * axis.taps),
  };
}

/** One table for `first` and then `second`. `sourceLength` is the number of inputs of `first`. */
export function composeAxes(first: Axis, second: Axis, sourceLength: number): Axis {
  let reach = 0;
  for (let i = 0; i < second.length; i++) {
    const at = second.start[i]!;
    reach = Math.max(reach, first.start[at + second.taps - 1]! - first.start[at]!);
  }
  const taps = Math.min(sourceLength, reach + first.taps);
  const start = new Int32Array(second.length);
  const weights = new Float32Array(second.length * taps);
  for (let i = 0; i < second.length; i++) {
    const at = second.start[i]!;
    const from = Math.min(first.start[at]!, sourceLength - taps);
    start[i] = from;
    for (let k = 0; k < second.taps; k++) {
      const share = second.weights[i * second.taps + k]!;
      for (let m = 0; m < first.taps; m++) {
        weights[i * taps + first.start[at + k]! - from + m]! += share * first.weights[(at + k) * first.taps + m]!;
      }
    }
  }
  return { length: second.length, taps, start, weights };
}
