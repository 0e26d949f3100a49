import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { antialiasedAxis, type Axis, bilinearAxis, composeAxes, cropAxis } from './axis.ts';
import { interpolate, resizeAntialiased } from './testing.ts';

const length = fc.integer({ min: 1, max: 70 });

const samplesTo = fc
  .tuple(fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 70 }), length)
  .map(([samples, to]) => ({ samples: Float64Array.from(samples), to }));

/** What a table says that an axis is: weighted sums of neighbouring samples. */
function resample(axis: Axis, samples: Float64Array): number[] {
  return Array.from({ length: axis.length }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < axis.taps; k++) sum += axis.weights[i * axis.taps + k]! * samples[axis.start[i]! + k]!;
    return sum;
  });
}

function line(samples: Float64Array) {
  return { width: samples.length, height: 1, data: samples };
}

/** Largest difference; infinite where the lengths differ. */
function furthest(found: readonly number[], expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  return found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
}

/** float32 weights on samples of up to 20. */
const rounding = 2e-5;

/** What is wrong with a table whose outputs must read inside the samples, onwards, with weights ≥ 0 that sum to 1. */
function faultOf({ length, taps, start, weights }: Axis, from: number): string | null {
  if (start.length !== length || weights.length !== length * taps) return 'lengths';
  for (let i = 0; i < length; i++) {
    const own = weights.subarray(i * taps, (i + 1) * taps);
    if (Math.min(...own) < 0 || !(Math.abs(own.reduce((a, b) => a + b, 0) - 1) < 1e-6)) return `weights of ${i}`;
    if (start[i]! < (i === 0 ? 0 : start[i - 1]!) || start[i]! + taps > from) return `start of ${i}`;
  }
  return null;
}

describe('a bilinear axis', () => {
  it('gives what interpolation with aligned edges gives', () => {
    fc.assert(
      fc.property(samplesTo, ({ samples, to }) => {
        const axis = bilinearAxis(samples.length, to);
        expect(faultOf(axis, samples.length)).toBe(null);
        expect(furthest(resample(axis, samples), interpolate(line(samples), to, 1).data)).toBeLessThan(rounding);
      }),
    );
  });
});

describe('an antialiased axis', () => {
  it('gives the mean under a triangle as wide as the reduction', () => {
    fc.assert(
      fc.property(samplesTo, ({ samples, to }) => {
        const axis = antialiasedAxis(samples.length, to);
        expect(faultOf(axis, samples.length)).toBe(null);
        expect(furthest(resample(axis, samples), resizeAntialiased(line(samples), to, 1).data)).toBeLessThan(rounding);
      }),
    );
  });

  it('keeps its place over thousands of samples', () => {
    const samples = Float64Array.from({ length: 8191 }, (_, i) => Math.sin(i / 40) * 20);
    for (const to of [1, 2, 97]) {
      const axis = antialiasedAxis(samples.length, to);
      expect(faultOf(axis, samples.length)).toBe(null);
      expect(furthest(resample(axis, samples), resizeAntialiased(line(samples), to, 1).data)).toBeLessThan(rounding);
    }
  });

  it('is the bilinear one where it enlarges or keeps', () => {
    fc.assert(
      fc.property(samplesTo, ({ samples, to }) => {
        fc.pre(to >= samples.length);
        const bilinear = resample(bilinearAxis(samples.length, to), samples);
        expect(furthest(resample(antialiasedAxis(samples.length, to), samples), bilinear)).toBeLessThan(rounding);
      }),
    );
  });

  it('reduces a line of equal stripes to their mean', () => {
    const stripes = Float64Array.from({ length: 64 }, (_, i) => i % 2);
    // The filter of the outermost outputs is cut at the edge, so a stripe more or less weighs there.
    expect(furthest(resample(antialiasedAxis(64, 8), stripes).slice(1, -1), Array<number>(6).fill(0.5))).toBeLessThan(
      rounding,
    );
  });
});

describe('composed axes', () => {
  it('give in one step what cropping and resampling twice give', () => {
    const two = fc.record({ samples: samplesTo, crop: fc.double({ min: 0, max: 1, noNaN: true }), last: length });
    fc.assert(
      fc.property(two, ({ samples: { samples, to }, crop, last }) => {
        const kept = Math.max(1, Math.ceil(crop * to));
        const first = cropAxis(bilinearAxis(samples.length, to), kept);
        const cropped = interpolate(line(samples), to, 1).data.subarray(0, kept);
        expect(furthest(resample(first, samples), cropped)).toBeLessThan(rounding);
        const axis = composeAxes(first, bilinearAxis(kept, last), samples.length);
        expect(faultOf(axis, samples.length)).toBe(null);
        expect(furthest(resample(axis, samples), interpolate(line(cropped), last, 1).data)).toBeLessThan(rounding);
      }),
      { numRuns: 300 },
    );
  });
});
