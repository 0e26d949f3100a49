import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Mask, maskArea, maskBbox } from '../masks/mask.ts';
import { encodeRle } from '../masks/rle.ts';
import { maskFacts } from './maskFacts.ts';
import { coveredArea, type MaskRuns, partsOf, runsIou, runsOf, sharedArea } from './maskRuns.ts';

const [widthPx, heightPx] = [9, 7];
const pixels = widthPx * heightPx;

/** Masks of the whole plane, so that runs go on from column to column. */
const planes = fc
  .uint8Array({ minLength: pixels, maxLength: pixels, max: 1 })
  .filter((data) => data.some((value) => value === 1));
const maskOf = (data: Uint8Array): Mask => ({ x: 0, y: 0, width: widthPx, height: heightPx, data });
const runs = (data: Uint8Array) => runsOf(encodeRle(maskOf(data), heightPx, widthPx));
const shared = (a: Uint8Array, b: Uint8Array) => a.reduce((sum, value, at) => sum + (value & b[at]!), 0);

/** Floods from each pixel that no flood has reached. */
function countParts(data: Uint8Array): number {
  const left = new Set(Array.from(data.keys()).filter((at) => data[at] === 1));
  let parts = 0;
  for (const seed of left) {
    parts++;
    left.delete(seed);
    for (const reached = [seed]; reached.length > 0;) {
      const at = reached.pop()!;
      const [x, y] = [at % widthPx, Math.floor(at / widthPx)];
      for (const next of [...left]) {
        if (Math.abs((next % widthPx) - x) > 1 || Math.abs(Math.floor(next / widthPx) - y) > 1) continue;
        left.delete(next);
        reached.push(next);
      }
    }
  }
  return parts;
}

describe('masks as runs', () => {
  it('have the box, the area and the parts of their pixels', () => {
    fc.assert(
      fc.property(planes, (data) => {
        const mask = runs(data);
        expect(mask.bbox).toEqual(maskBbox(maskOf(data)));
        expect(mask.areaPx).toBe(maskArea(maskOf(data)));
        expect(partsOf(mask)).toBe(countParts(data));
      }),
    );
  });

  it('share the pixels that both have', () => {
    fc.assert(
      fc.property(planes, planes, planes, (a, b, c) => {
        const both = shared(a, b);
        expect(sharedArea(runs(a), runs(b))).toBe(both);
        const union = a.reduce((sum, value, at) => sum + (value | b[at]!), 0);
        expect(runsIou(runs(a), runs(b))).toBeCloseTo(both / union);
        const others = b.map((value, at) => value | c[at]!);
        expect(coveredArea(runs(a), [runs(b), runs(c)])).toBe(shared(a, others));
      }),
    );
  });

  it('of an empty mask are none, and of nonsense a RangeError', () => {
    expect(runsOf({ size: [7, 9], counts: encodeRle(maskOf(new Uint8Array(pixels)), 7, 9).counts })).toMatchObject({
      bbox: [0, 0, 0, 0],
      areaPx: 0,
    });
    expect(() => runsOf({ size: [7, 9], counts: '1' })).toThrow(RangeError);
  });
});

function rectangle(x: number, y: number, width: number, height: number): MaskRuns {
  return runsOf(encodeRle({ x, y, width, height, data: new Uint8Array(width * height).fill(1) }, 100, 200));
}

describe('facts of proposals', () => {
  it('tell who holds whom, who overlaps whom, and who reaches the border', () => {
    const outer = rectangle(10, 10, 50, 50);
    const middle = rectangle(20, 20, 20, 20);
    const inner = rectangle(22, 22, 5, 5);
    const crossing = rectangle(50, 30, 20, 10);
    const border = rectangle(190, 50, 10, 10);
    expect(maskFacts([inner, crossing, outer, border, middle])).toEqual([
      { touchesBorder: false, nesting: 2, parts: 1, overlap: 0 },
      { touchesBorder: false, nesting: 0, parts: 1, overlap: 0.5 },
      { touchesBorder: false, nesting: 0, parts: 1, overlap: 100 / 2500 },
      { touchesBorder: true, nesting: 0, parts: 1, overlap: 0 },
      { touchesBorder: false, nesting: 1, parts: 1, overlap: 0 },
    ]);
  });

  it('of two alike count one as held', () => {
    const twice = [rectangle(0, 0, 10, 10), rectangle(0, 0, 10, 10)];
    expect(
      maskFacts(twice)
        .map(({ nesting }) => nesting)
        .sort(),
    ).toEqual([0, 1]);
  });
});
