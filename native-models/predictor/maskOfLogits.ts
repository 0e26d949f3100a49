import { emptyMask, type Mask, windowOf } from '../masks/mask.ts';
import { type Axis, bicubicAxis, bilinearAxis, composeAxes, cropAxis } from './axis.ts';
import type { ImageToModel } from './spaces.ts';

/** How low-res logits become a mask in image space, for one size of plane. */
export interface Upscaling {
  lowSide: number;
  columns: RunAxis;
  rows: Axis;
  /** Whether an interpolated value lies between the cells that it is made of: then most pixels need no interpolation. */
  between: boolean;
}

/**
 * Outputs that read the same cells, as half-open intervals: where those cells agree in sign, the interval is filled
 * without interpolating, so the cost of a mask grows with its contour and not with its area.
 */
interface RunAxis extends Axis {
  /** Interval r is the outputs runEnds[r - 1] (0 for the first) to runEnds[r]; all have the start runStarts[r]. */
  runStarts: Int32Array;
  runEnds: Int32Array;
}

/**
 * The published way back: logits to the encoder's square, padding cropped, then to the image, both bilinear
 * (segment-anything, Sam.postprocess_masks), here as one table an axis. Where the plane was stretched to the square
 * there is nothing to crop and one step is the published one (sam2, SAM2Transforms.postprocess_masks).
 */
export function upscaling(
  transform: ImageToModel,
  lowSide: number,
  resample: 'bilinear' | 'bicubic' = 'bilinear',
): Upscaling {
  const { resize, widthImage, heightImage, widthModel, heightModel, inputSize } = transform;
  const interpolated = resample === 'bicubic' ? bicubicAxis : bilinearAxis;
  const axis = (lengthModel: number, lengthImage: number) => {
    if (resize === 'square') return interpolated(lowSide, lengthImage);
    const toModel = cropAxis(interpolated(lowSide, inputSize), lengthModel);
    return composeAxes(toModel, interpolated(lengthModel, lengthImage), lowSide);
  };
  return {
    lowSide,
    columns: withRuns(axis(widthModel, widthImage)),
    rows: axis(heightModel, heightImage),
    between: resample === 'bilinear',
  };
}

function withRuns(axis: Axis): RunAxis {
  const starts: number[] = [];
  const ends: number[] = [];
  for (let i = 0; i < axis.length; i++) {
    if (i > 0 && axis.start[i] === axis.start[i - 1]) ends[ends.length - 1] = i + 1;
    else {
      starts.push(axis.start[i]!);
      ends.push(i + 1);
    }
  }
  return { ...axis, runStarts: Int32Array.from(starts), runEnds: Int32Array.from(ends) };
}

/**
 * The pixels of the plane whose interpolated logit exceeds `threshold`, in a tight window.
 * Of a bilinear table only the window that can be positive is visited: an interpolated value is a mean of its cells, so
 * it exceeds the threshold only where one of them does.
 * @param logits [lowSide, lowSide]
 */
export function maskOfLogits(logits: Float32Array, tables: Upscaling, threshold: number): Mask {
  const { lowSide, columns, rows, between } = tables;
  const everything = { left: 0, right: lowSide - 1, top: 0, bottom: lowSide - 1 };
  const cells = between ? cellsAbove(logits, lowSide, threshold) : everything;
  if (!cells) return emptyMask;
  const [top, bottom] = reachedBy(rows, cells.top, cells.bottom);
  const [left, right] = reachedBy(columns, cells.left, cells.right);
  const width = right - left;
  const data = new Uint8Array(width * Math.max(0, bottom - top));
  const line = new Float32Array(lowSide);
  const lineFrom = columns.start[left] ?? 0;
  const lineTo = Math.min(lowSide, (columns.start[right - 1] ?? 0) + columns.taps);
  const tight = { left: width, right: 0, top: -1, bottom: 0 };
  for (let y = top; y < bottom; y++) {
    interpolateLine(logits, lowSide, rows, y, lineFrom, lineTo, line);
    const row = data.subarray((y - top) * width, (y - top + 1) * width);
    const [first, end] = cutLine(line, tables, left, right, threshold, row);
    if (end === 0) continue;
    tight.left = Math.min(tight.left, first);
    tight.right = Math.max(tight.right, end);
    if (tight.top < 0) tight.top = y - top;
    tight.bottom = y - top + 1;
  }
  if (tight.top < 0) return emptyMask;
  const window: Mask = { x: left, y: top, width, height: bottom - top, data };
  if (tight.right - tight.left === width && tight.bottom - tight.top === window.height) return window;
  return windowOf(window, [left + tight.left, top + tight.top, tight.right - tight.left, tight.bottom - tight.top]);
}

/** Inclusive bounds of the cells above the threshold, or null. */
function cellsAbove(logits: Float32Array, side: number, threshold: number) {
  let [left, right, top, bottom] = [side, -1, -1, -1];
  for (let y = 0; y < side; y++) {
    const from = y * side;
    const to = from + side;
    // From both ends, so that the inside of a mask is not visited.
    let first = from;
    while (first < to && !(logits[first]! > threshold)) first++;
    if (first === to) continue;
    let last = to - 1;
    while (!(logits[last]! > threshold)) last--;
    if (first - from < left) left = first - from;
    if (last - from > right) right = last - from;
    if (top < 0) top = y;
    bottom = y;
  }
  return right < 0 ? null : { left, right, top, bottom };
}

/** Half-open interval of the outputs that read a cell of `first`..`last`. Starts never fall along an axis. */
function reachedBy(axis: Axis, first: number, last: number): [from: number, to: number] {
  let from = 0;
  while (from < axis.length && axis.start[from]! + axis.taps <= first) from++;
  let to = axis.length;
  while (to > from && axis.start[to - 1]! > last) to--;
  return [from, to];
}

/** Logits at image row `y`, still at the low resolution along x. */
function interpolateLine(
  logits: Float32Array,
  side: number,
  rows: Axis,
  y: number,
  from: number,
  to: number,
  line: Float32Array,
): void {
  line.fill(0, from, to);
  for (let k = 0; k < rows.taps; k++) {
    const weight = rows.weights[y * rows.taps + k]!;
    if (weight === 0) continue;
    const at = (rows.start[y]! + k) * side;
    for (let x = from; x < to; x++) line[x]! += weight * logits[at + x]!;
  }
}

/** Writes one row of the window; returns the half-open interval of its foreground, [width, 0] when there is none. */
function cutLine(
  line: Float32Array,
  { columns, between }: Upscaling,
  left: number,
  right: number,
  threshold: number,
  row: Uint8Array,
): [first: number, end: number] {
  const { taps, weights, runStarts, runEnds } = columns;
  let first = row.length;
  let end = 0;
  for (let run = 0, from = 0; run < runEnds.length && from < right; from = runEnds[run]!, run++) {
    const to = Math.min(runEnds[run]!, right);
    if (to <= left) continue;
    const start = runStarts[run]!;
    let above = 0;
    for (let k = 0; k < taps; k++) if (line[start + k]! > threshold) above++;
    if (above === 0 && between) continue;
    const begin = Math.max(from, left);
    if (above === taps && between) {
      // A call of fill costs more than a few writes.
      if (to - begin > 12) row.fill(1, begin - left, to - left);
      else for (let x = begin - left; x < to - left; x++) row[x] = 1;
      if (begin - left < first) first = begin - left;
      end = to - left;
      continue;
    }
    for (let x = begin; x < to; x++) {
      let value = 0;
      for (let k = 0; k < taps; k++) value += weights[x * taps + k]! * line[start + k]!;
      if (!(value > threshold)) continue;
      row[x - left] = 1;
      if (x - left < first) first = x - left;
      end = x - left + 1;
    }
  }
  return [first, end];
}
