import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Mask, maskArea, trimMask } from './mask.ts';
import { compressRuns, decodeRle, decompressRuns, encodeRle, maskToRuns, rleArea } from './rle.ts';

const planeWithMask = fc
  .record({ height: fc.integer({ min: 1, max: 24 }), width: fc.integer({ min: 1, max: 24 }) })
  .chain(({ height, width }) =>
    fc
      .record({ x: fc.integer({ min: 0, max: width - 1 }), y: fc.integer({ min: 0, max: height - 1 }) })
      .chain(({ x, y }) =>
        fc
          .record({ w: fc.integer({ min: 1, max: width - x }), h: fc.integer({ min: 1, max: height - y }) })
          .chain(({ w, h }) =>
            fc.array(fc.constantFrom(0, 1, 1), { minLength: w * h, maxLength: w * h }).map((bits) => ({
              height,
              width,
              mask: { x, y, width: w, height: h, data: Uint8Array.from(bits) } satisfies Mask,
            })),
          ),
      ),
  );

describe('COCO RLE', () => {
  it('gives back every mask that it encodes', () => {
    fc.assert(
      fc.property(planeWithMask, ({ height, width, mask }) => {
        const rle = encodeRle(mask, height, width);
        expect(decodeRle(rle)).toEqual(trimMask(mask));
        expect(rleArea(rle)).toBe(maskArea(mask));
        expect(maskToRuns(mask, height, width).reduce((a, b) => a + b, 0)).toBe(height * width);
      }),
    );
  });

  it('gives back runs of any size, also beyond 2^20', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400_000_000 }), { maxLength: 12 }), (runs) => {
        expect(decompressRuns(compressRuns(runs))).toEqual(runs);
      }),
    );
  });

  it('writes the string that pycocotools documents for a small mask', () => {
    // 3 × 3 plane, centre pixel set: runs 4, 1, 4.
    const mask: Mask = { x: 1, y: 1, width: 1, height: 1, data: Uint8Array.of(1) };
    expect(maskToRuns(mask, 3, 3)).toEqual([4, 1, 4]);
    expect(encodeRle(mask, 3, 3).counts).toBe('414');
  });

  it('refuses runs that do not fill the plane and strings that are damaged', () => {
    expect(() => decodeRle({ size: [3, 3], counts: '41' })).toThrow(RangeError);
    expect(() => decompressRuns('\u0001')).toThrow(RangeError);
  });
});
