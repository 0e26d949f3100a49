import { open } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import type { LevelSize } from '../contract.ts';

/** For tests: how a large TIFF of 16-bit grey is stored. */
export interface LargeTiff {
  widthPx: number;
  heightPx: number;
  /** Tiles of this side, or strips of so many rows. */
  tileSide?: number;
  rowsPerStrip?: number;
  deflate: boolean;
  /** Reduced copies in further pages, by their powers of two. */
  pyramid?: readonly number[];
  /** All pixels 0, for which nothing is written: the file takes no room on the disk. Not with `deflate`. */
  empty?: boolean;
}

/** The value of a pixel: a slope in steps of 16 pixels, and squares of 128 pixels that stand out by turns. */
export function valueAt(x: number, y: number): number {
  return (x >> 4) + (y >> 4) + (((x >> 7) + (y >> 7)) & 1) * 20_000;
}

/** The value of a pixel of the level at 1/2^k, for k ≤ 4: those that it is the mean of are all equal. */
export function valueAtLevel(k: number, x: number, y: number): number {
  return valueAt(x << k, y << k);
}

/** Written block by block, so that a file of any size takes the memory of a few blocks. */
export async function writeLargeTiff(path: string, tiff: LargeTiff): Promise<void> {
  const file = await open(path, 'w');
  let at = 0;
  const append = async (bytes: Uint8Array) => {
    const begun = at;
    if (!tiff.empty || bytes.length < 2 ** 16) await file.write(bytes, 0, bytes.length, at);
    at += bytes.length + (bytes.length % 2);
    return begun;
  };
  try {
    await append(Buffer.from('II*\0\0\0\0\0', 'latin1'));
    let pointerAt = 4;
    for (const power of [0, ...(tiff.pyramid ?? [])]) {
      const size = { widthPx: Math.ceil(tiff.widthPx / 2 ** power), heightPx: Math.ceil(tiff.heightPx / 2 ** power) };
      const blocks = await writeBlocks(tiff, size, power, append);
      const directory = directoryOf(tiff, size, power, {
        offsetsAt: await append(longs(blocks.offsets)),
        lengthsAt: await append(longs(blocks.lengths)),
        count: blocks.offsets.length,
      });
      const directoryAt = await append(directory);
      await file.write(longs([directoryAt]), 0, 4, pointerAt);
      pointerAt = directoryAt + directory.length - 4;
    }
    await file.truncate(at);
  } finally {
    await file.close();
  }
}

/** Overwrites the beginning of a tile of a file that {@link writeLargeTiff} has written. */
export async function breakBlock(path: string, index: number): Promise<void> {
  const file = await open(path, 'r+');
  const number = async (at: number) => (await file.read(Buffer.alloc(4), 0, 4, at)).buffer.readUInt32LE(0);
  try {
    const directoryAt = await number(4);
    let entryAt = directoryAt + 2;
    while (((await number(entryAt)) & 0xffff) !== 324) entryAt += 12;
    const blockAt = await number((await number(entryAt + 8)) + 4 * index);
    await file.write(Buffer.alloc(40, 0xff), 0, 40, blockAt);
  } finally {
    await file.close();
  }
}

async function writeBlocks(
  { tileSide, rowsPerStrip, deflate, empty }: LargeTiff,
  { widthPx, heightPx }: LevelSize,
  power: number,
  append: (bytes: Uint8Array) => Promise<number>,
): Promise<{ offsets: number[]; lengths: number[] }> {
  const [width, height] = [tileSide ?? widthPx, tileSide ?? rowsPerStrip ?? heightPx];
  const offsets: number[] = [];
  const lengths: number[] = [];
  for (let y = 0; y < heightPx; y += height) {
    for (let x = 0; x < widthPx; x += width) {
      const rows = tileSide ? height : Math.min(height, heightPx - y);
      const raw = empty ? new Uint8Array(2 * width * rows) : blockBytes(x, y, width, rows, power);
      const bytes = deflate ? deflateSync(raw, { level: 1 }) : raw;
      offsets.push(await append(bytes));
      lengths.push(bytes.length);
    }
  }
  return { offsets, lengths };
}

function blockBytes(left: number, top: number, width: number, height: number, power: number): Uint8Array {
  const values = new Uint16Array(width * height);
  for (let j = 0; j < height; j++) {
    const isRepeated = j > 0 && ((top + j) << power) % 16 !== 0;
    if (isRepeated) {
      values.copyWithin(j * width, (j - 1) * width, j * width);
      continue;
    }
    for (let i = 0; i < width; i++) values[j * width + i] = valueAtLevel(power, left + i, top + j);
  }
  return new Uint8Array(values.buffer);
}

function directoryOf(
  { tileSide, rowsPerStrip, deflate }: LargeTiff,
  { widthPx, heightPx }: LevelSize,
  power: number,
  blocks: { offsetsAt: number; lengthsAt: number; count: number },
): Buffer {
  const long = (tag: number, value: number, count = 1) => ({ tag, value, count });
  const entries = [
    long(254, power > 0 ? 1 : 0),
    ...[long(256, widthPx), long(257, heightPx), long(258, 16), long(259, deflate ? 8 : 1)],
    ...[long(262, 1), long(277, 1)],
    ...(tileSide
      ? [long(322, tileSide), long(323, tileSide), long(324, blocks.offsetsAt, blocks.count)]
      : [long(273, blocks.offsetsAt, blocks.count), long(278, rowsPerStrip ?? heightPx)]),
    long(tileSide ? 325 : 279, blocks.lengthsAt, blocks.count),
  ].sort((a, b) => a.tag - b.tag);
  if (blocks.count === 1) throw new RangeError('a large TIFF has more than one block');
  const bytes = Buffer.alloc(2 + entries.length * 12 + 4);
  bytes.writeUInt16LE(entries.length, 0);
  for (const [i, { tag, value, count }] of entries.entries()) {
    bytes.writeUInt16LE(tag, 2 + i * 12);
    bytes.writeUInt16LE(4, 4 + i * 12);
    bytes.writeUInt32LE(count, 6 + i * 12);
    bytes.writeUInt32LE(value, 10 + i * 12);
  }
  return bytes;
}

function longs(values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}
