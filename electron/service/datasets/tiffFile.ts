import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { MicrographFacts } from '../api/contract.ts';
import { version } from '../serviceInfo.ts';

export type PixelSize = Pick<MicrographFacts, 'pixelSize' | 'pixelUnit' | 'pixelSizeY'>;

/** Bytes of a strip before compression: readers unpack one at a time. */
const stripBytes = 2 ** 20;
const headerBytes = 8;
/** Units that are written as µm, in which every microscope's pixels fit into a TIFF's fractions. */
const micrometresPer: Readonly<Record<string, number>> = {
  m: 1e6,
  cm: 1e4,
  mm: 1e3,
  µm: 1,
  um: 1,
  micron: 1,
  nm: 1e-3,
  Å: 1e-4,
  pm: 1e-6,
};

/**
 * A plane as TIFF of its own values: one page in deflated strips. A description in ImageJ's manner gives the pixel size,
 * and what else its lines (`key=value`) say.
 */
export async function encodeTiff(
  plane: PixelPlane,
  pixel: PixelSize,
  lines: readonly string[] = [],
): Promise<Uint8Array[]> {
  const { widthPx, heightPx, samples, data } = plane;
  const bytesPerSample = data.BYTES_PER_ELEMENT;
  const rowsPerStrip = Math.min(heightPx, Math.max(1, Math.floor(stripBytes / (bytesPerSample * samples * widthPx))));
  const strips = await deflatedStrips(plane, rowsPerStrip);
  const lengths = strips.map(({ length }) => length);
  const offsets: number[] = [];
  let end = headerBytes;
  for (const length of lengths) {
    offsets.push(end);
    end += length;
  }
  // The directory begins at an even offset.
  const padding = Buffer.alloc(end % 2);
  const scale = scaleOf(pixel);
  const ofEachSample = (value: number) => new Array<number>(samples).fill(value);
  const fields = [
    longs(256, [widthPx]),
    longs(257, [heightPx]),
    shorts(258, ofEachSample(8 * bytesPerSample)),
    // Compression: deflate under Adobe's number.
    shorts(259, [8]),
    // Photometric interpretation: black is zero, or RGB.
    shorts(262, [samples === 1 ? 1 : 2]),
    text(270, description(lines, scale?.unit ?? null)),
    longs(273, offsets),
    shorts(277, [samples]),
    longs(278, [rowsPerStrip]),
    longs(279, lengths),
    // Resolution without a unit of TIFF's own: the description has it.
    ...(scale === null ? [] : [fraction(282, scale.perPixelX), fraction(283, scale.perPixelY), shorts(296, [1])]),
    text(305, `Lamella ${version}`),
    // Sample format: unsigned integers, or floating point.
    shorts(339, ofEachSample(data instanceof Float32Array ? 3 : 1)),
  ];
  return [headerTo(end + padding.length), ...strips, padding, directory(fields, end + padding.length)];
}

async function deflatedStrips(
  { widthPx, heightPx, samples, data }: PixelPlane,
  rowsPerStrip: number,
): Promise<Buffer[]> {
  const strips: Buffer[] = [];
  for (let row = 0; row < heightPx; row += rowsPerStrip) {
    const values = data.subarray(row * widthPx * samples, (row + rowsPerStrip) * widthPx * samples);
    strips.push(await promisify(deflate)(Buffer.from(values.buffer, values.byteOffset, values.byteLength)));
  }
  return strips;
}

interface Scale {
  perPixelX: [number, number];
  perPixelY: [number, number];
  unit: string;
}

/** Null where the pixel size is unknown, or no fraction that TIFF has. */
function scaleOf({ pixelSize, pixelUnit, pixelSizeY = pixelSize ?? undefined }: PixelSize): Scale | null {
  if (pixelSize === null || pixelUnit === null || pixelSizeY === undefined) return null;
  const factor = micrometresPer[pixelUnit];
  const perPixelX = fractionOf(1 / (pixelSize * (factor ?? 1)));
  const perPixelY = fractionOf(1 / (pixelSizeY * (factor ?? 1)));
  if (perPixelX === null || perPixelY === null) return null;
  return { perPixelX, perPixelY, unit: factor === undefined ? pixelUnit : 'µm' };
}

/** Pixels per unit as numerator and denominator; null where that is no such fraction. */
function fractionOf(pixelsPerUnit: number): [number, number] | null {
  const denominator = Math.floor(2 ** 31 / Math.max(1, pixelsPerUnit));
  const numerator = Math.round(pixelsPerUnit * denominator);
  return denominator >= 1 && numerator >= 1 && numerator < 2 ** 32 ? [numerator, denominator] : null;
}

function description(lines: readonly string[], unit: string | null): string {
  const all = ['ImageJ=1.11a', 'images=1', ...lines, ...(unit === null ? [] : [`unit=${escaped(unit)}`])];
  return `${all.join('\n')}\n`;
}

/** ImageJ has everything beyond ASCII as Java's properties do: µ is \u00B5. */
function escaped(unit: string): string {
  return unit.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`);
}

/** An entry of the directory. Types are numbered as in TIFF 6.0, section 2. */
interface Field {
  tag: number;
  type: number;
  count: number;
  value: Buffer;
}

function text(tag: number, content: string): Field {
  const value = Buffer.from(`${content}\0`, 'latin1');
  return { tag, type: 2, count: value.length, value };
}

function shorts(tag: number, list: readonly number[]): Field {
  const value = Buffer.alloc(2 * list.length);
  list.forEach((number, index) => value.writeUInt16LE(number, 2 * index));
  return { tag, type: 3, count: list.length, value };
}

function longs(tag: number, list: readonly number[]): Field {
  return { tag, type: 4, count: list.length, value: uint32s(list) };
}

function fraction(tag: number, parts: readonly [number, number]): Field {
  return { tag, type: 5, count: 1, value: uint32s(parts) };
}

function uint32s(list: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * list.length);
  list.forEach((number, index) => bytes.writeUInt32LE(number, 4 * index));
  return bytes;
}

function headerTo(directoryAt: number): Buffer {
  const bytes = Buffer.from('II*\0\0\0\0\0', 'latin1');
  bytes.writeUInt32LE(directoryAt, 4);
  return bytes;
}

/** The directory that lies at `at`, followed by the values that do not fit into the four bytes of an entry. */
function directory(fields: readonly Field[], at: number): Buffer {
  const entries = Buffer.alloc(2 + 12 * fields.length + 4);
  entries.writeUInt16LE(fields.length, 0);
  const values: Buffer[] = [];
  let valueAt = at + entries.length;
  fields.forEach(({ tag, type, count, value }, index) => {
    const entry = 2 + 12 * index;
    entries.writeUInt16LE(tag, entry);
    entries.writeUInt16LE(type, entry + 2);
    entries.writeUInt32LE(count, entry + 4);
    if (value.length <= 4) {
      value.copy(entries, entry + 8);
      return;
    }
    entries.writeUInt32LE(valueAt, entry + 8);
    const padded = Buffer.concat([value, Buffer.alloc(value.length % 2)]);
    values.push(padded);
    valueAt += padded.length;
  });
  return Buffer.concat([entries, ...values]);
}
