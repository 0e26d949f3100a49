import type { Bbox } from '../../../native-models/masks/mask.ts';
import { cropPlane } from '../../../native-models/predictor/cropPlane.ts';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { LevelSize } from './contract.ts';
import type { PlaneCache } from './planeCache.ts';
import { tileSize } from './pyramid.ts';
import { emptyLike, shrinkInto } from './shrink.ts';

/** Bytes of a band of rows that is read at once: 512 rows of 20,000 pixels of 16 bits. */
const bandBytes = 24 * 2 ** 20;
/** A file that decodes more than this at once is not read in parts. */
const mostChunkBytes = 64 * 2 ** 20;
/** Pixels of a step of a pass over a whole level: some 20 ms of work. */
const passPixels = 2 ** 22;

export type ReadRegion = (level: number, region: Bbox) => Promise<PixelPlane>;

/** One level of a plane in a file, and how it is best read. */
export interface ChunkedLevel {
  size: LevelSize;
  /** What is read and kept at once: whole blocks, about a tile of them, or a band of whole rows. */
  chunk: LevelSize;
  /** What a pass over the level reads at once. */
  passChunk: LevelSize;
}

/** null where a part can't be had without decoding much more. */
export function chunkedLevel(
  size: LevelSize,
  block: LevelSize | undefined,
  bytesPerPixel: number,
): ChunkedLevel | null {
  if (!block) return null;
  const isRows = block.widthPx >= size.widthPx;
  const multiple = (length: number, wanted: number) => length * Math.max(1, Math.round(wanted / length));
  const rows = (most: number) => ({
    widthPx: size.widthPx,
    heightPx: block.heightPx * Math.max(1, Math.floor(most / block.heightPx)),
  });
  const tiles = { widthPx: multiple(block.widthPx, tileSize), heightPx: multiple(block.heightPx, tileSize) };
  const chunk = isRows ? rows(Math.min(tileSize, bandBytes / (size.widthPx * bytesPerPixel))) : tiles;
  const passChunk = isRows ? rows(passPixels / size.widthPx) : tiles;
  return chunk.widthPx * chunk.heightPx * bytesPerPixel > mostChunkBytes ? null : { size, chunk, passChunk };
}

/** Parts of one plane of a file, chunk by chunk; what was read last is kept in a cache that others share. */
export class PlaneChunks {
  constructor(
    private readonly levels: readonly ChunkedLevel[],
    private readonly read: ReadRegion,
    private readonly kept: PlaneCache,
    /** Names the plane in the cache. */
    private readonly key: string,
  ) {}

  /** `region` in pixels of the level, inside it. */
  async region(level: number, region: Bbox): Promise<PixelPlane> {
    const { chunk, size } = this.levels[level]!;
    const [x, y, width, height] = region;
    let whole: PixelPlane | null = null;
    for (let top = Math.floor(y / chunk.heightPx) * chunk.heightPx; top < y + height; top += chunk.heightPx) {
      for (let left = Math.floor(x / chunk.widthPx) * chunk.widthPx; left < x + width; left += chunk.widthPx) {
        const columns = Math.min(chunk.widthPx, size.widthPx - left);
        const rows = Math.min(chunk.heightPx, size.heightPx - top);
        const piece = await this.kept.plane(`${this.key} level ${level} chunk ${left},${top}`, () =>
          this.read(level, [left, top, columns, rows]),
        );
        const x0 = Math.max(x, left);
        const y0 = Math.max(y, top);
        const x1 = Math.min(x + width, left + columns);
        const y1 = Math.min(y + height, top + rows);
        const part = cropPlane(piece, [x0 - left, y0 - top, x1 - left, y1 - top]);
        if (part.widthPx === width && part.heightPx === height) return part;
        whole ??= emptyLike(piece, width, height);
        pasteInto(whole, x0 - x, y0 - y, part);
      }
    }
    return whole!;
  }

  /** A region at 1/`step`, chunk by chunk. Its left and top are multiples of `step`, a power of two. */
  shrunk(level: number, region: Bbox, step: number): Promise<PixelPlane> {
    if (step === 1) return this.region(level, region);
    const cells = cellsOf(region, this.levels[level]!.chunk, step);
    return shrinkCells(cells, region, step, (cell) => this.region(level, cell));
  }

  /**
   * The whole level at 1/`step`, read from the file once from top to bottom, of which nothing is kept but the result.
   * `between` is waited for before each step of some megapixels; its error ends the pass.
   */
  pass(level: number, step: number, between: () => Promise<void>): Promise<PixelPlane> {
    const { size, passChunk } = this.levels[level]!;
    const whole: Bbox = [0, 0, size.widthPx, size.heightPx];
    return shrinkCells(cellsOf(whole, passChunk, step), whole, step, async (cell) => {
      await between();
      return this.read(level, cell);
    });
  }
}

/** Cells of a region that end where chunks do, each a multiple of `step` from the region's left and top. */
function cellsOf([x, y, width, height]: Bbox, chunk: LevelSize, step: number): Bbox[] {
  const columns = spans(x, width, chunk.widthPx, step);
  return spans(y, height, chunk.heightPx, step).flatMap(([top, rows]) =>
    columns.map(([left, length]): Bbox => [left, top, length, rows]),
  );
}

function spans(start: number, length: number, chunk: number, step: number): [start: number, length: number][] {
  const side = Math.ceil(chunk / step) * step;
  const found: [number, number][] = [];
  for (let at = start; at < start + length;) {
    const end = Math.min(start + length, (Math.floor(at / side) + 1) * side);
    found.push([at, end - at]);
    at = end;
  }
  return found;
}

async function shrinkCells(
  cells: readonly Bbox[],
  [x, y, width, height]: Bbox,
  step: number,
  read: (cell: Bbox) => Promise<PixelPlane>,
): Promise<PixelPlane> {
  let target: PixelPlane | null = null;
  for (const cell of cells) {
    const piece = await read(cell);
    target ??= emptyLike(piece, Math.ceil(width / step), Math.ceil(height / step));
    shrinkInto(target, (cell[0] - x) / step, (cell[1] - y) / step, piece, step);
  }
  return target!;
}

function pasteInto(target: PixelPlane, column: number, row: number, part: PixelPlane): void {
  const length = part.widthPx * part.samples;
  for (let j = 0; j < part.heightPx; j++) {
    const out = ((row + j) * target.widthPx + column) * part.samples;
    target.data.set(part.data.subarray(j * length, (j + 1) * length), out);
  }
}
