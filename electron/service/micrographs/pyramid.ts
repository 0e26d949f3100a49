import { setImmediate as turn } from 'node:timers/promises';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import { LamellaError } from '../errors.ts';

/** Side of a tile in pixels; less at the right and bottom. */
export const tileSize = 512;

/** Level k is the plane at 1/2^k, size ceil(w/2^k) × ceil(h/2^k); level 0 is the plane itself. */
export interface Pyramid {
  levels: PixelPlane[];
}

/** Number of levels until the whole plane fits in one tile. */
export function levelCount(widthPx: number, heightPx: number): number {
  let levels = 1;
  for (let side = Math.max(widthPx, heightPx); side > tileSize; side = Math.ceil(side / 2)) levels++;
  return levels;
}

/** Adds about a third to the plane's memory. Lets other work in between bands of rows. */
export async function buildPyramid(plane: PixelPlane): Promise<Pyramid> {
  const levels = [plane];
  for (let level = 1; level < levelCount(plane.widthPx, plane.heightPx); level++) {
    levels.push(await halve(levels[level - 1]!));
  }
  return { levels };
}

/**
 * Samples of one tile, a copy.
 * @throws LamellaError not-found outside the pyramid.
 */
export function tileOf(pyramid: Pyramid, level: number, tx: number, ty: number): PixelPlane {
  const plane = pyramid.levels[level];
  const x = tx * tileSize;
  const y = ty * tileSize;
  if (!plane || !(tx >= 0) || !(ty >= 0) || x >= plane.widthPx || y >= plane.heightPx) {
    throw new LamellaError('not-found', `There is no tile (${tx}, ${ty}) at level ${level}.`);
  }
  const widthPx = Math.min(tileSize, plane.widthPx - x);
  const heightPx = Math.min(tileSize, plane.heightPx - y);
  const { samples } = plane;
  const data = samplesLike(plane.data, widthPx * heightPx * samples);
  for (let j = 0; j < heightPx; j++) {
    const from = ((y + j) * plane.widthPx + x) * samples;
    data.set(plane.data.subarray(from, from + widthPx * samples), j * widthPx * samples);
  }
  return { widthPx, heightPx, samples, data };
}

/** Rows handled before the event loop gets a turn: about 10 ms of work. */
const samplesPerTurn = 2_000_000;

/** 2 × 2 mean; cells at an odd right or bottom edge average the pixels that exist. */
async function halve(plane: PixelPlane): Promise<PixelPlane> {
  const widthPx = Math.ceil(plane.widthPx / 2);
  const heightPx = Math.ceil(plane.heightPx / 2);
  const { samples } = plane;
  const data = samplesLike(plane.data, widthPx * heightPx * samples);
  const half: PixelPlane = { widthPx, heightPx, samples, data };
  const rowsPerTurn = Math.max(1, Math.floor(samplesPerTurn / (widthPx * samples)));
  for (let row = 0; row < heightPx; row += rowsPerTurn) {
    const end = Math.min(heightPx, row + rowsPerTurn);
    if (plane.data instanceof Float32Array) halveFloatRows(plane, half, row, end);
    else halveIntegerRows(plane, half, row, end);
    if (end < heightPx) await turn();
  }
  return half;
}

function halveIntegerRows(from: PixelPlane, to: PixelPlane, firstRow: number, endRow: number): void {
  const { samples, widthPx } = from;
  const rowLength = widthPx * samples;
  const source = from.data;
  const target = to.data;
  for (let j = firstRow; j < endRow; j++) {
    const upper = 2 * j * rowLength;
    const lower = 2 * j + 1 < from.heightPx ? upper + rowLength : upper;
    let out = j * to.widthPx * samples;
    for (let i = 0; i < to.widthPx; i++) {
      const left = 2 * i * samples;
      const right = 2 * i + 1 < widthPx ? left + samples : left;
      for (let s = 0; s < samples; s++) {
        // A doubled edge pixel weighs the same as the mean over the pixels that exist.
        const sum =
          source[upper + left + s]! +
          source[upper + right + s]! +
          source[lower + left + s]! +
          source[lower + right + s]!;
        target[out++] = (sum + 2) >> 2;
      }
    }
  }
}

/** As for integers, but values that are not finite are left out of the mean. */
function halveFloatRows(from: PixelPlane, to: PixelPlane, firstRow: number, endRow: number): void {
  const { samples, widthPx } = from;
  for (let j = firstRow; j < endRow; j++) {
    for (let i = 0; i < to.widthPx; i++) {
      for (let s = 0; s < samples; s++) {
        let sum = 0;
        let count = 0;
        for (let v = 2 * j; v < Math.min(2 * j + 2, from.heightPx); v++) {
          for (let u = 2 * i; u < Math.min(2 * i + 2, widthPx); u++) {
            const value = from.data[(v * widthPx + u) * samples + s]!;
            if (!Number.isFinite(value)) continue;
            sum += value;
            count++;
          }
        }
        to.data[(j * to.widthPx + i) * samples + s] = count === 0 ? Number.NaN : sum / count;
      }
    }
  }
}

export function samplesLike(like: PixelPlane['data'], length: number): PixelPlane['data'] {
  if (like instanceof Uint8Array) return new Uint8Array(length);
  return like instanceof Uint16Array ? new Uint16Array(length) : new Float32Array(length);
}
