import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { LineProfile } from '../api/contract.ts';
import { tileSize } from '../micrographs/tiles.ts';

/** More than a graph can show. */
const mostSamples = 2048;
/** Those around a place of the line, and a few that it has just left. */
const heldTiles = 8;

/** Image space: the middle of pixel (i, j) is at (i + 0.5, j + 0.5). */
export interface Line {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export interface ProfiledPlane {
  widthPx: number;
  heightPx: number;
  samples: 1 | 3;
  /** At full size. */
  tile(tx: number, ty: number): Promise<PixelPlane>;
}

/**
 * Values along the part of a line that lies on the plane, a pixel apart (farther where the line is longer than the
 * most that is given), linear between the middles of the pixels. Only the tiles under the line are asked for.
 */
export async function profileAlong(line: Line, plane: ProfiledPlane): Promise<LineProfile> {
  const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
  const [x0, x1] = [within(line.x0, plane.widthPx), within(line.x1, plane.widthPx)];
  const [y0, y1] = [within(line.y0, plane.heightPx), within(line.y1, plane.heightPx)];
  const lengthPx = Math.hypot(x1 - x0, y1 - y0);
  const steps = Math.min(mostSamples, Math.max(2, Math.ceil(lengthPx) + 1)) - 1;
  const values: (number | null)[][] = Array.from({ length: plane.samples }, () => []);
  const tiles = new Map<string, PixelPlane>();

  const tileAt = async (tx: number, ty: number): Promise<PixelPlane> => {
    const key = `${tx} ${ty}`;
    const held = tiles.get(key);
    if (held) return held;
    const tile = await plane.tile(tx, ty);
    tiles.set(key, tile);
    for (const oldest of tiles.keys()) {
      if (tiles.size <= heldTiles) break;
      tiles.delete(oldest);
    }
    return tile;
  };
  const read = async (i: number, j: number, sample: number): Promise<number> => {
    const [tx, ty] = [Math.floor(i / tileSize), Math.floor(j / tileSize)];
    const tile = tiles.get(`${tx} ${ty}`) ?? (await tileAt(tx, ty));
    return tile.data[((j - ty * tileSize) * tile.widthPx + i - tx * tileSize) * tile.samples + sample]!;
  };

  for (let step = 0; step <= steps; step++) {
    const u = within(x0 + ((x1 - x0) * step) / steps - 0.5, plane.widthPx - 1);
    const v = within(y0 + ((y1 - y0) * step) / steps - 0.5, plane.heightPx - 1);
    const [left, top] = [Math.floor(u), Math.floor(v)];
    const [right, bottom] = [Math.min(left + 1, plane.widthPx - 1), Math.min(top + 1, plane.heightPx - 1)];
    const [across, down] = [u - left, v - top];
    for (const [sample, list] of values.entries()) {
      const upper = mix(await read(left, top, sample), await read(right, top, sample), across);
      const lower = mix(await read(left, bottom, sample), await read(right, bottom, sample), across);
      const value = mix(upper, lower, down);
      list.push(Number.isFinite(value) ? value : null);
    }
  }
  return { lengthPx, values };
}

/** A neighbour of no weight has no say, not even where it is no number. */
function mix(from: number, to: number, share: number): number {
  return share === 0 ? from : from * (1 - share) + to * share;
}
