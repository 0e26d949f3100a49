import type { Bbox } from '../../../../native-models/masks/mask.ts';
import type { PixelPlane } from '../../../../native-models/predictor/pixels.ts';
import { isLamellaError } from '../../errors.ts';
import { firstLine } from '../decodePlane.ts';
import { fileDamaged } from '../fileDamage.ts';
import { allocateSamples, samplesFromBytes } from '../storedSamples.ts';
import { reverseBits, unpackBits } from './bits.ts';
import { codecs, jpeg } from './codecs/index.ts';
import { decodeJpeg } from './codecs/jpeg.ts';
import type { TiffDirectory, TiffFile } from './directory.ts';
import { undoPredictor } from './predictor.ts';
import { readAhead } from './readAhead.ts';
import type { TiffSamples } from './samples.ts';

/** Most strips or tiles of a page, and most bytes of one when decoded. */
const maxBlocks = 2 ** 22;
const maxBlockBytes = 2 ** 31 - 1;
/** Blocks that are read and decoded at a time, and what they may take when decoded: as many as the system's threads. */
const mostAhead = 4;
const aheadBytes = 64 * 2 ** 20;

/** Where the strips or tiles of a page lie. */
export interface BlockTable {
  across: number;
  down: number;
  offsets: number[];
  lengths: number[];
}

/**
 * Reads the tables, and checks that every block lies in the file: what is cut short is refused before it is decoded.
 * @throws LamellaError file-damaged
 */
export async function readBlockTable(file: TiffFile, page: TiffDirectory): Promise<BlockTable> {
  const { path, size } = file.bytes;
  const { blockWidthPx, blockHeightPx } = page;
  if (!(blockWidthPx > 0 && blockHeightPx > 0)) {
    throw fileDamaged(path, `has tiles or strips of ${blockWidthPx} × ${blockHeightPx} pixels`);
  }
  const across = Math.ceil(page.widthPx / blockWidthPx);
  const down = Math.ceil(page.heightPx / blockHeightPx);
  const count = across * down * (page.planar ? page.samplesPerPixel : 1);
  if (count > maxBlocks || (page.blockOffsets?.count ?? 0) < count) {
    throw fileDamaged(path, `has ${page.blockOffsets?.count ?? 0} tiles or strips where its size asks for ${count}`);
  }
  const offsets = await file.numbers(page.blockOffsets, count);
  const lengths = page.blockLengths ? await file.numbers(page.blockLengths, count) : undeclaredLengths(page, offsets);
  if (lengths.length < count) throw fileDamaged(path, 'does not say how long its tiles or strips are');
  for (let i = 0; i < count; i++) {
    const end = offsets[i]! + lengths[i]!;
    if (end > size) throw fileDamaged(path, `is cut short: its picture ends at byte ${end}, the file at ${size}`);
  }
  return { across, down, offsets, lengths };
}

/** Going through the strips takes longer than reading a row. */
const joinedTables = new WeakMap<BlockTable, { page: TiffDirectory; table: BlockTable }>();

/** Uncompressed strips that lie one after the other (many SEMs write one a row) are one strip to read. */
function joined(page: TiffDirectory, table: BlockTable): { page: TiffDirectory; table: BlockTable } {
  const known = joinedTables.get(table);
  if (known) return known;
  const found = join(page, table);
  joinedTables.set(table, found);
  return found;
}

function join(page: TiffDirectory, table: BlockTable): { page: TiffDirectory; table: BlockTable } {
  const { offsets, lengths } = table;
  if (page.tiled || page.planar || page.compression !== 1 || offsets.length < 2) return { page, table };
  let bytes = 0;
  for (let i = 0; i < offsets.length; i++) {
    const isNext = offsets[i] === offsets[0]! + bytes && lengths[i] === blockSize(page, i).bytes;
    if (!isNext) return { page, table };
    bytes += lengths[i]!;
  }
  if (bytes > maxBlockBytes) return { page, table };
  return {
    page: { ...page, blockHeightPx: page.heightPx },
    table: { across: 1, down: 1, offsets: [offsets[0]!], lengths: [bytes] },
  };
}

/** Files of one uncompressed strip may leave out its length. */
function undeclaredLengths(page: TiffDirectory, offsets: readonly number[]): number[] {
  return page.compression === 1 ? offsets.map((_, index) => blockSize(page, index).bytes) : [];
}

/**
 * A part of a page: of the sample `channel` of a grey page, or its colours. Decodes the strips or tiles that the region
 * touches; of uncompressed strips it reads the rows that it needs.
 * @throws LamellaError file-damaged
 */
export async function readBlocks(
  file: TiffFile,
  separate: TiffDirectory,
  strips: BlockTable,
  samples: TiffSamples,
  channel: number,
  region: Bbox,
): Promise<PixelPlane> {
  const { page, table } = joined(separate, strips);
  const [x, y, widthPx, heightPx] = region;
  const { blockWidthPx } = page;
  const palette = samples.palette ? await readPalette(file, page, samples.samples) : null;
  const picked = samples.samples === 3 && !samples.palette ? [0, 1, 2] : [channel];
  const perSample = table.across * table.down;
  const tables = page.compression === jpeg ? await file.raw(page.jpegTables) : new Uint8Array(0);
  const part = { page, table, region };
  const samplesApart = page.planar ? picked : [0];
  const jobs = jobsOf(placesOf(part, samplesApart, perSample), async (place) => {
    const rows = { from: place.top - place.blockTop, count: place.rows };
    return { place, block: await decodeBlock(file, page, table, samples, tables, place.index, rows) };
  });
  // Made when the first block has proved to be what the header says, so that a header alone takes no memory.
  let plane: PixelPlane | null = null;
  for await (const { place, block } of readAhead(jobs, blocksAhead(page))) {
    const { left, top, columns, rows } = place;
    const stride = page.planar ? 1 : page.samplesPerPixel;
    const isWholePlane = !plane && !palette && columns === widthPx && rows === heightPx;
    if (isWholePlane && stride === 1 && samples.samples === 1 && columns === blockWidthPx) {
      return { widthPx, heightPx, samples: 1, data: block };
    }
    plane ??= {
      widthPx,
      heightPx,
      samples: samples.samples,
      data: allocateSamples(samples.dtype, widthPx * heightPx * samples.samples),
    };
    const from = { data: block, left: left - place.blockLeft, rowSamples: blockWidthPx * stride, stride };
    const to = { left: left - x, top: top - y, columns, rows };
    if (palette) copyLookedUp(plane, to, from, palette);
    else if (page.planar) copySample(plane, to, from, 0, place.slot);
    else for (const [target, source] of picked.entries()) copySample(plane, to, from, source, target);
  }
  return plane!;
}

/** A strip or tile, and the part of it that lies in the region; in pixels of the page. */
interface BlockPlace {
  index: number;
  /** Of the samples that are picked of a planar page, which one. */
  slot: number;
  blockLeft: number;
  blockTop: number;
  left: number;
  top: number;
  columns: number;
  rows: number;
}

function* placesOf(
  { page, table, region }: { page: TiffDirectory; table: BlockTable; region: Bbox },
  samplesApart: readonly number[],
  perSample: number,
): Generator<BlockPlace, void> {
  const [x, y, widthPx, heightPx] = region;
  const { blockWidthPx, blockHeightPx } = page;
  for (let by = Math.floor(y / blockHeightPx); by * blockHeightPx < y + heightPx; by++) {
    const blockTop = by * blockHeightPx;
    const top = Math.max(y, blockTop);
    const rows = Math.min(y + heightPx, blockTop + blockHeightPx) - top;
    for (let bx = Math.floor(x / blockWidthPx); bx * blockWidthPx < x + widthPx; bx++) {
      const blockLeft = bx * blockWidthPx;
      const left = Math.max(x, blockLeft);
      const columns = Math.min(x + widthPx, blockLeft + blockWidthPx) - left;
      for (const [slot, sample] of samplesApart.entries()) {
        const index = sample * perSample + by * table.across + bx;
        yield { index, slot, blockLeft, blockTop, left, top, columns, rows };
      }
    }
  }
}

function* jobsOf<Place, T>(places: Iterable<Place>, work: (place: Place) => Promise<T>): Generator<() => Promise<T>> {
  for (const place of places) yield () => work(place);
}

/** Reading and decoding of one block goes on beside that of others, as far as they are small. */
function blocksAhead(page: TiffDirectory): number {
  return Math.min(mostAhead, Math.max(1, Math.floor(aheadBytes / blockSize(page, 0).bytes)));
}

interface BlockPart {
  data: PixelPlane['data'];
  /** First column of the block that is taken; rows are taken from the first of `data`. */
  left: number;
  rowSamples: number;
  stride: number;
}

interface TargetPart {
  left: number;
  top: number;
  columns: number;
  rows: number;
}

function copySample(plane: PixelPlane, to: TargetPart, from: BlockPart, source: number, target: number): void {
  const { samples, data, widthPx } = plane;
  if (from.stride === 1 && samples === 1 && to.columns === widthPx && from.rowSamples === widthPx) {
    data.set(from.data.subarray(0, to.rows * widthPx), to.top * widthPx);
    return;
  }
  for (let j = 0; j < to.rows; j++) {
    const start = j * from.rowSamples + from.left * from.stride + source;
    const out = ((to.top + j) * widthPx + to.left) * samples + target;
    if (from.stride === 1 && samples === 1) {
      data.set(from.data.subarray(start, start + to.columns), out);
      continue;
    }
    for (let i = 0; i < to.columns; i++) data[out + i * samples] = from.data[start + i * from.stride]!;
  }
}

function copyLookedUp(plane: PixelPlane, to: TargetPart, from: BlockPart, palette: Uint8Array): void {
  const { samples, data, widthPx } = plane;
  const colours = palette.length / samples;
  for (let j = 0; j < to.rows; j++) {
    for (let i = 0; i < to.columns; i++) {
      const colour = Math.min(colours - 1, from.data[j * from.rowSamples + (from.left + i) * from.stride]!);
      const out = ((to.top + j) * widthPx + to.left + i) * samples;
      for (let s = 0; s < samples; s++) data[out + s] = palette[colour * samples + s]!;
    }
  }
}

/** Colours of 16 bits, all reds first, as the upper 8 bits of each; some programs write 8 bits only. */
async function readPalette(file: TiffFile, page: TiffDirectory, samples: 1 | 3): Promise<Uint8Array> {
  const map = await file.numbers(page.colourMap, 3 * 65_536);
  const length = Math.floor(map.length / 3);
  if (length === 0) throw fileDamaged(file.bytes.path, 'has no palette');
  const shift = map.some((value) => value > 255) ? 8 : 0;
  const palette = new Uint8Array(length * samples);
  for (let i = 0; i < length; i++) {
    for (let s = 0; s < samples; s++) palette[i * samples + s] = map[s * length + i]! >> shift;
  }
  return palette;
}

/** Whether a palette holds greys only: the picture then has one sample a pixel. */
export async function hasGreyPalette(file: TiffFile, page: TiffDirectory): Promise<boolean> {
  if (page.photometric !== 3 || !page.colourMap) return false;
  const colours = await readPalette(file, page, 3);
  for (let i = 0; i < colours.length; i += 3) {
    if (colours[i] !== colours[i + 1] || colours[i] !== colours[i + 2]) return false;
  }
  return true;
}

/** Size of a block when decoded; the last strip of a page holds the rows that are left. */
function blockSize(page: TiffDirectory, index: number): { rows: number; rowBytes: number; bytes: number } {
  const { tiled, blockWidthPx, blockHeightPx, heightPx, planar, samplesPerPixel, bitsPerSample } = page;
  const down = Math.ceil(heightPx / blockHeightPx);
  const rows = tiled ? blockHeightPx : Math.min(blockHeightPx, heightPx - (index % down) * blockHeightPx);
  const rowBytes = Math.ceil((blockWidthPx * (planar ? 1 : samplesPerPixel) * bitsPerSample) / 8);
  return { rows, rowBytes, bytes: rows * rowBytes };
}

async function decodeBlock(
  file: TiffFile,
  page: TiffDirectory,
  table: BlockTable,
  samples: TiffSamples,
  jpegTables: Uint8Array,
  index: number,
  wanted: { from: number; count: number },
): Promise<PixelPlane['data']> {
  const size = blockSize(page, index);
  const from = wanted.from * size.rowBytes;
  const to = from + wanted.count * size.rowBytes;
  const bytes = await blockBytes(file, page, table, jpegTables, index, size, { from, to });
  if (page.reversedBits && page.bitsPerSample < 8) reverseBits(bytes.data);
  const { stored } = samples;
  const stride = page.planar ? 1 : page.samplesPerPixel;
  const values =
    typeof stored === 'number'
      ? unpackBits(bytes.data, stored, page.blockWidthPx * stride, wanted.count, !samples.palette)
      : samplesFromBytes(bytes.data, stored, bytes.littleEndian);
  return samples.invert ? inverted(values, page.bitsPerSample, page.sampleFormat) : values;
}

/** Bytes `part` of a decoded block, predictor undone. */
async function blockBytes(
  file: TiffFile,
  page: TiffDirectory,
  { offsets, lengths }: BlockTable,
  jpegTables: Uint8Array,
  index: number,
  size: { rows: number; rowBytes: number; bytes: number },
  part: { from: number; to: number },
): Promise<{ data: Uint8Array; littleEndian: boolean }> {
  const { bytes, littleEndian } = file;
  const { path } = bytes;
  const [offset, length] = [offsets[index]!, lengths[index]!];
  // Tiles that were never written, in sparse files.
  if (page.tiled && offset === 0 && length === 0) return { data: new Uint8Array(part.to - part.from), littleEndian };
  const codec = codecs[page.compression];
  const mostBytes = codec ? length * codec.mostRatio : Number.POSITIVE_INFINITY;
  if (size.bytes > maxBlockBytes || size.bytes > mostBytes) {
    throw fileDamaged(path, `promises ${size.bytes} bytes in a tile or strip of ${length}`);
  }
  // Uncompressed, and each row is by itself: also the predictors begin anew in each.
  const isPart = page.compression === 1;
  const encoded = await bytes.read(isPart ? offset + part.from : offset, isPart ? part.to - part.from : length);
  let decoded: Uint8Array;
  try {
    decoded = codec
      ? await codec.decode(encoded, isPart ? encoded.length : size.bytes)
      : await decodeJpeg(encoded, jpegTables, {
          widthPx: page.blockWidthPx,
          heightPx: size.rows,
          samples: page.planar || page.samplesPerPixel === 1 ? 1 : 3,
          ycbcr: page.photometric === 6,
        });
  } catch (cause) {
    if (isLamellaError(cause)) throw cause;
    throw fileDamaged(path, `has a tile or strip that can't be decoded (${firstLine(cause)})`, cause);
  }
  const rows = isPart ? decoded : decoded.subarray(part.from, part.to);
  if (rows.length < part.to - part.from || (!isPart && decoded.length < size.bytes)) {
    throw fileDamaged(path, `has a tile or strip that ends after ${decoded.length} of ${size.bytes} bytes`);
  }
  if (page.predictor === 1 || page.compression === jpeg) return { data: rows, littleEndian };
  const stride = page.planar ? 1 : page.samplesPerPixel;
  const sampleBytes = page.bitsPerSample / 8;
  if (!Number.isInteger(sampleBytes) || sampleBytes > 8) {
    throw fileDamaged(path, `has a predictor for samples of ${page.bitsPerSample} bits`);
  }
  const row = { rowBytes: size.rowBytes, sampleBytes, stride };
  return { data: rows, littleEndian: undoPredictor(rows, page.predictor, row, littleEndian) };
}

/** Turns values around, so that high is bright: within the range of unsigned samples, else about zero. */
function inverted(values: PixelPlane['data'], bits: number, sampleFormat: number): PixelPlane['data'] {
  const isUnsigned = sampleFormat === 1 || sampleFormat === 4;
  const most = !isUnsigned ? 0 : bits < 8 ? 255 : 2 ** bits - 1;
  for (let i = 0; i < values.length; i++) values[i] = most - values[i]!;
  return values;
}
