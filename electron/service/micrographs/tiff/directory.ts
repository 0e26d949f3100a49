import { fileDamaged } from '../fileDamage.ts';
import type { FileBytes } from '../fileBytes.ts';

/** Where the value of a tag lies. */
export interface TiffEntry {
  type: number;
  count: number;
  /** Offset of the value in the file. */
  at: number;
}

/** One image file directory (page, or reduced copy of one) of a TIFF or BigTIFF. Source: TIFF 6.0, BigTIFF. */
export interface TiffDirectory {
  widthPx: number;
  heightPx: number;
  bitsPerSample: number;
  /** 1 unsigned, 2 signed, 3 float, 4 undefined, 5 complex integer, 6 complex float. */
  sampleFormat: number;
  samplesPerPixel: number;
  /** Per extra sample: 0 unspecified, 1 and 2 alpha. */
  extraSamples: number[];
  /** 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 4 mask, 5 CMYK, 6 YCbCr, 8 CIELab. */
  photometric: number;
  /** See codecs/index.ts. */
  compression: number;
  /** 1 none, 2 differences, 3 differences of floating-point bytes. */
  predictor: number;
  /** Bits are numbered from the lowest in each byte. */
  reversedBits: boolean;
  /** Every sample in blocks of its own, one after the other. */
  planar: boolean;
  /** Bit 0: a reduced copy of another page (pyramid, thumbnail); bit 2: a transparency mask. */
  subfileType: number;
  /** 1 upright … 8. */
  orientation: number;
  /** Pixels per unit; unit 1 none, 2 inch, 3 cm. */
  resolution: { x: number; y: number; unit: number } | null;
  tiled: boolean;
  blockWidthPx: number;
  /** Of all strips or tiles but the last strip. */
  blockHeightPx: number;
  blockOffsets: TiffEntry | undefined;
  blockLengths: TiffEntry | undefined;
  jpegTables: TiffEntry | undefined;
  colourMap: TiffEntry | undefined;
  /** Offsets of further directories that belong to this page. */
  subDirectories: TiffEntry | undefined;
  /** Descriptions and vendors' tags, by tag. */
  metadata: Map<number, TiffEntry>;
}

const typeSizes: Record<number, number> = {
  ...{ 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8 },
};
/** Description, maker and model, FEI, Zeiss, Olympus SIS, Tescan, Gatan. */
const metadataTags = new Set([
  270, 271, 272, 305, 33471, 33560, 34118, 34680, 34682, 34683, 37706, 50431, 65003, 65004, 65009, 65010,
]);
/** Bounds against hostile files: pages of a stack, entries of a directory and of all, bytes of one tag's value. */
const maxDirectories = 100_000;
const maxEntries = 4096;
const maxEntriesOfAll = 4_000_000;
const maxValueBytes = 64 * 1024 * 1024;
/** Longer descriptions and vendors' texts are taken for absent. */
const maxTextBytes = 32 * 1024 * 1024;

/** Byte order and the two widths of offsets (TIFF 4, BigTIFF 8), directories, and values of tags. */
export class TiffFile {
  private constructor(
    readonly bytes: FileBytes,
    readonly littleEndian: boolean,
    private readonly big: boolean,
    private readonly firstDirectory: number,
  ) {}

  static async open(bytes: FileBytes): Promise<TiffFile> {
    if (bytes.size < 16) throw fileDamaged(bytes.path, 'ends within its header');
    const head = await bytes.view(0, 16);
    const little = head.getUint8(0) === 0x49;
    const version = head.getUint16(2, little);
    if (version !== 42 && version !== 43) throw fileDamaged(bytes.path, 'is not a TIFF file, whatever its name says');
    const big = version === 43;
    const first = big ? Number(head.getBigUint64(8, little)) : head.getUint32(4, little);
    return new TiffFile(bytes, little, big, first);
  }

  /** The chain of pages, in file order. @throws LamellaError file-damaged */
  async pages(): Promise<TiffDirectory[]> {
    const { path } = this.bytes;
    const directories: TiffDirectory[] = [];
    const visited = new Set<number>();
    let entriesOfAll = 0;
    for (let at = this.firstDirectory; at !== 0;) {
      if (visited.has(at)) throw fileDamaged(path, 'has a chain of directories that loops');
      if (directories.length >= maxDirectories || entriesOfAll > maxEntriesOfAll) {
        throw fileDamaged(path, `has more than ${maxDirectories} directories`);
      }
      visited.add(at);
      const { entries, next } = await this.#entries(at);
      entriesOfAll += entries.size;
      directories.push(await this.#directory(entries));
      at = next;
    }
    if (directories.length === 0) throw fileDamaged(path, 'holds no image');
    return directories;
  }

  /** The directories that a page holds besides: its reduced copies, if any. */
  async subDirectoriesOf(page: TiffDirectory): Promise<TiffDirectory[]> {
    const found: TiffDirectory[] = [];
    for (const at of await this.numbers(page.subDirectories, 64)) {
      found.push(await this.#directory((await this.#entries(at)).entries));
    }
    return found;
  }

  /** The first `most` values of a numeric tag; none for an absent one. */
  async numbers(entry: TiffEntry | undefined, most: number): Promise<number[]> {
    const size = entry ? typeSizes[entry.type] : undefined;
    if (!entry || size === undefined) return [];
    const count = Math.min(entry.count, most);
    const view = await this.#value(entry.at, count * size);
    return Array.from({ length: count }, (_, i) => this.#number(view, entry.type, i * size));
  }

  /** Text without the NULs at its end; '' for an absent tag. */
  async text(entry: TiffEntry | undefined, encoding: 'utf8' | 'latin1'): Promise<string> {
    return Buffer.from(await this.raw(entry))
      .toString(encoding)
      .replace(/^\0+|\0[^]*$/g, '');
  }

  /** Bytes of a tag's value; none for an absent one. */
  async raw(entry: TiffEntry | undefined): Promise<Uint8Array> {
    if (!entry) return new Uint8Array(0);
    const view = await this.#value(entry.at, entry.count * (typeSizes[entry.type] ?? 1));
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
  }

  async #directory(entries: Map<number, TiffEntry>): Promise<TiffDirectory> {
    const real = async (tag: number, absent: number) => (await this.numbers(entries.get(tag), 1))[0] ?? absent;
    const number = async (tag: number, absent: number) => {
      const value = await real(tag, absent);
      if (Number.isSafeInteger(value) && value >= 0) return value;
      throw fileDamaged(this.bytes.path, `has the value ${value} for tag ${tag}`);
    };
    const widthPx = await number(256, 0);
    const heightPx = await number(257, 0);
    const tiled = entries.has(324) || entries.has(322);
    const [x] = await this.numbers(entries.get(282), 1);
    return {
      widthPx,
      heightPx,
      bitsPerSample: await number(258, 1),
      sampleFormat: await number(339, 1),
      samplesPerPixel: await number(277, 1),
      extraSamples: await this.numbers(entries.get(338), 256),
      photometric: await number(262, 1),
      compression: await number(259, 1),
      predictor: await number(317, 1),
      reversedBits: (await number(266, 1)) === 2,
      planar: (await number(284, 1)) === 2,
      subfileType: await number(254, 0),
      orientation: await number(274, 1),
      resolution: x === undefined ? null : { x, y: await real(283, x), unit: await number(296, 2) },
      tiled,
      blockWidthPx: tiled ? await number(322, 0) : widthPx,
      blockHeightPx: tiled ? await number(323, 0) : Math.min(heightPx, await number(278, heightPx)),
      blockOffsets: entries.get(324) ?? entries.get(273),
      blockLengths: entries.get(325) ?? entries.get(279),
      jpegTables: entries.get(347),
      colourMap: entries.get(320),
      subDirectories: entries.get(330),
      metadata: new Map([...entries].filter(([tag, { count }]) => metadataTags.has(tag) && count <= maxTextBytes)),
    };
  }

  async #entries(at: number): Promise<{ entries: Map<number, TiffEntry>; next: number }> {
    const { bytes, littleEndian } = this;
    const countSize = this.big ? 8 : 2;
    const entrySize = this.big ? 20 : 12;
    const countView = await bytes.view(at, countSize);
    const count = this.big ? Number(countView.getBigUint64(0, littleEndian)) : countView.getUint16(0, littleEndian);
    if (count === 0 || count > maxEntries) throw fileDamaged(bytes.path, `has a directory of ${count} entries`);
    const view = await bytes.view(at + countSize, count * entrySize);
    const entries = new Map<number, TiffEntry>();
    for (let i = 0; i < count; i++) {
      const from = i * entrySize;
      const type = view.getUint16(from + 2, littleEndian);
      const valueCount = this.#offset(view, from + 4);
      const inline = from + (this.big ? 12 : 8);
      const fits = valueCount * (typeSizes[type] ?? 1) <= (this.big ? 8 : 4);
      entries.set(view.getUint16(from, littleEndian), {
        type,
        count: valueCount,
        at: fits ? at + countSize + inline : this.#offset(view, inline),
      });
    }
    const nextAt = at + countSize + count * entrySize;
    // Some writers leave out the pointer after the last directory at the end of the file.
    if (nextAt + (this.big ? 8 : 4) > bytes.size) return { entries, next: 0 };
    return { entries, next: this.#offset(await bytes.view(nextAt, this.big ? 8 : 4), 0) };
  }

  #number(view: DataView, type: number, at: number): number {
    const { littleEndian } = this;
    switch (type) {
      case 3:
        return view.getUint16(at, littleEndian);
      case 8:
        return view.getInt16(at, littleEndian);
      case 4:
      case 13:
        return view.getUint32(at, littleEndian);
      case 9:
        return view.getInt32(at, littleEndian);
      case 5:
        return view.getUint32(at, littleEndian) / view.getUint32(at + 4, littleEndian);
      case 10:
        return view.getInt32(at, littleEndian) / view.getInt32(at + 4, littleEndian);
      case 11:
        return view.getFloat32(at, littleEndian);
      case 12:
        return view.getFloat64(at, littleEndian);
      case 16:
      case 18:
        return Number(view.getBigUint64(at, littleEndian));
      case 17:
        return Number(view.getBigInt64(at, littleEndian));
      default:
        return view.getUint8(at);
    }
  }

  #offset(view: DataView, at: number): number {
    return this.big ? Number(view.getBigUint64(at, this.littleEndian)) : view.getUint32(at, this.littleEndian);
  }

  async #value(at: number, length: number): Promise<DataView> {
    if (length > maxValueBytes) throw fileDamaged(this.bytes.path, `has a tag of ${length} bytes`);
    return this.bytes.view(at, length);
  }
}
