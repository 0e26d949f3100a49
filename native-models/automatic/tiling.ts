import type { Bbox } from '../masks/mask.ts';
import type { CropBox } from './crops.ts';
import { areaWithin, boxesMeet, coveredArea, type MaskRuns, runsIou, sharedArea, uniteRuns } from './maskRuns.ts';

/** How a plane too large for one look is cut; pixels of the plane. */
export interface Tiling {
  /** Longest side of a tile's core. More than the halo. */
  coreSidePx: number;
  /** What a tile sees beyond its core, on each side. */
  haloPx: number;
}

/** The halo is an eighth of the core. */
export const tilingOfSide = (coreSidePx: number): Tiling => ({ coreSidePx, haloPx: Math.floor(coreSidePx / 8) });

/** A core is what encoders see at once. */
export const usualTiling: Tiling = tilingOfSide(1024);

/**
 * How a plane is to be cut: by the wish, where it is larger than that, else only where it has more pixels than are looked
 * at as a whole; null: not at all.
 * @param tilePx longest side of a core; null: no wish.
 */
export function tilingFor(
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
  tilePx: number | null,
  mostPixels: number,
): Tiling | null {
  if (tilePx !== null && Math.max(widthPx, heightPx) > tilePx) return tilingOfSide(tilePx);
  return widthPx * heightPx > mostPixels ? usualTiling : null;
}

/** The cores part the plane; the outer boxes, which the model sees, overlap by the halo. */
export interface PlaneTile {
  column: number;
  row: number;
  core: CropBox;
  outer: CropBox;
}

/** A mask that was found in a tile. */
export interface TileMask {
  tile: PlaneTile;
  /** In the plane. */
  runs: MaskRuns;
  predictedIou: number;
}

/** Side of a cell of the grid by which masks are found. */
const cellPx = 128;
/** More than this share of a cut mask in another one: it is a piece of that. */
const pieceShare = 0.5;
/** Two pieces are of one object from this IoU on, where both tiles see. */
const joinIou = 0.5;
/** Two masks of different tiles are one object from this IoU on. */
const sameIou = 0.5;

/** Tiles row by row, of equal size but for a pixel. */
export function tilesOf(widthPx: number, heightPx: number, { coreSidePx, haloPx }: Tiling = usualTiling): PlaneTile[] {
  const columns = intervals(widthPx, coreSidePx);
  return intervals(heightPx, coreSidePx).flatMap(([y0, y1], row) =>
    columns.map(([x0, x1], column): PlaneTile => {
      const [left, top] = [Math.max(0, x0 - haloPx), Math.max(0, y0 - haloPx)];
      const outer: CropBox = [left, top, Math.min(widthPx, x1 + haloPx), Math.min(heightPx, y1 + haloPx)];
      return { column, row, core: [x0, y0, x1, y1], outer };
    }),
  );
}

function intervals(length: number, longest: number): [from: number, to: number][] {
  const count = Math.max(1, Math.ceil(length / longest));
  const edge = (i: number) => Math.floor((i * length) / count);
  return Array.from({ length: count }, (_, i): [number, number] => [edge(i), edge(i + 1)]);
}

/** Whether the mask reaches an edge of its tile that is not the plane's: the object may go on beyond. */
export function isCut({ tile: { outer }, runs: { bbox, planeWidth, planeHeight } }: TileMask): boolean {
  const [x, y, width, height] = bbox;
  return (
    (x <= outer[0] && outer[0] > 0) ||
    (y <= outer[1] && outer[1] > 0) ||
    (x + width >= outer[2] && outer[2] < planeWidth) ||
    (y + height >= outer[3] && outer[3] < planeHeight)
  );
}

/**
 * Whether the middle of the mask's box lies in the tile's core. A tile that owns a mask sees at least as much of it as
 * every other tile, so of an object that some tile sees whole, the owner sees all.
 */
export function isOwned({ tile: { core }, runs: { bbox } }: TileMask): boolean {
  const [x, y] = [bbox[0] + bbox[2] / 2, bbox[1] + bbox[3] / 2];
  return x >= core[0] && x < core[2] && y >= core[1] && y < core[3];
}

/**
 * The objects of the plane by the masks of its tiles, each as the indices of the masks that it is made of (most often
 * one), best predicted IoU first. As micro-sam does (Archit et al. 2025, doi:10.1038/s41592-024-02580-4), tiles see a
 * halo, and what is cut off is put together where two tiles see the same:
 * - A cut mask goes when it has nothing in its tile's core, or lies in a mask that a neighbour sees whole.
 * - Cut masks of neighbours that agree where both see are joined, best first, at most one of each tile.
 * - A cut mask that nothing was joined to stays if most of it lies in its tile's core.
 * - Of masks of different tiles that are one object the owner's stays, then that of the higher predicted IoU, and a mask
 *   goes of which more than `maxCovered` lies in those.
 */
export function joinTiles(masks: readonly TileMask[], maxCovered: number): number[][] {
  const cut = masks.map(isCut);
  const near = nearby(masks);
  const isPiece = (at: number) =>
    areaWithin(masks[at]!.runs, masks[at]!.tile.core) === 0 ||
    near(at).some((other) => {
      const shared = cut[other] ? 0 : sharedArea(masks[at]!.runs, masks[other]!.runs);
      return shared > pieceShare * masks[at]!.runs.areaPx;
    });
  const groups = masks.map((_, at) => (cut[at] && isPiece(at) ? [] : [at]));
  joinCut(masks, cut, near, groups);
  const objects = [...new Set(groups)].filter(
    (group) => group.length > 1 || (group.length === 1 && (!cut[group[0]!] || isMostlyInCore(masks[group[0]!]!))),
  );
  return withoutRepeated(masks, cut, near, objects, maxCovered);
}

/** Gives the masks of other tiles whose boxes meet that of a mask, found by the cells of a grid. */
function nearby(masks: readonly TileMask[]): (at: number) => number[] {
  const byCell = new Map<number, number[]>();
  for (const [at, { runs }] of masks.entries()) {
    for (const cell of cellsOf(runs.bbox)) {
      const known = byCell.get(cell);
      if (known) known.push(at);
      else byCell.set(cell, [at]);
    }
  }
  return (at) => {
    const { tile, runs } = masks[at]!;
    const found = new Set<number>();
    for (const cell of cellsOf(runs.bbox)) {
      for (const other of byCell.get(cell)!) {
        if (masks[other]!.tile !== tile && boxesMeet(runs.bbox, masks[other]!.runs.bbox)) found.add(other);
      }
    }
    return [...found];
  };
}

function cellsOf([x, y, width, height]: Bbox): number[] {
  const cells: number[] = [];
  for (let row = Math.floor(y / cellPx); row * cellPx < y + height; row++) {
    for (let column = Math.floor(x / cellPx); column * cellPx < x + width; column++) cells.push(row * 2 ** 24 + column);
  }
  return cells;
}

/** Puts the groups of masks that belong together into one, which then stands at the place of each of them. */
function joinCut(
  masks: readonly TileMask[],
  cut: readonly boolean[],
  near: (at: number) => number[],
  groups: number[][],
): void {
  const isOpen = (at: number) => cut[at] && groups[at]!.length > 0;
  const pairs = masks.flatMap((mask, a) =>
    isOpen(a)
      ? near(a)
          .filter((b) => b > a && isOpen(b))
          .map((b) => ({ a, b, iou: iouWhereBothSee(mask, masks[b]!) }))
          .filter(({ iou }) => iou > joinIou)
      : [],
  );
  for (const { a, b } of pairs.sort((one, other) => other.iou - one.iou)) {
    const [first, second] = [groups[a]!, groups[b]!];
    if (first === second || second.some((other) => first.some((one) => masks[one]!.tile === masks[other]!.tile))) {
      continue;
    }
    for (const at of second) {
      first.push(at);
      groups[at] = first;
    }
  }
}

function iouWhereBothSee(a: TileMask, b: TileMask): number {
  const [p, q] = [a.tile.outer, b.tile.outer];
  const zone: CropBox = [Math.max(p[0], q[0]), Math.max(p[1], q[1]), Math.min(p[2], q[2]), Math.min(p[3], q[3])];
  const shared = sharedArea(a.runs, b.runs);
  return shared === 0 ? 0 : shared / (areaWithin(a.runs, zone) + areaWithin(b.runs, zone) - shared);
}

function isMostlyInCore({ tile, runs }: TileMask): boolean {
  return 2 * areaWithin(runs, tile.core) >= runs.areaPx;
}

function withoutRepeated(
  masks: readonly TileMask[],
  cut: readonly boolean[],
  near: (at: number) => number[],
  objects: readonly number[][],
  maxCovered: number,
): number[][] {
  const sureness = (group: readonly number[]) => Math.min(...group.map((at) => masks[at]!.predictedIou));
  const isSecond = (group: readonly number[]) => group.length === 1 && (cut[group[0]!] || !isOwned(masks[group[0]!]!));
  const ranked = objects
    .map((group) => ({ group, sure: sureness(group), rank: isSecond(group) ? 1 : 0 }))
    .sort((a, b) => a.rank - b.rank || b.sure - a.sure);
  const kept = new Map<number, { runs: MaskRuns; tiles: ReadonlySet<PlaneTile> }>();
  const stays = ranked.filter(({ group }) => {
    const runs = group.length === 1 ? masks[group[0]!]!.runs : uniteRuns(group.map((at) => masks[at]!.runs));
    const tiles = new Set(group.map((at) => masks[at]!.tile));
    const known = new Set(group.flatMap(near).flatMap((at) => kept.get(at) ?? []));
    // What one tile has told apart stays apart.
    const others = [...known].filter((one) => ![...tiles].some((tile) => one.tiles.has(tile))).map((one) => one.runs);
    const most = cut[group[0]!] && group.length === 1 ? Math.min(maxCovered, pieceShare) : maxCovered;
    const isRepeated =
      others.some((other) => runsIou(runs, other) > sameIou) ||
      (most < 1 && coveredArea(runs, others) > most * runs.areaPx);
    if (!isRepeated) {
      const object = { runs, tiles };
      for (const at of group) kept.set(at, object);
    }
    return !isRepeated;
  });
  return stays.sort((a, b) => b.sure - a.sure).map(({ group }) => group);
}
