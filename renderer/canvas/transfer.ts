import type { DisplayRange } from '../../electron/service/api/contract.ts';
import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { clippingMarks, type ColorTable, lookupTable, type LookupTableName, type Rgb } from './lookupTables.ts';
import { recent } from './recent.ts';

/** What is done to samples for the eye alone: the model sees the display range, and none of this. */
export interface Appearance {
  /** Exponent, as in Fiji and napari: below 1 brightens, above 1 darkens. */
  gamma: number;
  inverted: boolean;
  /** Of grey planes; colours stay their own. */
  table: LookupTableName;
}

/** From samples to what is shown, in this order: range, gamma, inversion, colours. */
export interface Transfer extends Omit<Appearance, 'table'> {
  range: DisplayRange;
  table: ColorTable;
}

/** A channel on screen, by its place in the plane's address. */
export interface ShownChannel {
  c: number | null;
  transfer: Transfer;
}

export const plainAppearance: Appearance = { gamma: 1, inverted: false, table: 'grey' };

export function sameTransfer(a: Transfer, b: Transfer): boolean {
  return a.range[0] === b.range[0] && a.range[1] === b.range[1] && sameAppearance(a, b);
}

export function sameAppearance(a: Omit<Transfer, 'range'>, b: Omit<Transfer, 'range'>): boolean {
  return a.gamma === b.gamma && a.inverted === b.inverted && a.table === b.table;
}

/**
 * Writes RGBA, opaque: channels of one size, each brought to its own colours, inversion included, and then added, as
 * Fiji's composites and additive layers in napari are; sums beyond 255 are held there. O(pixels × channels).
 */
export function paintChannels(
  planes: readonly PixelPlane[],
  transfers: readonly Transfer[],
  rgba: Uint8ClampedArray<ArrayBuffer>,
): void {
  const [first, ...others] = planes;
  if (!first) return;
  paintPlane(first, transfers[0]!, rgba);
  if (others.length === 0) return;
  const sums = new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.length / 4);
  const part = new Uint8ClampedArray(rgba.length);
  const addends = new Uint32Array(part.buffer);
  for (const [i, plane] of others.entries()) {
    paintPlane(plane, transfers[i + 1]!, part);
    for (let at = 0; at < sums.length; at++) sums[at] = addHeld(sums[at]!, addends[at]!);
  }
}

/** Adds the bytes of two words, each held at 255; two at a time, with room to carry: several times as fast as singly. */
function addHeld(a: number, b: number): number {
  return (addPairs((a >>> 8) & 0x00ff00ff, (b >>> 8) & 0x00ff00ff) << 8) | addPairs(a & 0x00ff00ff, b & 0x00ff00ff);
}

function addPairs(a: number, b: number): number {
  const sum = a + b;
  const carried = sum & 0x01000100;
  return (sum | (carried - (carried >>> 8))) & 0x00ff00ff;
}

/** Writes RGBA, opaque. NaN is shown as the black end of the range. */
export function paintPlane({ data, samples }: PixelPlane, transfer: Transfer, rgba: Uint8ClampedArray): void {
  const shades = shadesOf(data, transfer);
  if (samples === 3) {
    const flip = transfer.inverted ? 255 : 0;
    for (let from = 0, to = 0; from < shades.length; from += 3, to += 4) {
      rgba[to] = shades[from]! ^ flip;
      rgba[to + 1] = shades[from + 1]! ^ flip;
      rgba[to + 2] = shades[from + 2]! ^ flip;
      rgba[to + 3] = 255;
    }
    return;
  }
  const words = new Uint32Array(rgba.buffer, rgba.byteOffset, shades.length);
  const colors = colorsOf(transfer);
  for (let i = 0; i < shades.length; i++) words[i] = colors[shades[i]!]!;
  const marks = clippingMarks[transfer.table];
  if (marks) markClipped(data, transfer.range, marks, words);
}

/** By value, so that inversion does not swap the marks and gamma marks nothing that is not cut off. */
function markClipped(
  data: PixelPlane['data'],
  [low, high]: DisplayRange,
  marks: { low: Rgb; high: Rgb },
  words: Uint32Array,
): void {
  const [lowWord, highWord] = [wordOf(marks.low), wordOf(marks.high)];
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value >= high) words[i] = highWord;
    else if (!(value > low)) words[i] = lowWord;
  }
}

/** Range and gamma, 0 … 255. Float samples under a gamma go by a table too: a power for each is too slow to drag. */
function shadesOf(data: PixelPlane['data'], { range, gamma }: Transfer): Uint8ClampedArray {
  const [low, high] = range;
  const shades = new Uint8ClampedArray(data.length);
  if (!(data instanceof Float32Array)) {
    const table = shadeTable(range, gamma, data instanceof Uint8Array ? 256 : 65_536);
    for (let i = 0; i < data.length; i++) shades[i] = table[data[i]!]!;
  } else if (gamma === 1) {
    const gain = 255 / (high - low);
    for (let i = 0; i < data.length; i++) shades[i] = (data[i]! - low) * gain;
  } else {
    const table = shadeTable([0, 65_535], gamma, 65_536);
    const gain = 65_535 / (high - low);
    for (let i = 0; i < data.length; i++) {
      const place = (data[i]! - low) * gain;
      shades[i] = table[place > 0 ? (place < 65_535 ? Math.trunc(place + 0.5) : 65_535) : 0]!;
    }
  }
  return shades;
}

/** All tiles of a channel share its tables. */
const channelsAtOnce = 16;
const shadeTables = recent<Uint8ClampedArray>(channelsAtOnce);
const colorWords = recent<Uint32Array>(channelsAtOnce);

/** Shade of each sample value. */
function shadeTable(range: DisplayRange, gamma: number, values: number): Uint8ClampedArray {
  return shadeTables(`${range.join()} ${gamma} ${values}`, () => makeShadeTable(range, gamma, values));
}

function makeShadeTable([low, high]: DisplayRange, gamma: number, values: number): Uint8ClampedArray {
  const table = new Uint8ClampedArray(values);
  const gain = 255 / (high - low);
  for (let value = 0; value < values; value++) {
    const shade = (value - low) * gain;
    table[value] = gamma === 1 ? shade : 255 * Math.min(1, Math.max(0, shade / 255)) ** gamma;
  }
  return table;
}

/** Colour of each shade, as a word of RGBA in the byte order of this computer. */
function colorsOf({ table, inverted }: Transfer): Uint32Array {
  return colorWords(`${table} ${inverted}`, () => {
    const entries = lookupTable(table);
    return Uint32Array.from({ length: 256 }, (_, shade) => {
      const at = (inverted ? 255 - shade : shade) * 3;
      return wordOf([entries[at]!, entries[at + 1]!, entries[at + 2]!]);
    });
  });
}

const wordOf = (color: Rgb): number => new Uint32Array(Uint8Array.of(...color, 255).buffer)[0]!;
