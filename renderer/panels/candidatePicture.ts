import type { Bbox, DisplayRange, MicrographView } from '../../electron/service/api/contract.ts';
import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { rgbOf } from '../app/colors.ts';
import type { MaskWindow } from '../canvas/contract.ts';

/** A square part of the plane, in image space, and the pyramid level that shows it best. */
export interface Crop {
  x: number;
  y: number;
  side: number;
  level: number;
}

/** Share of the mask's longer side that is shown around it. */
const margin = 0.2;
/** A mask of few pixels is shown with this much of its surroundings, in image pixels. */
const smallestSide = 32;
const fillOpacity = 0.4;

type Plane = Pick<MicrographView, 'widthPx' | 'heightPx' | 'levels' | 'tileSize'>;

/** The square around a mask for a picture of `sizePx` pixels; it stays inside the plane where it fits. */
export function cropAround([x, y, width, height]: Bbox, plane: Plane, sizePx: number): Crop {
  const side = Math.max(smallestSide, Math.max(width, height) * (1 + 2 * margin));
  const place = (start: number, length: number, limit: number) => {
    const wanted = start + length / 2 - side / 2;
    return limit <= side ? (limit - side) / 2 : Math.min(Math.max(0, wanted), limit - side);
  };
  const level = Math.max(0, Math.min(plane.levels - 1, Math.floor(Math.log2(side / sizePx))));
  return { x: place(x, width, plane.widthPx), y: place(y, height, plane.heightPx), side, level };
}

/** Tiles that a crop needs. */
export function tilesOf(crop: Crop, plane: Plane): { tx: number; ty: number }[] {
  const pixel = 2 ** crop.level;
  const range = (start: number, limit: number) => {
    const last = Math.ceil(limit / pixel) - 1;
    const from = Math.min(last, Math.max(0, Math.floor(start / pixel)));
    const to = Math.min(last, Math.max(0, Math.floor((start + crop.side) / pixel)));
    return [Math.floor(from / plane.tileSize), Math.floor(to / plane.tileSize)] as const;
  };
  const [left, right] = range(crop.x, plane.widthPx);
  const [top, bottom] = range(crop.y, plane.heightPx);
  const tiles = [];
  for (let ty = top; ty <= bottom; ty++) for (let tx = left; tx <= right; tx++) tiles.push({ tx, ty });
  return tiles;
}

export const tileKey = (tx: number, ty: number) => `${tx},${ty}`;

/** The crop at `sizePx` square, RGBA, with the mask filled and outlined in its colour. Outside the plane: clear. */
export function paintCrop(
  crop: Crop,
  plane: Plane,
  tiles: ReadonlyMap<string, PixelPlane>,
  range: DisplayRange,
  mask: MaskWindow,
  color: string,
  sizePx: number,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(sizePx * sizePx * 4);
  const rgb = rgbOf(color);
  const step = crop.side / sizePx;
  const inMask = (u: number, v: number) => maskAt(mask, crop.x + (u + 0.5) * step, crop.y + (v + 0.5) * step);
  for (let v = 0; v < sizePx; v++) {
    const y = Math.floor(crop.y + (v + 0.5) * step);
    if (y < 0 || y >= plane.heightPx) continue;
    for (let u = 0; u < sizePx; u++) {
      const x = Math.floor(crop.x + (u + 0.5) * step);
      if (x < 0 || x >= plane.widthPx) continue;
      const at = (v * sizePx + u) * 4;
      readSample(pixels, at, tiles, plane.tileSize, x >> crop.level, y >> crop.level, range);
      if (!inMask(u, v)) continue;
      const inside = inMask(u - 1, v) && inMask(u + 1, v) && inMask(u, v - 1) && inMask(u, v + 1);
      const share = inside ? fillOpacity : 1;
      for (let c = 0; c < 3; c++) pixels[at + c] = pixels[at + c]! * (1 - share) + rgb[c]! * share;
    }
  }
  return pixels;
}

function maskAt({ bbox: [left, top, width, height], data }: MaskWindow, x: number, y: number): boolean {
  const i = Math.floor(x) - left;
  const j = Math.floor(y) - top;
  return i >= 0 && j >= 0 && i < width && j < height && data[j * width + i] === 1;
}

function readSample(
  into: Uint8ClampedArray,
  at: number,
  tiles: ReadonlyMap<string, PixelPlane>,
  tileSize: number,
  x: number,
  y: number,
  [low, high]: DisplayRange,
): void {
  const tx = Math.floor(x / tileSize);
  const ty = Math.floor(y / tileSize);
  const tile = tiles.get(tileKey(tx, ty));
  if (!tile) return;
  const i = Math.min(tile.widthPx - 1, x - tx * tileSize);
  const j = Math.min(tile.heightPx - 1, y - ty * tileSize);
  const from = (j * tile.widthPx + i) * tile.samples;
  for (let c = 0; c < 3; c++) {
    into[at + c] = ((tile.data[from + (tile.samples === 3 ? c : 0)]! - low) / (high - low)) * 255;
  }
  into[at + 3] = 255;
}
