import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Preparation } from '../packages/description.ts';
import { imageToModel, lowResExtent, pointToImage, pointToModel } from './spaces.ts';

const side = fc.oneof(fc.integer({ min: 1, max: 40_000 }), fc.integer({ min: 1, max: 5 }));
const inputSize = fc.constantFrom(16, 256, 1008, 1024);
const resize = fc.constantFrom<Preparation['resize']>('longest-side', 'square');

const someTransform = fc
  .record({ width: side, height: side, inputSize, resize })
  .map(({ width, height, inputSize, resize }) =>
    imageToModel(width, height, { inputSize, preparation: { resize } as Preparation }),
  );

describe('the scaled plane', () => {
  it('has its longest side as long as the square, and keeps its proportions to half a pixel', () => {
    fc.assert(
      fc.property(side, side, inputSize, (width, height, inputSize) => {
        const preparation = { resize: 'longest-side' } as Preparation;
        const { widthModel, heightModel } = imageToModel(width, height, { inputSize, preparation });
        expect(Math.max(widthModel, heightModel)).toBe(inputSize);
        const exact = (Math.min(width, height) * inputSize) / Math.max(width, height);
        const shorter = Math.min(widthModel, heightModel);
        expect(Number.isInteger(shorter)).toBe(true);
        if (exact >= 0.5) expect(Math.abs(shorter - exact)).toBeLessThanOrEqual(0.5 + 1e-9);
        else expect(shorter).toBe(1);
      }),
      { numRuns: 500 },
    );
  });

  it('is the square where the model wants it stretched', () => {
    const preparation = { resize: 'square' } as Preparation;
    expect(imageToModel(4000, 30, { inputSize: 256, preparation })).toMatchObject({
      widthModel: 256,
      heightModel: 256,
    });
  });

  it('has the size that the published transform gives', () => {
    const preparation = { resize: 'longest-side' } as Preparation;
    const sizeOf = (width: number, height: number, inputSize = 1024) => {
      const { widthModel, heightModel } = imageToModel(width, height, { inputSize, preparation });
      return [widthModel, heightModel];
    };
    expect(sizeOf(210, 150, 256)).toEqual([256, 183]);
    expect(sizeOf(1800, 1200)).toEqual([1024, 683]);
    expect(sizeOf(768, 1280)).toEqual([614, 1024]);
    expect(sizeOf(1, 1)).toEqual([1024, 1024]);
  });
});

describe('points', () => {
  it('come back from model space where they were', () => {
    const coordinate = fc.double({ min: -1000, max: 50_000, noNaN: true });
    fc.assert(
      fc.property(someTransform, coordinate, coordinate, (transform, x, y) => {
        const back = pointToImage(transform, pointToModel(transform, { x, y }));
        expect(back.x).toBeCloseTo(x, 6);
        expect(back.y).toBeCloseTo(y, 6);
      }),
    );
  });

  it("map the plane's corners to the scaled plane's corners", () => {
    fc.assert(
      fc.property(someTransform, (transform) => {
        const { widthImage, heightImage, widthModel, heightModel } = transform;
        expect(pointToModel(transform, { x: 0, y: 0 })).toEqual({ x: 0, y: 0 });
        expect(pointToModel(transform, { x: widthImage, y: heightImage })).toEqual({ x: widthModel, y: heightModel });
      }),
    );
  });
});

describe('the low-res extent', () => {
  it('is the cells that the scaled plane reaches, and no more', () => {
    fc.assert(
      fc.property(someTransform, (transform) => {
        const lowSide = transform.inputSize / 4;
        const { columns, rows } = lowResExtent(transform, lowSide);
        for (const [cells, length] of [
          [columns, transform.widthModel],
          [rows, transform.heightModel],
        ] as const) {
          expect(cells).toBeLessThanOrEqual(lowSide);
          expect(cells * 4).toBeGreaterThanOrEqual(length);
          expect((cells - 1) * 4).toBeLessThan(length);
        }
      }),
    );
  });
});
