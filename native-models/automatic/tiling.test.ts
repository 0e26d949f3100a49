import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRle } from '../masks/rle.ts';
import { type MaskRuns, rleOf, runsOf, uniteRuns } from './maskRuns.ts';
import type { Disc } from './testing.ts';
import { isCut, isOwned, joinTiles, type PlaneTile, type TileMask, tilesOf, type Tiling, tilingFor } from './tiling.ts';

const [widthPx, heightPx] = [260, 190];
const tiling: Tiling = { coreSidePx: 64, haloPx: 16 };
const tiles = tilesOf(widthPx, heightPx, tiling);

/** The pixels of [x0, x1) × [y0, y1) that pass. */
function shape([x0, y0, x1, y1]: PlaneTile['outer'], isIn: (x: number, y: number) => boolean): MaskRuns {
  const [width, height] = [Math.max(0, x1 - x0), Math.max(0, y1 - y0)];
  const data = Uint8Array.from({ length: width * height }, (_, at) =>
    Number(isIn(x0 + (at % width), y0 + Math.floor(at / width))),
  );
  return runsOf(encodeRle({ x: x0, y: y0, width, height, data }, heightPx, widthPx));
}

const inDisc =
  ([cx, cy, radius]: Disc) =>
  (x: number, y: number) =>
    Math.hypot(x + 0.5 - cx, y + 0.5 - cy) < radius;
const whole = (disc: Disc) => shape([0, 0, widthPx, heightPx], inDisc(disc));

/** What a perfect model finds of the discs in each tile. */
function seen(discs: readonly Disc[]): TileMask[] {
  return tiles
    .flatMap((tile) =>
      discs.map((disc, at) => ({ tile, runs: shape(tile.outer, inDisc(disc)), predictedIou: 0.9 - 0.1 * at })),
    )
    .filter(({ runs }) => runs.areaPx > 0);
}

const objectsOf = (masks: readonly TileMask[], maxCovered = 1) =>
  joinTiles(masks, maxCovered).map((group) => uniteRuns(group.map((at) => masks[at]!.runs)));

describe('tiles', () => {
  it('are cut where they are wanted and the plane is larger, or where it is too large for one look', () => {
    const size = { widthPx: 3000, heightPx: 900 };
    expect(tilingFor(size, null, 3_000_000)).toBeNull();
    expect(tilingFor(size, null, 2_000_000)).toEqual({ coreSidePx: 1024, haloPx: 128 });
    expect(tilingFor(size, 512, 3_000_000)).toEqual({ coreSidePx: 512, haloPx: 64 });
    expect(tilingFor(size, 3000, 3_000_000)).toBeNull();
    expect(tilingFor(size, 4096, 2_000_000)).toEqual({ coreSidePx: 1024, haloPx: 128 });
  });

  it('have cores that part the plane, none longer than asked, and outer boxes with the halo', () => {
    const side = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 90 }), fc.integer({ min: 0, max: 40 }), (w, h, core, halo) => {
        const visits = new Uint8Array(w * h);
        for (const {
          core: [x0, y0, x1, y1],
          outer,
        } of tilesOf(w, h, { coreSidePx: core, haloPx: halo })) {
          expect(Math.max(x1 - x0, y1 - y0)).toBeLessThanOrEqual(core);
          expect(outer).toEqual([
            ...[Math.max(0, x0 - halo), Math.max(0, y0 - halo)],
            ...[Math.min(w, x1 + halo), Math.min(h, y1 + halo)],
          ]);
          for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) visits[y * w + x]!++;
        }
        expect(visits.every((times) => times === 1)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('are as large as what encoders see, whatever the plane', () => {
    const large = tilesOf(9000, 7500);
    expect(large).toHaveLength(9 * 8);
    expect(large[10]).toEqual({ column: 1, row: 1, core: [1000, 937, 2000, 1875], outer: [872, 809, 2128, 2003] });
  });
});

it('an object smaller than twice the halo is seen whole and owned by exactly one tile', () => {
  // One as long as two halos, in the middle of a border, reaches the edges of both tiles and may go on beyond.
  const length = fc.integer({ min: 1, max: 2 * tiling.haloPx - 1 });
  const place = fc.record({ x: fc.nat(widthPx - 33), y: fc.nat(heightPx - 33), width: length, height: length });
  fc.assert(
    fc.property(place, ({ x, y, width, height }) => {
      const owners = tiles.filter((tile) => {
        const [x0, y0, x1, y1] = tile.outer;
        const clipped = [Math.max(x, x0), Math.max(y, y0), Math.min(x + width, x1), Math.min(y + height, y1)] as const;
        if (clipped[0] >= clipped[2] || clipped[1] >= clipped[3]) return false;
        const mask = { tile, runs: shape(clipped, () => true), predictedIou: 1 };
        return !isCut(mask) && isOwned(mask);
      });
      expect(owners).toHaveLength(1);
    }),
  );
});

describe('joining', () => {
  const disc = fc.tuple(
    fc.double({ min: 10, max: widthPx - 10, noNaN: true }),
    fc.double({ min: 10, max: heightPx - 10, noNaN: true }),
    fc.double({ min: 1, max: 80, noNaN: true }),
  );

  it('gives each disc once, as if it had not been cut, wherever it lies', () => {
    fc.assert(
      fc.property(disc, (one) => {
        expect(objectsOf(seen([one])).map(rleOf)).toEqual([rleOf(whole(one))]);
      }),
    );
  });

  it('keeps discs apart that touch on a border, in the order of their sureness', () => {
    const [edge] = [tiles[0]!.core[2]];
    const discs: Disc[] = [
      [edge - 20, 60, 20],
      [edge + 20, 60, 20],
      [edge, 140, 40],
    ];
    expect(objectsOf(seen(discs), 0.5).map(rleOf)).toEqual(discs.map((one) => rleOf(whole(one))));
  });

  it('of two views of one object keeps the owner’s, though the other is rated higher', () => {
    const [left, right] = tiles as [PlaneTile, PlaneTile];
    const edge = left.core[2];
    const views: TileMask[] = [
      { tile: right, runs: whole([edge - 3, 30, 9.5]), predictedIou: 0.95 },
      { tile: left, runs: whole([edge - 3, 30, 9]), predictedIou: 0.7 },
    ];
    expect(joinTiles(views, 1)).toEqual([[1]]);
    expect(joinTiles(views.slice(0, 1), 1)).toEqual([[0]]);
  });

  it('drops a cut mask that its tile has in the halo only, and one that a neighbour sees whole', () => {
    const [left, right] = tiles as [PlaneTile, PlaneTile];
    const edge = left.core[2];
    const object = { tile: right, runs: whole([edge + 20, 30, 25]), predictedIou: 0.7 };
    const seenLeft = { tile: left, runs: shape(left.outer, inDisc([edge + 20, 30, 25])), predictedIou: 0.9 };
    expect(isCut(seenLeft)).toBe(true);
    expect(joinTiles([seenLeft, object], 1)).toEqual([[1]]);
    const beyond = { tile: left, runs: shape(left.outer, inDisc([edge + 20, 30, 19])), predictedIou: 0.9 };
    expect(joinTiles([beyond], 1)).toEqual([]);
  });

  it('takes a mask away of which the masks of another tile cover too much', () => {
    const [left, right] = tiles as [PlaneTile, PlaneTile];
    const edge = left.core[2];
    const large = { tile: left, runs: whole([edge - 12, 30, 22]), predictedIou: 0.8 };
    const small = { tile: right, runs: whole([edge + 3, 30, 4]), predictedIou: 0.9 };
    expect(joinTiles([large, small], 1)).toEqual([[1], [0]]);
    expect(joinTiles([large, small], 0.5)).toEqual([[1], [0]]);
    expect(joinTiles([large, { ...small, predictedIou: 0.7 }], 0.5)).toEqual([[0]]);
  });
});
