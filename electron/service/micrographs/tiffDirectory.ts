import type { FileHandle } from 'node:fs/promises';
import { fileDamaged } from './fileDamage.ts';

/** One image file directory (page) of a TIFF or BigTIFF, as far as reading planes needs it. */
export interface TiffDirectory {
  widthPx: number;
  heightPx: number;
  bitsPerSample: number;
  /** 1 unsigned, 2 signed, 3 float, 4 undefined. */
  sampleFormat: number;
  samplesPerPixel: number;
  /** Per extra sample: 0 unspecified, 1 and 2 alpha. */
  extraSamples: number[];
  /** 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 4 mask, 5 CMYK, 6 YCbCr, 8 CIELab. */
  photometric: number;
  /** The palette, where there is one, holds greys only: the picture has one sample a pixel. */
  greyPalette: boolean;
  /** 3: floating-point predictor. */
  predictor: number;
  /** Bit 0: a reduced copy of another page (pyramid, thumbnail); bit 2: a transparency mask. */
  subfileType: number;
  description: string;
  /** Pixels per unit; unit 1 none, 2 inch, 3 cm. */
  resolution: { x: number; unit: number } | null;
  /** Text of the vendors' tags that name a pixel size, by tag. */
  vendorText: Map<number, string>;
  /** Where the value of SampleFormat lies in the file, null when the tag is absent. */
  sampleFormatAt: number | null;
  /** First byte after the last strip or tile. */
  dataEnd: number;
}

/** FEI_SFEG, FEI_HELIOS, CZ_SEM. */
const vendorTags = [34680, 34682, 34118];
const typeSizes: Record<number, number> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 13: 4, 16: 8 };
/** Bounds against hostile files: pages of a stack, entries of a directory, bytes of one tag's value. */
const maxDirectories = 100_000;
const maxEntries = 4096;
const maxValueBytes = 64 * 1024 * 1024;

interface Entry {
  type: number;
  count: number;
  /** Offset of the value in the file. */
  at: number;
}

/** Reads all directories in file order. @throws LamellaError file-damaged */
export async function readTiffDirectories(file: FileHandle, path: string): Promise<TiffDirectory[]> {
  const { size } = await file.stat();
  const reader = await TiffReader.open(file, path, size);
  const directories: TiffDirectory[] = [];
  const visited = new Set<number>();
  for (let at = reader.firstDirectory; at !== 0;) {
    if (visited.has(at)) throw fileDamaged(path, 'has a chain of directories that loops');
    if (directories.length >= maxDirectories) throw fileDamaged(path, `has more than ${maxDirectories} directories`);
    visited.add(at);
    const { entries, next } = await reader.entries(at);
    directories.push(await readDirectory(reader, entries));
    at = next;
  }
  if (directories.length === 0) throw fileDamaged(path, 'holds no image');
  return directories;
}

async function readDirectory(reader: TiffReader, entries: Map<number, Entry>): Promise<TiffDirectory> {
  const number = async (tag: number, absent: number) => (await reader.numbers(entries.get(tag)))[0] ?? absent;
  const xResolution = await reader.numbers(entries.get(282));
  const vendorText = new Map<number, string>();
  for (const tag of vendorTags) {
    const entry = entries.get(tag);
    if (entry) vendorText.set(tag, await reader.text(entry, 'latin1'));
  }
  const format = entries.get(339);
  return {
    widthPx: await number(256, 0),
    heightPx: await number(257, 0),
    bitsPerSample: await number(258, 1),
    sampleFormat: await number(339, 1),
    samplesPerPixel: await number(277, 1),
    extraSamples: await reader.numbers(entries.get(338)),
    photometric: await number(262, 1),
    greyPalette: isGrey(await reader.numbers(entries.get(320))),
    predictor: await number(317, 1),
    subfileType: await number(254, 0),
    description: await reader.text(entries.get(270), 'utf8'),
    resolution: xResolution[0] === undefined ? null : { x: xResolution[0], unit: await number(296, 2) },
    vendorText,
    sampleFormatAt: format && format.type === 3 && format.count === 1 ? format.at : null,
    dataEnd: await readDataEnd(reader, entries),
  };
}

/** ColorMap: all reds, then all greens, then all blues, 16 bits each, of which the decoder uses the upper 8. */
function isGrey(colourMap: readonly number[]): boolean {
  if (colourMap.length === 0) return false;
  const length = colourMap.length / 3;
  const shift = colourMap.some((value) => value > 255) ? 8 : 0;
  return colourMap.every((value, index) => value >> shift === colourMap[index % length]! >> shift);
}

async function readDataEnd(reader: TiffReader, entries: Map<number, Entry>): Promise<number> {
  const offsets = await reader.numbers(entries.get(324) ?? entries.get(273));
  const lengths = await reader.numbers(entries.get(325) ?? entries.get(279));
  return offsets.reduce((end, offset, index) => Math.max(end, offset + (lengths[index] ?? 0)), 0);
}

/** Byte order and the two widths of offsets (TIFF 4, BigTIFF 8), and nothing of what tags mean. */
class TiffReader {
  readonly firstDirectory: number;
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #size: number;
  readonly #little: boolean;
  readonly #big: boolean;

  private constructor(file: FileHandle, path: string, size: number, head: DataView) {
    this.#file = file;
    this.#path = path;
    this.#size = size;
    this.#little = head.getUint8(0) === 0x49;
    const version = head.getUint16(2, this.#little);
    if (version !== 42 && version !== 43) throw fileDamaged(path, 'is not a TIFF file, whatever its name says');
    this.#big = version === 43;
    this.firstDirectory = this.#big ? Number(head.getBigUint64(8, this.#little)) : head.getUint32(4, this.#little);
  }

  static async open(file: FileHandle, path: string, size: number): Promise<TiffReader> {
    if (size < 16) throw fileDamaged(path, 'ends within its header');
    const head = Buffer.alloc(16);
    await file.read(head, 0, 16, 0);
    return new TiffReader(file, path, size, viewOf(head));
  }

  async entries(at: number): Promise<{ entries: Map<number, Entry>; next: number }> {
    const countSize = this.#big ? 8 : 2;
    const entrySize = this.#big ? 20 : 12;
    const countView = await this.#read(at, countSize);
    const count = this.#big ? Number(countView.getBigUint64(0, this.#little)) : countView.getUint16(0, this.#little);
    if (count === 0 || count > maxEntries) throw fileDamaged(this.#path, `has a directory of ${count} entries`);
    const view = await this.#read(at + countSize, count * entrySize);
    const entries = new Map<number, Entry>();
    for (let i = 0; i < count; i++) {
      const from = i * entrySize;
      const type = view.getUint16(from + 2, this.#little);
      const valueCount = this.#offset(view, from + 4);
      const inline = from + (this.#big ? 12 : 8);
      const fits = valueCount * (typeSizes[type] ?? 1) <= (this.#big ? 8 : 4);
      entries.set(view.getUint16(from, this.#little), {
        type,
        count: valueCount,
        at: fits ? at + countSize + inline : this.#offset(view, inline),
      });
    }
    const nextAt = at + countSize + count * entrySize;
    // Some writers leave out the pointer after the last directory at the end of the file.
    if (nextAt + (this.#big ? 8 : 4) > this.#size) return { entries, next: 0 };
    return { entries, next: this.#offset(await this.#read(nextAt, this.#big ? 8 : 4), 0) };
  }

  /** Values of an integer or rational tag; none for an absent one. */
  async numbers(entry: Entry | undefined): Promise<number[]> {
    const size = entry ? typeSizes[entry.type] : undefined;
    if (!entry || size === undefined || entry.count === 0) return [];
    const view = await this.#read(entry.at, entry.count * size);
    return Array.from({ length: entry.count }, (_, i) => this.#number(view, entry.type, i * size));
  }

  /** Text up to the first NUL; '' for an absent tag. */
  async text(entry: Entry | undefined, encoding: 'utf8' | 'latin1'): Promise<string> {
    if (!entry) return '';
    const view = await this.#read(entry.at, entry.count * (typeSizes[entry.type] ?? 1));
    return (
      Buffer.from(view.buffer, view.byteOffset, view.byteLength)
        .toString(encoding)
        .split('\0')
        .find((s) => s !== '') ?? ''
    );
  }

  #number(view: DataView, type: number, at: number): number {
    switch (type) {
      case 3:
        return view.getUint16(at, this.#little);
      case 8:
        return view.getInt16(at, this.#little);
      case 4:
      case 13:
        return view.getUint32(at, this.#little);
      case 9:
        return view.getInt32(at, this.#little);
      case 5:
        return view.getUint32(at, this.#little) / view.getUint32(at + 4, this.#little);
      case 10:
        return view.getInt32(at, this.#little) / view.getInt32(at + 4, this.#little);
      case 16:
        return Number(view.getBigUint64(at, this.#little));
      default:
        return view.getUint8(at);
    }
  }

  #offset(view: DataView, at: number): number {
    return this.#big ? Number(view.getBigUint64(at, this.#little)) : view.getUint32(at, this.#little);
  }

  async #read(at: number, length: number): Promise<DataView> {
    if (length > maxValueBytes) throw fileDamaged(this.#path, `has a tag of ${length} bytes`);
    if (!(at >= 0) || at + length > this.#size) throw fileDamaged(this.#path, 'is cut short: it points beyond its end');
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await this.#file.read(buffer, 0, length, at);
    if (bytesRead < length) throw fileDamaged(this.#path, 'ended while it was read');
    return viewOf(buffer);
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
