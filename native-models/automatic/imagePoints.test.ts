import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PixelPlane } from '../predictor/pixels.ts';
import { greyPlaneOf } from './greyPlane.ts';
import { defaultImagePoints, imagePoints } from './imagePoints.ts';
import { otsuThreshold } from './otsu.ts';

function planeOf(widthPx: number, heightPx: number, valueAt: (x: number, y: number) => number): PixelPlane {
  const data = Uint8Array.from({ length: widthPx * heightPx }, (_, at) =>
    valueAt(at % widthPx, Math.floor(at / widthPx)),
  );
  return { widthPx, heightPx, samples: 1, data };
}

const discs = [
  { x: 30, y: 30, radius: 14 },
  { x: 90, y: 40, radius: 20 },
  { x: 50, y: 90, radius: 6 },
];
const inDisc = (x: number, y: number) =>
  discs.some((disc) => Math.hypot(x + 0.5 - disc.x, y + 0.5 - disc.y) < disc.radius);

describe('points from the image', () => {
  const someImage = fc.record({
    width: fc.integer({ min: 1, max: 60 }),
    height: fc.integer({ min: 1, max: 60 }),
    seed: fc.integer({ min: 1, max: 1000 }),
    longest: fc.integer({ min: 4, max: 60 }),
    distance: fc.integer({ min: 1, max: 12 }),
  });

  it('lie in the image and keep their distance', () => {
    fc.assert(
      fc.property(someImage, ({ width, height, seed, longest, distance }) => {
        const plane = planeOf(width, height, (x, y) => ((x * seed) ^ (y * 31)) & 255);
        const picture = greyPlaneOf(plane, [0, 255], longest);
        const points = imagePoints(picture, { ...defaultImagePoints, distance });
        expect(points.length).toBeGreaterThan(0);
        for (const [at, { x, y }] of points.entries()) {
          expect(x >= 0 && x < width && y >= 0 && y < height).toBe(true);
          for (const other of points.slice(0, at)) {
            expect(Math.hypot(other.x - x, other.y - y)).toBeGreaterThanOrEqual(distance * picture.factor - 1e-9);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['bright', 200, 50],
    ['dark', 50, 200],
  ])('begin with the middles of %s objects and of their ground', (_, object, ground) => {
    const plane = planeOf(120, 120, (x, y) => (inDisc(x, y) ? object : ground));
    const points = imagePoints(greyPlaneOf(plane, [0, 255], 120));
    for (const { x, y, radius } of discs) {
      expect(points.some((point) => Math.hypot(point.x - x, point.y - y) < Math.max(2, radius / 4))).toBe(true);
    }
    const [first] = points;
    expect(inDisc(first!.x, first!.y)).toBe(false);
  });

  it('of an image without anything are the grid', () => {
    const points = imagePoints(
      greyPlaneOf(
        planeOf(128, 64, () => 90),
        [0, 255],
        512,
      ),
    );
    expect(points.length).toBeGreaterThan(20);
    expect(points.length).toBeLessThanOrEqual(16 * 16);
  });
});

describe('a reduced picture', () => {
  it('holds the means of blocks, cut ones at the edges and samples without a value as black', () => {
    const plane: PixelPlane = { widthPx: 3, heightPx: 1, samples: 1, data: Float32Array.of(0.5, Number.NaN, 2) };
    const picture = greyPlaneOf(plane, [0, 1], 2);
    expect({ ...picture, data: Array.from(picture.data) }).toEqual({
      ...{ width: 2, height: 1, factor: 2, widthPx: 3, heightPx: 1 },
      data: [0.25, 1],
    });
  });

  it('is the mean of its samples where the plane is in colour', () => {
    const plane: PixelPlane = { widthPx: 1, heightPx: 1, samples: 3, data: Uint8Array.of(0, 51, 204) };
    expect(greyPlaneOf(plane, [0, 255], 8).data[0]).toBeCloseTo(1 / 3, 6);
  });
});

describe("Otsu's threshold", () => {
  it('parts two values, and nothing where all are alike', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 4, max: 50 }), (low, step) => {
        const [dark, bright] = [low / 255, (low + step) / 255];
        const threshold = otsuThreshold(Float32Array.of(dark, dark, bright))!;
        expect(threshold > dark && threshold <= bright).toBe(true);
        expect(otsuThreshold(Float32Array.of(dark, dark))).toBe(null);
      }),
    );
  });
});
