import { squaredDistances } from '../evaluation/distanceTransform.ts';
import type { GreyPlane } from './greyPlane.ts';
import type { RankedPoint } from './rankedPoint.ts';

/**
 * Where the regions of a segmentation by one threshold are deepest, those above and those below it: local maxima of the
 * distance to the border, ranked by it. A round particle has one, a long crack a row of them.
 * @param leastDepth pixels of the picture; shallower regions are noise.
 */
export function regionCentres(
  { width, height }: Pick<GreyPlane, 'width' | 'height'>,
  values: Float32Array,
  threshold: number,
  leastDepth: number,
): RankedPoint[] {
  return [0, 1].flatMap((polarity) => {
    const data = Uint8Array.from(values, (value) => (value > threshold ? polarity : 1 - polarity));
    const depths = squaredDistances({ x: 0, y: 0, width, height, data });
    const centres: RankedPoint[] = [];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const depth = depths[y * width + x]!;
        if (depth < leastDepth ** 2 || !isHighest(depths, width, height, x, y)) continue;
        const radius = Math.sqrt(depth);
        // Half of the depth around a centre shows the same region.
        centres.push({ x: x + 0.5, y: y + 0.5, rank: radius, reach: radius / 2 });
      }
    }
    return centres;
  });
}

/** Of its eight neighbours none is higher; of a plateau all are. */
export function isHighest(values: ArrayLike<number>, width: number, height: number, x: number, y: number): boolean {
  const value = values[y * width + x]!;
  for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
    for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
      if (values[v * width + u]! > value) return false;
    }
  }
  return true;
}
