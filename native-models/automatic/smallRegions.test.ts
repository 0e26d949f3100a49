import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyMask, maskArea } from '../masks/mask.ts';
import { drawnMask, planeOf, someMask } from '../masks/testing.ts';
import { fillSmallHoles, removeIslands, removeSmallRegions } from './smallRegions.ts';

const size = 20;

/** Sizes of the 8-connected regions of a value in a whole plane, pixel by pixel. */
function regionSizes(plane: Uint8Array, value: number): number[] {
  const left = plane.slice();
  return Array.from(left.keys()).flatMap((start) => {
    if (left[start] !== value) return [];
    const waiting = [start];
    left[start] = 2;
    let areaPx = 0;
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      areaPx++;
      const [x, y] = [at % size, Math.floor(at / size)];
      for (const [u, v] of [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [x + dx, y + dy] as const))) {
        const next = v * size + u;
        if (u < 0 || v < 0 || u >= size || v >= size || left[next] !== value) continue;
        left[next] = 2;
        waiting.push(next);
      }
    }
    return [areaPx];
  });
}

describe('small regions', () => {
  it('are gone: holes and islands, in the plane as a whole', () => {
    fc.assert(
      fc.property(someMask, fc.integer({ min: 1, max: 150 }), (mask, area) => {
        fc.pre(maskArea(mask) > 0);
        const filled = planeOf(fillSmallHoles(mask, size, size, area), size, size);
        expect(regionSizes(filled, 0).filter((areaPx) => areaPx < area)).toEqual([]);
        const islands = regionSizes(planeOf(removeIslands(mask, area), size, size), 1);
        if (islands.length > 1) expect(Math.min(...islands)).toBeGreaterThanOrEqual(area);
        expect(Math.max(...islands)).toBe(Math.max(...regionSizes(planeOf(mask, size, size), 1)));
      }),
      { numRuns: 200 },
    );
  });

  it('that are none leave the mask itself, and so does an empty one', () => {
    const mask = drawnMask(['####', '#..#', '####'], 3, 3);
    expect(removeSmallRegions(mask, size, size, 2)).toBe(mask);
    expect(maskArea(removeSmallRegions(mask, size, size, 3))).toBe(12);
    expect(removeSmallRegions(emptyMask, size, size, 9)).toBe(emptyMask);
  });
});
