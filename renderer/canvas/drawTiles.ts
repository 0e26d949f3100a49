import type { Context } from 'konva/lib/Context';
import type { MaskOverlay, OverlayTile } from './maskOverlay.ts';
import {
  type Area,
  areaOfTile,
  levelFor,
  screenRect,
  type TileAddress,
  type TiledPlane,
  tilesOfArea,
  visibleArea,
} from './tileGrid.ts';
import type { TileStore } from './tileStore.ts';
import type { ShownChannel } from './transfer.ts';
import type { Size, View } from './view.ts';

/** What is in sight, and at which level of the pyramid it is drawn. */
export interface Sight {
  view: View;
  plane: TiledPlane;
  area: Area;
  level: number;
  pixelRatio: number;
}

/** Beyond this many CSS pixels a pixel, borders are drawn as lines between pixels. */
const linesFrom = 3;
const lineWidth = 1.5;

/** null: the plane is out of sight. */
export function sightOf(view: View, canvas: Size, plane: TiledPlane, pixelRatio: number): Sight | null {
  const area = visibleArea(view, canvas, plane);
  return area && { view, plane, area, level: levelFor(view.scale, pixelRatio, plane.levels), pixelRatio };
}

/** Tiles that a sight needs, most urgent first: the coarsest one stands in for all until they are there. */
export function neededTiles({ area, level, plane }: Sight): TileAddress[] {
  const coarsest = plane.levels - 1;
  const fine = tilesOfArea(area, level, plane);
  return level === coarsest ? fine : [{ level: coarsest, tx: 0, ty: 0 }, ...fine];
}

/** Whether the right tiles of all that is in sight are there. */
export function isWhole({ area, level, plane }: Sight, store: TileStore): boolean {
  return tilesOfArea(area, level, plane).every((address) => store.has(address));
}

/** Draws the micrograph; coarser levels show through where the right tiles are not there yet. */
export function drawMicrograph(context: Context, sight: Sight, store: TileStore, shown: readonly ShownChannel[]): void {
  const { area, level, plane } = sight;
  smooth(context, sight);
  const right = tilesOfArea(area, level, plane);
  if (!isWhole(sight, store)) {
    for (let coarser = plane.levels - 1; coarser > level; coarser--) {
      for (const address of tilesOfArea(area, coarser, plane)) {
        drawTile(context, sight, address, store.picture(address, shown));
      }
    }
  }
  for (const address of right) drawTile(context, sight, address, store.picture(address, shown));
}

/** Draws the masks of an overlay: fill at `opacity`, borders opaque. */
export function drawOverlay(context: Context, sight: Sight, overlay: MaskOverlay, opacity: number): void {
  const asLines = sight.level === 0 && sight.view.scale >= linesFrom;
  const tiles = tilesOfArea(sight.area, sight.level, sight.plane).flatMap((address) => overlay.tile(address) ?? []);
  smooth(context, sight);
  context.globalAlpha = opacity;
  for (const tile of tiles) drawPicture(context, sight, tile.area, tile.fill);
  context.globalAlpha = 1;
  for (const tile of tiles) {
    if (asLines) drawBorders(context, sight.view, tile);
    else drawPicture(context, sight, tile.area, tile.outline);
  }
}

function drawTile(context: Context, sight: Sight, address: TileAddress, picture: HTMLCanvasElement | null): void {
  if (picture) drawPicture(context, sight, areaOfTile(address, sight.plane), picture);
}

function drawPicture(context: Context, sight: Sight, area: Area, picture: HTMLCanvasElement): void {
  const { x, y, width, height } = screenRect(area, sight.view, sight.pixelRatio);
  context.drawImage(picture, x, y, width, height);
}

function drawBorders(context: Context, { scale, offsetX, offsetY }: View, tile: OverlayTile): void {
  context.lineWidth = lineWidth;
  context.lineCap = 'square';
  for (const { color, edges } of tile.edges()) {
    context.strokeStyle = color;
    context.beginPath();
    for (const [x0, y0, x1, y1] of edges) {
      context.moveTo(x0 * scale + offsetX, y0 * scale + offsetY);
      context.lineTo(x1 * scale + offsetX, y1 * scale + offsetY);
    }
    context.stroke();
  }
}

/** A pixel that is larger than the screen's is shown as the square that it is. */
function smooth(context: Context, { view, pixelRatio }: Sight): void {
  context.imageSmoothingEnabled = view.scale * pixelRatio < 1;
}
