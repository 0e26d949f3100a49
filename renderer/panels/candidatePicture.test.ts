import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { cropAround, paintCrop, tileKey, tilesOf } from './candidatePicture.ts';

const plane = { widthPx: 700, heightPx: 500, levels: 4, tileSize: 64 };

const boxes = fc
  .record({
    x: fc.nat(690),
    y: fc.nat(490),
    width: fc.integer({ min: 1, max: 700 }),
    height: fc.integer({ min: 1, max: 500 }),
  })
  .map(({ x, y, width, height }): [number, number, number, number] => [
    x,
    y,
    Math.min(width, 700 - x),
    Math.min(height, 500 - y),
  ]);

describe('cropAround', () => {
  it('contains the mask and centres on the plane where it is larger than it', () => {
    fc.assert(
      fc.property(boxes, ([x, y, width, height]) => {
        const crop = cropAround([x, y, width, height], plane, 96);
        expect(crop.x).toBeLessThanOrEqual(x);
        expect(crop.y).toBeLessThanOrEqual(y);
        expect(crop.x + crop.side).toBeGreaterThanOrEqual(x + width);
        expect(crop.y + crop.side).toBeGreaterThanOrEqual(y + height);
        // Never blown up more than the screen needs, never coarser than the picture.
        expect(crop.side / 2 ** crop.level).toBeGreaterThanOrEqual(Math.min(96, crop.side));
      }),
    );
  });
});

describe('paintCrop', () => {
  it('finds every pixel of the plane in the tiles that tilesOf names', () => {
    fc.assert(
      fc.property(boxes, (bbox) => {
        const crop = cropAround(bbox, plane, 48);
        const tiles = new Map(tilesOf(crop, plane).map(({ tx, ty }) => [tileKey(tx, ty), tileAt(tx, ty, crop.level)]));
        const mask = { bbox: [0, 0, 0, 0] as [number, number, number, number], data: new Uint8Array(0) };
        const pixels = paintCrop(crop, plane, tiles, [0, 255], mask, '#ff0000', 48);
        const step = crop.side / 48;
        for (let v = 0; v < 48; v += 5) {
          for (let u = 0; u < 48; u += 5) {
            const x = Math.floor(crop.x + (u + 0.5) * step);
            const y = Math.floor(crop.y + (v + 0.5) * step);
            const inside = x >= 0 && y >= 0 && x < plane.widthPx && y < plane.heightPx;
            const at = (v * 48 + u) * 4;
            expect(pixels[at + 3]).toBe(inside ? 255 : 0);
            if (inside) expect(pixels[at]).toBe(((x >> crop.level) + (y >> crop.level)) % 256);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('shows the mask in its colour', () => {
    const crop = { x: 0, y: 0, side: 32, level: 0 };
    const tiles = new Map([[tileKey(0, 0), tileAt(0, 0, 0)]]);
    const mask = { bbox: [4, 4, 1, 1] as [number, number, number, number], data: Uint8Array.of(1) };
    const pixels = paintCrop(crop, plane, tiles, [0, 255], mask, '#102030', 32);
    expect([...pixels.subarray((4 * 32 + 4) * 4, (4 * 32 + 4) * 4 + 4)]).toEqual([16, 32, 48, 255]);
  });
});

/** A tile whose sample at level position (x, y) is (x + y) mod 256. */
function tileAt(tx: number, ty: number, level: number): PixelPlane {
  const size = (length: number, t: number) =>
    Math.min(plane.tileSize, Math.ceil(length / 2 ** level) - t * plane.tileSize);
  const widthPx = size(plane.widthPx, tx);
  const heightPx = size(plane.heightPx, ty);
  const data = new Uint8Array(widthPx * heightPx);
  for (let j = 0; j < heightPx; j++) {
    for (let i = 0; i < widthPx; i++) {
      data[j * widthPx + i] = (i + tx * plane.tileSize + j + ty * plane.tileSize) % 256;
    }
  }
  return { widthPx, heightPx, samples: 1, data };
}
