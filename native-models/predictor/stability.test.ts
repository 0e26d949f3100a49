import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stabilityScore } from './stability.ts';
import { fixtureFolder, hasFixture, readNpz } from './testing.ts';

const threshold = fc.constantFrom(0, -2, 1.5);

/** Logits on a grid of 1/2, so that they meet both thresholds, of which only a corner may count. */
const cornerOfLogits = fc
  .record({ stride: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) })
  .chain(({ stride, height }) =>
    fc.record({
      logits: fc
        .array(fc.integer({ min: -8, max: 8 }), { minLength: stride * height, maxLength: stride * height })
        .map((halves) => Float32Array.from(halves, (half) => half / 2)),
      extent: fc.record({
        columns: fc.integer({ min: 1, max: stride }),
        rows: fc.integer({ min: 1, max: height }),
        stride: fc.constant(stride),
      }),
    }),
  );

describe('the stability score', () => {
  it('is the area of the mask cut higher to that of the mask cut lower, without the padding', () => {
    fc.assert(
      fc.property(cornerOfLogits, threshold, ({ logits, extent }, threshold) => {
        const counted = Array.from(logits).filter(
          (_, index) => index % extent.stride < extent.columns && Math.floor(index / extent.stride) < extent.rows,
        );
        const outer = counted.filter((logit) => logit > threshold - 1).length;
        const inner = counted.filter((logit) => logit > threshold + 1).length;
        expect(stabilityScore(logits, extent, threshold)).toBe(outer === 0 ? 0 : inner / outer);
      }),
      { numRuns: 300 },
    );
  });

  it('is 1 where the mask is clear, and 0 where there is none', () => {
    const extent = { rows: 2, columns: 2, stride: 2 };
    expect(stabilityScore(Float32Array.of(-9, 9, 9, -9), extent, 0)).toBe(1);
    expect(stabilityScore(Float32Array.of(-9, -9, -9, -9), extent, 0)).toBe(0);
  });

  it.skipIf(!hasFixture('automatic'))('is the published one of the same logits', () => {
    const arrays = readNpz(join(fixtureFolder, 'automatic', 'postprocess.npz'));
    const { shape, data } = arrays.get('logits')!;
    const [count, rows, columns] = shape as [number, number, number];
    const scores = Array.from({ length: count }, (_, k) =>
      stabilityScore(
        data.subarray(k * rows * columns, (k + 1) * rows * columns) as Float32Array,
        { rows, columns, stride: columns },
        0,
      ),
    );
    arrays.get('stability_1_0')!.data.forEach((score, k) => expect(scores[k]).toBeCloseTo(score, 6));
    expect(scores).toHaveLength(6);
  });
});
