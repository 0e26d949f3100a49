import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cropArea, cropsOf } from './crops.ts';

const side = fc.integer({ min: 1, max: 80 });

it('crops of each layer cover the image, lie in it and are never empty', () => {
  fc.assert(
    fc.property(
      side,
      side,
      fc.integer({ min: 0, max: 3 }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      (w, h, n, o) => {
        const crops = cropsOf(w, h, n, o);
        expect(crops[0]).toEqual({ box: [0, 0, w, h], layer: 0 });
        for (const { box } of crops) {
          const [x0, y0, x1, y1] = box;
          expect(x0 >= 0 && y0 >= 0 && x1 <= w && y1 <= h && x0 < x1 && y0 < y1).toBe(true);
          expect(cropArea(box)).toBeGreaterThan(0);
        }
        for (let layer = 0; layer <= n; layer++) {
          const ofLayer = crops.filter((crop) => crop.layer === layer);
          expect(ofLayer.length).toBeLessThanOrEqual(4 ** layer);
          const covered = new Uint8Array(w * h);
          for (const { box } of ofLayer) {
            for (let y = box[1]; y < box[3]; y++) covered.fill(1, y * w + box[0], y * w + box[2]);
          }
          expect(covered.includes(0)).toBe(false);
        }
      },
    ),
  );
});
