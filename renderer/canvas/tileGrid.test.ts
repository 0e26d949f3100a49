import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areaOfTile, levelFor, tileKey, tilesOfArea, visibleArea } from './tileGrid.ts';

const planes = fc
  .record({ widthPx: fc.integer({ min: 1, max: 5000 }), heightPx: fc.integer({ min: 1, max: 5000 }) })
  .map((size) => ({ ...size, tileSize: 512, levels: 5 }));

describe('tilesOfArea', () => {
  it('covers the area with tiles of the plane, each once', () => {
    fc.assert(
      fc.property(planes, fc.nat(4), fc.nat(5000), fc.nat(5000), fc.nat(3000), (plane, level, x, y, side) => {
        const x0 = Math.min(x, plane.widthPx - 1);
        const y0 = Math.min(y, plane.heightPx - 1);
        const area = {
          x0,
          y0,
          x1: Math.min(plane.widthPx, x0 + side + 1),
          y1: Math.min(plane.heightPx, y0 + side + 1),
        };
        const tiles = tilesOfArea(area, level, plane);
        expect(new Set(tiles.map(tileKey)).size).toBe(tiles.length);
        let covered = 0;
        for (const tile of tiles) {
          const of = areaOfTile(tile, plane);
          const width = Math.min(of.x1, area.x1) - Math.max(of.x0, area.x0);
          const height = Math.min(of.y1, area.y1) - Math.max(of.y0, area.y0);
          expect(Math.min(width, height)).toBeGreaterThan(0);
          covered += width * height;
        }
        expect(covered).toBe((area.x1 - area.x0) * (area.y1 - area.y0));
      }),
    );
  });

  it('begins in the middle', () => {
    const plane = { widthPx: 2560, heightPx: 2560, tileSize: 512, levels: 4 };
    const [first] = tilesOfArea({ x0: 0, y0: 0, x1: 2560, y1: 2560 }, 0, plane);
    expect(first).toEqual({ level: 0, tx: 2, ty: 2 });
  });
});

describe('levelFor', () => {
  it('has a sample for each device pixel, and no finer level than that needs', () => {
    expect(levelFor(1, 1, 6)).toBe(0);
    expect(levelFor(0.51, 1, 6)).toBe(0);
    expect(levelFor(0.5, 1, 6)).toBe(1);
    expect(levelFor(0.25, 2, 6)).toBe(1);
    expect(levelFor(0.001, 1, 6)).toBe(5);
    expect(levelFor(16, 1, 6)).toBe(0);
  });
});

it('visibleArea is null when the plane is out of sight', () => {
  const plane = { widthPx: 100, heightPx: 100, tileSize: 512, levels: 1 };
  const canvas = { width: 200, height: 200 };
  expect(visibleArea({ scale: 1, offsetX: 300, offsetY: 0 }, canvas, plane)).toBeNull();
  expect(visibleArea({ scale: 2, offsetX: -50, offsetY: 10 }, canvas, plane)).toEqual({
    x0: 25,
    y0: 0,
    x1: 100,
    y1: 95,
  });
});
