import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Mask } from '../masks/mask.ts';
import { squaredDistances } from './distanceTransform.ts';

/** Full windows with a few holes, whose distances are long, and ragged ones. */
const masks = fc
  .record({ width: fc.integer({ min: 1, max: 22 }), height: fc.integer({ min: 1, max: 22 }) })
  .chain(({ width, height }) => {
    const size = width * height;
    const ragged = fc.array(fc.constantFrom(0, 1, 1, 1), { minLength: size, maxLength: size });
    const holes = fc.array(fc.integer({ min: 0, max: size - 1 }), { maxLength: 4 });
    const holed = holes.map((places) => Array.from({ length: size }, (_, at) => (places.includes(at) ? 0 : 1)));
    return fc.oneof(ragged, holed).map((bits): Mask => ({ x: 0, y: 0, width, height, data: Uint8Array.from(bits) }));
  });

/** Every foreground pixel against every background pixel, one ring of which lies around the window. */
function bruteForce({ width, height, data }: Mask): number[] {
  const background: [number, number][] = [];
  for (let y = -1; y <= height; y++) {
    for (let x = -1; x <= width; x++) {
      const inside = x >= 0 && x < width && y >= 0 && y < height;
      if (!inside || !data[y * width + x]) background.push([x, y]);
    }
  }
  return Array.from(data, (value, at) =>
    value ? Math.min(...background.map(([x, y]) => ((at % width) - x) ** 2 + (Math.floor(at / width) - y) ** 2)) : 0,
  );
}

describe('distance transform', () => {
  it('gives the squared distance to the nearest background pixel, exactly', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        expect([...squaredDistances(mask)]).toEqual(bruteForce(mask));
      }),
    );
  });

  it('takes the border of the window for a border', () => {
    const data = new Uint8Array(5 * 3).fill(1);
    expect([...squaredDistances({ x: 7, y: 9, width: 5, height: 3, data })]).toEqual([
      1, 1, 1, 1, 1, 1, 4, 4, 4, 1, 1, 1, 1, 1, 1,
    ]);
  });

  it('has nothing to say about an empty mask', () => {
    expect(squaredDistances({ x: 0, y: 0, width: 0, height: 0, data: new Uint8Array(0) })).toHaveLength(0);
  });
});
