import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { MicrographFacts } from '../api/contract.ts';
import { version } from '../serviceInfo.ts';
import type { LabelImage } from './labelImage.ts';

type PixelSize = Pick<MicrographFacts, 'pixelSize' | 'pixelUnit'>;

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
 * A label image as TIFF: one page of 16-bit grey in deflated strips. A description in ImageJ's manner gives the display
 * range, without which low values show as black and people take the image for empty, and the micrograph's pixel size.
 */
export async function encodeLabelTiff(image: LabelImage, pixel: PixelSize): Promise<Uint8Array[]> {
  const { widthPx, heightPx } = image;
  const rowsPerStrip = Math.min(heightPx, Math.max(1, Math.floor(stripBytes / (2 * widthPx))));
  const strips: Buffer[] = [];
  for (let row = 0; row < heightPx; row += rowsPerStrip) {
    const { buffer, byteOffset, byteLength } = image.data.subarray(row * widthPx, (row + rowsPerStrip) * widthPx);
    strips.push(await promisify(deflate)(Buffer.from(buffer, byteOffset, byteLength)));
  }
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
  const fields = [
    longs(256, [widthPx]),
    longs(257, [heightPx]),
    short(258, 16),
    // Compression: deflate under Adobe's number.
    short(259, 8),
    // Photometric interpretation: black is zero.
    short(262, 1),
    text(270, description(image.objects.length, scale?.unit ?? null)),
    longs(273, offsets),
    short(277, 1),
    longs(278, [rowsPerStrip]),
    longs(279, lengths),
    // Resolution without a unit of TIFF's own: the description has it.
    ...(scale === null ? [] : [fraction(282, scale.perPixel), fraction(283, scale.perPixel), short(296, 1)]),
    text(305, `Lamella ${version}`),
    // Sample format: unsigned integers.
    short(339, 1),
  ];
  return [headerTo(end + padding.length), ...strips, padding, directory(fields, end + padding.length)];
}

/** Pixels per unit as numerator and denominator; null where the pixel size is unknown or no such fraction. */
function scaleOf({ pixelSize, pixelUnit }: PixelSize): { perPixel: [number, number]; unit: string } | null {
  if (pixelSize === null || pixelUnit === null) return null;
  const factor = micrometresPer[pixelUnit];
  const pixelsPerUnit = 1 / (pixelSize * (factor ?? 1));
  const denominator = Math.floor(2 ** 31 / Math.max(1, pixelsPerUnit));
  const numerator = Math.round(pixelsPerUnit * denominator);
  if (!(denominator >= 1 && numerator >= 1 && numerator < 2 ** 32)) return null;
  return { perPixel: [numerator, denominator], unit: factor === undefined ? pixelUnit : 'µm' };
}

function description(objects: number, unit: string | null): string {
  const lines = ['ImageJ=1.11a', 'images=1', 'min=0.0', `max=${Math.max(1, objects)}.0`];
  if (unit !== null) lines.push(`unit=${escaped(unit)}`);
  return `${lines.join('\n')}\n`;
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

function short(tag: number, number: number): Field {
  const value = Buffer.alloc(2);
  value.writeUInt16LE(number);
  return { tag, type: 3, count: 1, value };
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
