import fc from 'fast-check';
import type { Ring } from './contour.ts';
import type { Mask } from './mask.ts';

/** For tests: masks and rings as full planes of 0 and 1, made without the code under test. */

export function planeOf(mask: Mask, widthPx: number, heightPx: number): Uint8Array {
  const plane = new Uint8Array(widthPx * heightPx);
  mask.data.forEach((value, index) => {
    const x = mask.x + (index % mask.width);
    const y = mask.y + Math.floor(index / mask.width);
    if (value) plane[y * widthPx + x] = 1;
  });
  return plane;
}

/** Even-odd fill of rings together, asked at each pixel's centre by a ray to the right. */
export function fillEvenOdd(rings: readonly Ring[], widthPx: number, heightPx: number): Uint8Array {
  return Uint8Array.from({ length: widthPx * heightPx }, (_, index) => {
    const x = (index % widthPx) + 0.5;
    const y = Math.floor(index / widthPx) + 0.5;
    let crossings = 0;
    for (const ring of rings) {
      for (let i = 0; i < ring.length; i += 2) {
        const [x0, y0] = [ring[i]!, ring[i + 1]!];
        const [x1, y1] = [ring[(i + 2) % ring.length]!, ring[(i + 3) % ring.length]!];
        if (y0 > y !== y1 > y && x0 + ((y - y0) / (y1 - y0)) * (x1 - x0) > x) crossings++;
      }
    }
    return crossings % 2;
  });
}

/** Every ring filled for itself and the results united, as COCO's tools read an object's polygons. */
export function fillUnited(rings: readonly Ring[], widthPx: number, heightPx: number): Uint8Array {
  const plane = new Uint8Array(widthPx * heightPx);
  for (const ring of rings) {
    fillEvenOdd([ring], widthPx, heightPx).forEach((value, index) => {
      if (value) plane[index] = 1;
    });
  }
  return plane;
}

/** A window drawn as text, '#' for foreground, at (x, y). */
export function drawnMask(rows: readonly string[], x = 0, y = 0): Mask {
  const width = rows[0]!.length;
  const data = Uint8Array.from(rows.join(''), (character) => (character === '#' ? 1 : 0));
  return { x, y, width, height: rows.length, data };
}

/** Windows of up to 12 × 12 px up to 6 px from the plane's corner, from sparse to nearly full. */
export const someMask: fc.Arbitrary<Mask> = fc
  .record({
    x: fc.integer({ min: 0, max: 6 }),
    y: fc.integer({ min: 0, max: 6 }),
    width: fc.integer({ min: 1, max: 12 }),
    height: fc.integer({ min: 1, max: 12 }),
    filled: fc.constantFrom(0.2, 0.5, 0.8),
  })
  .chain(({ x, y, width, height, filled }) =>
    fc
      .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: width * height, maxLength: width * height })
      .map((draws) => ({ x, y, width, height, data: Uint8Array.from(draws, (draw) => (draw < filled ? 1 : 0)) })),
  );
