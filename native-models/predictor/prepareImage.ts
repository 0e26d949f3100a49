import type { Preparation } from '../packages/description.ts';
import { type Axis, antialiasedAxis, bilinearAxis } from './axis.ts';
import type { PixelPlane, ValueRange } from './pixels.ts';
import type { ImageToModel } from './spaces.ts';

/**
 * The encoder's input for a plane: values of `valueRange` stretched to 0..1 and clamped, grey repeated to three
 * channels, resized with the preparation's bilinear filter to the transform's size in model space, normalised by mean and
 * std, padded at the right and the bottom (segment-anything, Sam.preprocess: the padding comes after normalisation).
 * @returns [1, 3, inputSize, inputSize], float32, plane by plane.
 */
export function prepareImage(
  plane: PixelPlane,
  valueRange: ValueRange,
  transform: ImageToModel,
  preparation: Preparation,
): Float32Array {
  const { widthModel, heightModel, inputSize } = transform;
  const { samples } = plane;
  const area = inputSize * inputSize;
  const input = new Float32Array(3 * area);
  if (preparation.padValue !== 0) input.fill(preparation.padValue);
  const [low, high] = preparation.valueRange;
  const gain = preparation.std.map((std) => (high - low) / std);
  const offset = preparation.std.map((std, channel) => (low - preparation.mean[channel]!) / std);

  const axis = preparation.resample === 'bilinear' ? bilinearAxis : antialiasedAxis;
  const vertical = axis(plane.heightPx, heightModel);
  const rows = new ScaledRows(plane, valueRange, axis(plane.widthPx, widthModel), vertical.taps);
  const mixed = new Float32Array(widthModel * samples);
  for (let y = 0; y < heightModel; y++) {
    const row = mixRows(rows, vertical, y, mixed);
    const first = y * inputSize;
    for (let channel = 0; channel < 3; channel++) {
      const to = channel * area + first;
      const g = gain[channel]!;
      const o = offset[channel]!;
      if (samples === 1 && channel > 0 && g === gain[0] && o === offset[0]) {
        input.copyWithin(to, first, first + widthModel);
        continue;
      }
      const from = samples === 3 ? channel * widthModel : 0;
      for (let x = 0; x < widthModel; x++) input[to + x] = row[from + x]! * g + o;
    }
  }
  return input;
}

/** An encoder's input back as a picture: colour, 8 bits, the plane's part without the padding. */
export function pictureOfInput(
  input: Float32Array,
  { widthModel, heightModel, inputSize }: ImageToModel,
  { valueRange: [low, high], mean, std }: Preparation,
): PixelPlane {
  const data = new Uint8ClampedArray(widthModel * heightModel * 3);
  for (let channel = 0; channel < 3; channel++) {
    const gain = (255 * std[channel]!) / (high - low);
    const offset = (255 * (mean[channel]! - low)) / (high - low);
    for (let y = 0; y < heightModel; y++) {
      const from = (channel * inputSize + y) * inputSize;
      const to = y * widthModel * 3 + channel;
      for (let x = 0; x < widthModel; x++) data[to + 3 * x] = input[from + x]! * gain + offset;
    }
  }
  return { widthPx: widthModel, heightPx: heightModel, samples: 3, data: new Uint8Array(data.buffer) };
}

/** The mean row at `y`, in `mixed`, or the one row itself that it is made of. */
function mixRows(rows: ScaledRows, vertical: Axis, y: number, mixed: Float32Array): Float32Array {
  let only: Float32Array | null = null;
  let taken = 0;
  for (let k = 0; k < vertical.taps; k++) {
    const weight = vertical.weights[y * vertical.taps + k]!;
    if (weight === 0) continue;
    const row = rows.row(vertical.start[y]! + k);
    if (weight === 1) only = row;
    if (taken++ === 0) for (let x = 0; x < mixed.length; x++) mixed[x] = weight * row[x]!;
    else for (let x = 0; x < mixed.length; x++) mixed[x]! += weight * row[x]!;
    // All other weights are 0.
    if (only) return only;
  }
  return mixed;
}

/**
 * Rows of a plane, stretched and resized along x, sample by sample. Each is made once: they are asked for in rising
 * order within a window that moves down, so only as many are kept as a filter is high. A plane of 8192² then takes
 * no more memory than one of 1024².
 */
class ScaledRows {
  readonly #plane: PixelPlane;
  readonly #low: number;
  readonly #gain: number;
  readonly #horizontal: Axis;
  readonly #stretched: Float32Array;
  readonly #kept = new Map<number, Float32Array>();
  readonly #keep: number;
  /** What each value of 8 or 16 bits becomes, where looking it up is worth the table. */
  readonly #table: Float32Array | null;

  /** @param keep height of the window that moves down, in rows. */
  constructor(plane: PixelPlane, [low, high]: ValueRange, horizontal: Axis, keep: number) {
    this.#plane = plane;
    this.#low = low;
    this.#gain = high > low ? 1 / (high - low) : 0;
    this.#horizontal = horizontal;
    this.#stretched = new Float32Array(plane.widthPx);
    this.#keep = keep;
    const { data } = plane;
    const values = data instanceof Float32Array ? 0 : 2 ** (8 * data.BYTES_PER_ELEMENT);
    const isWorthIt = values > 0 && data.length >= values;
    this.#table = isWorthIt ? Float32Array.from({ length: values }, (_, value) => this.#stretchedValue(value)) : null;
  }

  row(y: number): Float32Array {
    const known = this.#kept.get(y);
    if (known) return known;
    const row = this.#recycled();
    for (let sample = 0; sample < this.#plane.samples; sample++) {
      this.#stretch(y, sample);
      this.#resize(row, sample * this.#horizontal.length);
    }
    this.#kept.set(y, row);
    return row;
  }

  /** The buffer of the row that was made first, once enough are kept; its row is above the window by then. */
  #recycled(): Float32Array {
    if (this.#kept.size < this.#keep) return new Float32Array(this.#horizontal.length * this.#plane.samples);
    const [y, row] = this.#kept.entries().next().value!;
    this.#kept.delete(y);
    return row;
  }

  #stretch(y: number, sample: number): void {
    const { data, widthPx, samples } = this.#plane;
    const [stretched, table] = [this.#stretched, this.#table];
    let at = y * widthPx * samples + sample;
    if (table) for (let x = 0; x < widthPx; x++, at += samples) stretched[x] = table[data[at]!]!;
    else for (let x = 0; x < widthPx; x++, at += samples) stretched[x] = this.#stretchedValue(data[at]!);
  }

  #stretchedValue(sample: number): number {
    const value = (sample - this.#low) * this.#gain;
    // Written so that NaN (float planes) becomes 0.
    return value > 0 ? Math.min(value, 1) : 0;
  }

  #resize(row: Float32Array, to: number): void {
    const { length, taps, start, weights } = this.#horizontal;
    const stretched = this.#stretched;
    if (length === stretched.length) {
      row.set(stretched, to);
      return;
    }
    if (taps === 2 || taps === 3) {
      this.#resizeFew(row, to);
      return;
    }
    for (let x = 0; x < length; x++) {
      let sum = 0;
      const from = start[x]!;
      for (let k = 0; k < taps; k++) sum += weights[x * taps + k]! * stretched[from + k]!;
      row[to + x] = sum;
    }
  }

  /** The same for the few taps of an enlargement, written out: it takes half the time. */
  #resizeFew(row: Float32Array, to: number): void {
    const { length, taps, start, weights } = this.#horizontal;
    const stretched = this.#stretched;
    for (let x = 0, at = 0; x < length; x++, at += taps) {
      const from = start[x]!;
      const two = weights[at]! * stretched[from]! + weights[at + 1]! * stretched[from + 1]!;
      row[to + x] = taps === 2 ? two : two + weights[at + 2]! * stretched[from + 2]!;
    }
  }
}
