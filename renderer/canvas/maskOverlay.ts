import type { Bbox } from '../../electron/service/api/contract.ts';
import { dashEdges, type Edge, maskEdges } from './maskEdges.ts';
import { type DrawnMask, paintMasks } from './paintMasks.ts';
import { type Area, areaOfTile, type TileAddress, type TiledPlane, tileKey } from './tileGrid.ts';

/** A mask of the overlay; the overlay draws it anew when it is another value than before. */
export interface OverlayMask extends DrawnMask {
  /** Unique in its overlay. */
  id: number | string;
}

/** All masks in one tile of the plane: as pictures, and as lines for a view that shows single pixels. */
export interface OverlayTile {
  /** What the pictures show: the part of the tile that has masks. */
  area: Area;
  fill: HTMLCanvasElement;
  outline: HTMLCanvasElement;
  /** Borders by line colour, in image space; level 0 only, made when first asked for. */
  edges(): { color: string; edges: Edge[] }[];
}

/** Between the dashes of a proposal's line. */
const gapColor = 'rgb(0 0 0 / 55%)';

/** Tiles kept: 2 MiB each at 512². */
const keptTiles = 128;

/**
 * Masks as bitmaps on the grid of the micrograph's own tiles. Drawing costs what is on screen, not the number of
 * objects; a change paints anew only the tiles that it touches.
 */
export class MaskOverlay {
  readonly #plane: TiledPlane;
  #given: readonly OverlayMask[] = [];
  #masks: ReadonlyMap<number | string, OverlayMask> = new Map();
  /** null: no mask in this tile. */
  readonly #tiles = new Map<string, { address: TileAddress; tile: OverlayTile | null }>();

  constructor(plane: TiledPlane) {
    this.#plane = plane;
  }

  /** The masks to draw, the topmost last. The same list again costs nothing. */
  set(masks: readonly OverlayMask[]): void {
    if (masks === this.#given) return;
    this.#given = masks;
    const next = new Map(masks.map((mask) => [mask.id, mask]));
    const changed: Bbox[] = [];
    for (const [id, mask] of next) {
      const before = this.#masks.get(id);
      if (before && sameDrawing(before, mask)) continue;
      changed.push(mask.mask.bbox);
      if (before) changed.push(before.mask.bbox);
    }
    for (const [id, mask] of this.#masks) if (!next.has(id)) changed.push(mask.mask.bbox);
    this.#masks = next;
    if (changed.length === 0) return;
    for (const [key, { address }] of this.#tiles) {
      const tile = areaOfTile(address, this.#plane);
      if (changed.some((bbox) => reaches(bbox, tile))) this.#tiles.delete(key);
    }
  }

  tile(address: TileAddress): OverlayTile | null {
    const key = tileKey(address);
    const known = this.#tiles.get(key);
    if (known) {
      this.#tiles.delete(key);
      this.#tiles.set(key, known);
      return known.tile;
    }
    const tile = this.#paint(address);
    this.#tiles.set(key, { address, tile });
    if (this.#tiles.size > keptTiles) this.#tiles.delete(this.#tiles.keys().next().value!);
    return tile;
  }

  #paint(address: TileAddress): OverlayTile | null {
    const tile = areaOfTile(address, this.#plane);
    const masks = [...this.#masks.values()].filter(({ mask: { bbox } }) => reaches(bbox, tile));
    if (masks.length === 0) return null;
    const step = 2 ** address.level;
    const area = areaOfMasks(masks, tile, step);
    const width = Math.ceil((area.x1 - area.x0) / step);
    const height = Math.ceil((area.y1 - area.y0) / step);
    const painted = paintMasks(masks, { x: area.x0, y: area.y0, step, width, height });
    if (!painted) return null;
    let edges: { color: string; edges: Edge[] }[] | null = null;
    return {
      area,
      fill: picture(painted.fill, width, height),
      outline: picture(painted.outline, width, height),
      edges: () => {
        edges ??= masks.flatMap(({ mask, rgb, emphasised, proposed }) => {
          const color = emphasised ? '#ffffff' : `rgb(${rgb.join()})`;
          const border = maskEdges(mask, area);
          if (!proposed) return [{ color, edges: border }];
          return [
            { color: gapColor, edges: border },
            { color, edges: dashEdges(border) },
          ];
        });
        return edges;
      },
    };
  }
}

function reaches([x, y, width, height]: Bbox, { x0, y0, x1, y1 }: Area): boolean {
  return x < x1 && y < y1 && x + width > x0 && y + height > y0;
}

/** The part of a tile that these masks cover, on whole steps from the tile's corner. */
function areaOfMasks(masks: readonly DrawnMask[], tile: Area, step: number): Area {
  const boxes = masks.map(({ mask: { bbox } }) => bbox);
  const down = (value: number, origin: number) => origin + Math.floor((value - origin) / step) * step;
  const up = (value: number, origin: number) => origin + Math.ceil((value - origin) / step) * step;
  return {
    x0: Math.max(tile.x0, down(Math.min(...boxes.map(([x]) => x)), tile.x0)),
    y0: Math.max(tile.y0, down(Math.min(...boxes.map(([, y]) => y)), tile.y0)),
    x1: Math.min(tile.x1, up(Math.max(...boxes.map(([x, , width]) => x + width)), tile.x0)),
    y1: Math.min(tile.y1, up(Math.max(...boxes.map(([, y, , height]) => y + height)), tile.y0)),
  };
}

function sameDrawing(a: OverlayMask, b: OverlayMask): boolean {
  return (
    a.mask === b.mask &&
    a.filled === b.filled &&
    a.emphasised === b.emphasised &&
    a.proposed === b.proposed &&
    a.rgb.every((part, index) => part === b.rgb[index])
  );
}

function picture(rgba: Uint8ClampedArray<ArrayBuffer>, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')!.putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
}
