import type { MicrographView } from '../../electron/service/api/contract.ts';
import type { Size, View } from './view.ts';

/** What the grid of tiles needs to know of a plane. */
export type TiledPlane = Pick<MicrographView, 'widthPx' | 'heightPx' | 'tileSize' | 'levels'>;

/** One tile of the pyramid: level k is the plane at 1/2^k. */
export interface TileAddress {
  level: number;
  tx: number;
  ty: number;
}

/** A part of the plane in image space, x1 and y1 exclusive. */
export interface Area {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export const tileKey = ({ level, tx, ty }: TileAddress) => `${level}/${tx}/${ty}`;

/** The coarsest level that still has a sample for each device pixel. */
export function levelFor(scale: number, pixelRatio: number, levels: number): number {
  const samples = Math.floor(Math.log2(1 / (scale * pixelRatio)));
  return Math.min(levels - 1, Math.max(0, samples));
}

/** The part of the plane that is on the canvas; null when it is out of sight. */
export function visibleArea(view: View, canvas: Size, plane: TiledPlane): Area | null {
  const x0 = Math.max(0, -view.offsetX / view.scale);
  const y0 = Math.max(0, -view.offsetY / view.scale);
  const x1 = Math.min(plane.widthPx, (canvas.width - view.offsetX) / view.scale);
  const y1 = Math.min(plane.heightPx, (canvas.height - view.offsetY) / view.scale);
  return x1 > x0 && y1 > y0 ? { x0, y0, x1, y1 } : null;
}

/** Tiles of a level that an area touches, those nearest to its middle first. */
export function tilesOfArea(area: Area, level: number, plane: TiledPlane): TileAddress[] {
  const side = plane.tileSize * 2 ** level;
  const last = (length: number) => Math.ceil(length / side) - 1;
  const right = Math.min(last(plane.widthPx), Math.ceil(area.x1 / side) - 1);
  const bottom = Math.min(last(plane.heightPx), Math.ceil(area.y1 / side) - 1);
  const tiles: TileAddress[] = [];
  for (let ty = Math.floor(area.y0 / side); ty <= bottom; ty++) {
    for (let tx = Math.floor(area.x0 / side); tx <= right; tx++) tiles.push({ level, tx, ty });
  }
  const middleX = (area.x0 + area.x1) / 2 / side - 0.5;
  const middleY = (area.y0 + area.y1) / 2 / side - 0.5;
  const distance = ({ tx, ty }: TileAddress) => (tx - middleX) ** 2 + (ty - middleY) ** 2;
  return tiles.sort((a, b) => distance(a) - distance(b));
}

/** The part of the plane that a tile shows. */
export function areaOfTile({ level, tx, ty }: TileAddress, plane: TiledPlane): Area {
  const side = plane.tileSize * 2 ** level;
  return {
    x0: tx * side,
    y0: ty * side,
    x1: Math.min(plane.widthPx, (tx + 1) * side),
    y1: Math.min(plane.heightPx, (ty + 1) * side),
  };
}

/** Where an area lies on the screen, on whole device pixels so that neighbours meet without a seam. */
export function screenRect(area: Area, view: View, pixelRatio: number) {
  const place = (value: number, offset: number) => Math.round((value * view.scale + offset) * pixelRatio) / pixelRatio;
  const x = place(area.x0, view.offsetX);
  const y = place(area.y0, view.offsetY);
  return { x, y, width: place(area.x1, view.offsetX) - x, height: place(area.y1, view.offsetY) - y };
}
