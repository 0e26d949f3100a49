import { maskArea } from '../masks/mask.ts';
import { maskOfLogits, type Upscaling } from '../predictor/maskOfLogits.ts';

/** Numbers of pixels of the plane whose interpolated logit exceeds each of two thresholds. */
export interface LogitAreas {
  /** Above the lower threshold. */
  outer: number;
  /** Above the higher one. */
  inner: number;
}

/**
 * What {@link maskOfLogits} at both thresholds covers, in one pass and without a mask: a run of pixels whose cells all
 * lie on one side of a threshold is counted as a whole, and the others are interpolated once, in the same order of
 * additions, so that the numbers are the same.
 * @param low below `high`.
 */
export function areasOfLogits(logits: Float32Array, tables: Upscaling, low: number, high: number): LogitAreas {
  const { lowSide, columns, rows, between } = tables;
  if (!between) {
    const area = (threshold: number) => maskArea(maskOfLogits(logits, tables, threshold));
    return { outer: area(low), inner: area(high) };
  }
  const { taps, weights, runStarts, runEnds } = columns;
  const reach = cellsByRow(logits, lowSide, low);
  const line = new Float32Array(lowSide);
  let [outer, inner] = [0, 0];
  for (let y = 0; y < rows.length; y++) {
    // Cells above the lower threshold in any row that this one is made of.
    let [left, right] = [lowSide, -1];
    for (let k = 0; k < rows.taps; k++) {
      if (rows.weights[y * rows.taps + k] === 0) continue;
      const row = rows.start[y]! + k;
      left = Math.min(left, reach[2 * row]!);
      right = Math.max(right, reach[2 * row + 1]!);
    }
    if (right < 0) continue;
    const [from, to] = [Math.max(0, left - taps + 1), Math.min(lowSide, right + taps)];
    line.fill(0, from, to);
    for (let k = 0; k < rows.taps; k++) {
      const weight = rows.weights[y * rows.taps + k]!;
      if (weight === 0) continue;
      const at = (rows.start[y]! + k) * lowSide;
      for (let x = from; x < to; x++) line[x]! += weight * logits[at + x]!;
    }
    for (
      let run = firstRun(columns.runStarts, from), begin = run > 0 ? runEnds[run - 1]! : 0;
      run < runEnds.length;
      run++
    ) {
      const start = runStarts[run]!;
      if (start > right) break;
      const end = runEnds[run]!;
      let [least, most] = [Infinity, -Infinity];
      for (let k = 0; k < taps; k++) {
        const cell = line[start + k]!;
        if (cell < least) least = cell;
        if (cell > most) most = cell;
      }
      if (least > low) outer += end - begin;
      if (least > high) inner += end - begin;
      const isOuterCut = most > low && !(least > low);
      const isInnerCut = most > high && !(least > high);
      if (isOuterCut || isInnerCut) {
        for (let x = begin; x < end; x++) {
          let value = 0;
          for (let k = 0; k < taps; k++) value += weights[x * taps + k]! * line[start + k]!;
          if (isOuterCut && value > low) outer++;
          if (isInnerCut && value > high) inner++;
        }
      }
      begin = end;
    }
  }
  return { outer, inner };
}

/** First and last cell of each row that exceed the threshold, [2 · lowSide]; lowSide and −1 where none does. */
function cellsByRow(logits: Float32Array, lowSide: number, threshold: number): Int32Array {
  const reach = new Int32Array(2 * lowSide);
  for (let row = 0; row < lowSide; row++) {
    const [from, to] = [row * lowSide, (row + 1) * lowSide];
    let first = from;
    while (first < to && !(logits[first]! > threshold)) first++;
    let last = to - 1;
    while (last >= first && !(logits[last]! > threshold)) last--;
    reach[2 * row] = first - from;
    reach[2 * row + 1] = first === to ? -1 : last - from;
  }
  return reach;
}

/** The first run that begins at cell `from` or after it. */
function firstRun(runStarts: Int32Array, from: number): number {
  let [low, high] = [0, runStarts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runStarts[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
