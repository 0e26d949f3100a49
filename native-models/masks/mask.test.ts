import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Bbox,
  emptyMask,
  type Mask,
  maskArea,
  maskBbox,
  maskIou,
  subtractMasks,
  trimMask,
  uniteMasks,
  windowOf,
} from './mask.ts';
import { drawnMask, planeOf, someMask } from './testing.ts';

/** Wide enough for every mask of these tests. */
const side = 20;
const onPlane = (mask: Mask) => planeOf(mask, side, side);

/** The box of a plane's foreground, found by asking every pixel. */
function boxOfPlane(plane: Uint8Array): Bbox {
  const xs: number[] = [];
  const ys: number[] = [];
  plane.forEach((value, index) => {
    if (!value) return;
    xs.push(index % side);
    ys.push(Math.floor(index / side));
  });
  if (xs.length === 0) return [0, 0, 0, 0];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return [left, top, Math.max(...xs) - left + 1, Math.max(...ys) - top + 1];
}

function countOf(plane: Uint8Array): number {
  return plane.filter((value) => value === 1).length;
}

/** Windows with and without foreground, tight ones and loose ones. */
const anyMask: fc.Arbitrary<Mask> = fc.oneof(
  { weight: 12, arbitrary: someMask },
  { weight: 1, arbitrary: fc.constant(emptyMask) },
  { weight: 1, arbitrary: someMask.map((mask) => ({ ...mask, data: new Uint8Array(mask.data.length) })) },
);

/** What every mask that comes out of an operation is: the foreground of `plane` in its tight window. */
function expectTight(mask: Mask, plane: Uint8Array): void {
  const [x, y, width, height] = boxOfPlane(plane);
  expect({ x: mask.x, y: mask.y, width: mask.width, height: mask.height }).toEqual({ x, y, width, height });
  expect(mask.data).toHaveLength(width * height);
  expect(onPlane(mask)).toEqual(plane);
}

describe('a mask', () => {
  it('has the area and the bounding box of its foreground', () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        const plane = onPlane(mask);
        expect(maskArea(mask)).toBe(countOf(plane));
        expect(maskBbox(mask)).toEqual(boxOfPlane(plane));
      }),
    );
  });

  it('seen through any box is what the plane holds there, also where the box leaves the plane', () => {
    const box: fc.Arbitrary<Bbox> = fc.tuple(
      fc.integer({ min: -8, max: side }),
      fc.integer({ min: -8, max: side }),
      fc.integer({ min: 0, max: side }),
      fc.integer({ min: 0, max: side }),
    );
    fc.assert(
      fc.property(anyMask, box, (mask, [x, y, width, height]) => {
        const plane = onPlane(mask);
        const data = Uint8Array.from({ length: width * height }, (_, index) => {
          const u = x + (index % width);
          const v = y + Math.floor(index / width);
          return u >= 0 && u < side && v >= 0 && v < side ? plane[v * side + u]! : 0;
        });
        expect(windowOf(mask, [x, y, width, height])).toEqual({ x, y, width, height, data });
      }),
      { numRuns: 300 },
    );
  });

  it('trimmed is the same foreground in the smallest window', () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        const trimmed = trimMask(mask);
        expectTight(trimmed, onPlane(mask));
        expect(trimMask(trimmed)).toEqual(trimmed);
      }),
    );
  });
});

describe('union', () => {
  it('holds the pixels that any of the masks holds', () => {
    fc.assert(
      fc.property(fc.array(anyMask, { maxLength: 5 }), (masks) => {
        const planes = masks.map(onPlane);
        const plane = new Uint8Array(side * side).map((_, index) => (planes.some((each) => each[index]) ? 1 : 0));
        expectTight(uniteMasks(masks), plane);
        expect(masks.map(onPlane)).toEqual(planes);
      }),
      { numRuns: 300 },
    );
  });

  it('of one mask shares no memory with it', () => {
    const mask = drawnMask(['##', '##'], 3, 4);
    uniteMasks([mask]).data[0] = 0;
    expect(maskArea(mask)).toBe(4);
  });

  it('takes as many masks as a project may hold objects', () => {
    const masks = Array.from({ length: 200_000 }, (_, index) => drawnMask(['#'], index % 500, Math.floor(index / 500)));
    const united = uniteMasks(masks);
    expect(maskBbox(united)).toEqual([0, 0, 500, 400]);
    expect(maskArea(united)).toBe(200_000);
  });
});

describe('subtraction', () => {
  it('leaves the pixels that none of the others holds', () => {
    fc.assert(
      fc.property(anyMask, fc.array(anyMask, { maxLength: 4 }), (mask, others) => {
        const before = onPlane(mask);
        const planes = others.map(onPlane);
        const plane = before.map((value, index) => (planes.some((each) => each[index]) ? 0 : value));
        expectTight(subtractMasks(mask, others), plane);
        expect(onPlane(mask)).toEqual(before);
        expect(others.map(onPlane)).toEqual(planes);
      }),
      { numRuns: 300 },
    );
  });

  it('of a mask from itself leaves the empty mask', () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        expect(subtractMasks(mask, [mask])).toEqual(emptyMask);
      }),
    );
  });
});

describe('intersection over union', () => {
  it('is the share of common pixels among all', () => {
    fc.assert(
      fc.property(anyMask, anyMask, (a, b) => {
        const [planeA, planeB] = [onPlane(a), onPlane(b)];
        const both = countOf(planeA.map((value, index) => value & planeB[index]!));
        const either = countOf(planeA.map((value, index) => value | planeB[index]!));
        expect(maskIou(a, b)).toBe(either === 0 ? 0 : both / either);
        expect(maskIou(b, a)).toBe(maskIou(a, b));
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on how large the windows are', () => {
    fc.assert(
      fc.property(anyMask, anyMask, (a, b) => {
        expect(maskIou(windowOf(a, [0, 0, side, side]), trimMask(b))).toBe(maskIou(a, b));
      }),
    );
  });
});
