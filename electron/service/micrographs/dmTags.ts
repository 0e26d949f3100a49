import type { FileBytes } from './fileBytes.ts';
import { fileDamaged } from './fileDamage.ts';

/** The main image of a DigitalMicrograph file: the largest that is no thumbnail. */
export interface DmImage {
  version: 3 | 4;
  littleEndian: boolean;
  dataType: number;
  dataAt: number;
  dataBytes: number;
  /** x, y, and what comes after. */
  dimensions: number[];
  /** Length of a pixel along each dimension, in the unit of the same index ('' where there is none). */
  scales: number[];
  units: string[];
  microscope: string;
  voltageV: number;
  magnification: number;
}

/** Bounds against hostile files. */
const maxDepth = 32;
const maxTags = 500_000;
const maxTextBytes = 4096;

/** Bytes of DM's encoded types: 2 short, 3 long, 4 ushort, 5 ulong, 6 float, 7 double, 8 bool, 9 char, 10 octet, 11, 12. */
const typeBytes: Record<number, number> = {
  ...{ 2: 2, 3: 4, 4: 2, 5: 4, 6: 4, 7: 8, 8: 1, 9: 1, 10: 1, 11: 8, 12: 8 },
};
const [structType, stringType, arrayType] = [15, 18, 20];

interface DmArray {
  at: number;
  bytes: number;
}

type Value = number | string | DmArray;

/**
 * Reads the tree of tags without the data. Names of groups and tags are big-endian, values in the order that the header
 * says; DM4 has 8-byte counts where DM3 has 4-byte ones. Source: the format notes in RosettaSciIO's documentation.
 * @throws LamellaError file-damaged
 */
export async function readDmImage(bytes: FileBytes): Promise<DmImage> {
  const head = await bytes.view(0, 16);
  const version = head.getInt32(0) === 3 ? 3 : 4;
  const tree = new TagTree(bytes, version, head.getInt32(version === 3 ? 8 : 12) === 1);
  await tree.readGroup(version === 3 ? 12 : 16, '', 0);
  const { values } = tree;
  const found = [...values].flatMap(([path, value]) => {
    const index = /^ImageList\.(\d+)\.ImageData\.Data$/.exec(path)?.[1];
    return index !== undefined && typeof value === 'object' ? [{ index, data: value }] : [];
  });
  const thumbnails = new Set([...values].flatMap(([path, value]) => (isThumbnail(path) ? [String(value)] : [])));
  const images = found.filter(({ index }) => !thumbnails.has(index));
  const largest = (images.length > 0 ? images : found).reduce<(typeof found)[number] | null>(
    (best, image) => (best && best.data.bytes >= image.data.bytes ? best : image),
    null,
  );
  if (!largest) throw fileDamaged(bytes.path, 'holds no image');
  const image = `ImageList.${largest.index}`;
  const number = (path: string) => numberOf(values.get(`${image}.${path}`));
  const text = (path: string) => String(values.get(`${image}.${path}`) ?? '');
  const dimensions: number[] = [];
  for (let i = 0; i < 8; i++) {
    const size = number(`ImageData.Dimensions.${i}`);
    if (!(size > 0)) break;
    dimensions.push(size);
  }
  const calibration = (i: number) => `ImageData.Calibrations.Dimension.${i}`;
  return {
    version,
    littleEndian: tree.littleEndian,
    dataType: number('ImageData.DataType'),
    dataAt: largest.data.at,
    dataBytes: largest.data.bytes,
    dimensions,
    scales: dimensions.map((_, i) => number(`${calibration(i)}.Scale`)),
    units: dimensions.map((_, i) => text(`${calibration(i)}.Units`)),
    microscope: text('ImageTags.Microscope Info.Name'),
    voltageV: number('ImageTags.Microscope Info.Voltage'),
    magnification: number('ImageTags.Microscope Info.Indicated Magnification'),
  };
}

class TagTree {
  /** By path; unnamed tags have their index for a name. */
  readonly values = new Map<string, Value>();
  #tags = 0;

  constructor(
    private readonly bytes: FileBytes,
    private readonly version: 3 | 4,
    readonly littleEndian: boolean,
  ) {}

  /** Gives the offset after the group. */
  async readGroup(at: number, path: string, depth: number): Promise<number> {
    if (depth > maxDepth) throw this.#damaged('has tags within tags without end');
    const count = await this.#count(at + 2);
    let next = at + 2 + this.#countBytes;
    for (let i = 0; i < count; i++) {
      if (++this.#tags > maxTags) throw this.#damaged(`has more than ${maxTags} tags`);
      const head = await this.bytes.view(next, 3);
      const kind = head.getUint8(0);
      const nameBytes = head.getUint16(1);
      next += 3;
      const name = nameBytes === 0 ? String(i) : await this.#text(next, nameBytes);
      next += nameBytes + (this.version === 4 ? 8 : 0);
      const tagPath = path === '' ? name : `${path}.${name}`;
      if (kind === 0x14) next = await this.readGroup(next, tagPath, depth + 1);
      else if (kind === 0x15) next = await this.#readTag(next, tagPath);
      else if (kind === 0) return next;
      else throw this.#damaged(`has a tag of kind ${kind}`);
    }
    return next;
  }

  async #readTag(at: number, path: string): Promise<number> {
    const infoCount = await this.#count(at + 4);
    if (infoCount < 1 || infoCount > 1000) throw this.#damaged(`has a tag described by ${infoCount} numbers`);
    const info: number[] = [];
    for (let i = 0; i < infoCount; i++) info.push(await this.#count(at + 4 + (i + 1) * this.#countBytes));
    const dataAt = at + 4 + (infoCount + 1) * this.#countBytes;
    const [type, second] = [info[0]!, info[1] ?? 0];
    if (type === arrayType) {
      // The last number is the length; before it is the type of an element.
      const elementBytes = second === structType ? structBytes(info.slice(1)) : typeBytes[second];
      const bytes = (elementBytes ?? Number.NaN) * info.at(-1)!;
      if (!(bytes >= 0) || dataAt + bytes > this.bytes.size)
        throw this.#damaged('is cut short: an array ends beyond it');
      const isText = second === 4 && bytes <= maxTextBytes;
      this.values.set(path, isText ? await this.#wideText(dataAt, bytes) : { at: dataAt, bytes });
      return dataAt + bytes;
    }
    if (type === stringType) return dataAt + second;
    if (type === structType) return dataAt + structBytes(info);
    const bytes = typeBytes[type];
    if (bytes === undefined) throw this.#damaged(`has a value of type ${type}`);
    this.values.set(path, this.#number(await this.bytes.view(dataAt, bytes), type));
    return dataAt + bytes;
  }

  #number(view: DataView, type: number): number {
    const little = this.littleEndian;
    if (type === 2) return view.getInt16(0, little);
    if (type === 3) return view.getInt32(0, little);
    if (type === 4) return view.getUint16(0, little);
    if (type === 5) return view.getUint32(0, little);
    if (type === 6) return view.getFloat32(0, little);
    if (type === 7) return view.getFloat64(0, little);
    if (type === 11) return Number(view.getBigInt64(0, little));
    if (type === 12) return Number(view.getBigUint64(0, little));
    return view.getUint8(0);
  }

  async #text(at: number, length: number): Promise<string> {
    const view = await this.bytes.view(at, length);
    return Buffer.from(view.buffer, view.byteOffset, length).toString('latin1');
  }

  async #wideText(at: number, length: number): Promise<string> {
    const view = await this.bytes.view(at, length);
    let text = '';
    for (let i = 0; i + 1 < length; i += 2) text += String.fromCharCode(view.getUint16(i, this.littleEndian));
    return text.replace(/\0[^]*$/, '');
  }

  get #countBytes(): 4 | 8 {
    return this.version === 3 ? 4 : 8;
  }

  async #count(at: number): Promise<number> {
    const view = await this.bytes.view(at, this.#countBytes);
    return this.version === 3 ? view.getUint32(0) : Number(view.getBigUint64(0));
  }

  #damaged(what: string) {
    return fileDamaged(this.bytes.path, what);
  }
}

/** A struct's numbers: its type, the length of its name, the number of fields, then name length and type of each. */
function structBytes(info: readonly number[]): number {
  let bytes = 0;
  for (let field = 0; field < (info[2] ?? 0) && 4 + 2 * field < info.length; field++) {
    bytes += typeBytes[info[4 + 2 * field]!] ?? Number.NaN;
  }
  return bytes;
}

function isThumbnail(path: string): boolean {
  return /^Thumbnails\.\d+\.ImageIndex$/.test(path);
}

function numberOf(value: Value | undefined): number {
  return typeof value === 'number' ? value : Number.NaN;
}
