import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskArea } from '../masks/mask.ts';
import { maskOfLogits, upscaling } from '../predictor/maskOfLogits.ts';
import { imageToModel } from '../predictor/spaces.ts';
import { areasOfLogits } from './areasOfLogits.ts';

const lowSide = 12;

describe('the areas above two thresholds', () => {
  it('are those of the masks at both', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 120 }),
        fc.constantFrom<'longest-side' | 'square'>('longest-side', 'square'),
        fc.constantFrom<'bilinear' | 'bicubic'>('bilinear', 'bicubic'),
        fc.array(fc.oneof(fc.float({ min: -4, max: 4, noNaN: true }), fc.constantFrom(-20, 20)), {
          minLength: lowSide ** 2,
          maxLength: lowSide ** 2,
        }),
        fc.constantFrom<[number, number]>([-1, 1], [-0.3, 0.9], [-30, 3], [2, 30]),
        (widthPx, heightPx, resize, resample, values, [low, high]) => {
          const transform = imageToModel(widthPx, heightPx, { inputSize: 48, preparation: { resize } as never });
          const tables = upscaling(transform, lowSide, resample);
          const logits = Float32Array.from(values);
          const area = (threshold: number) => maskArea(maskOfLogits(logits, tables, threshold));
          expect(areasOfLogits(logits, tables, low, high)).toEqual({ outer: area(low), inner: area(high) });
        },
      ),
      { numRuns: 400 },
    );
  });

  it('are none of nothing', () => {
    const transform = imageToModel(30, 20, { inputSize: 48, preparation: { resize: 'longest-side' } as never });
    const logits = new Float32Array(lowSide ** 2).fill(-5);
    expect(areasOfLogits(logits, upscaling(transform, lowSide), -1, 1)).toEqual({ outer: 0, inner: 0 });
  });
});
