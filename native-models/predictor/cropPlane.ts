import type { PixelPlane } from './pixels.ts';

/** A crop's pixels as a plane of their own; the plane itself where the crop is all of it. */
export function cropPlane(
  plane: PixelPlane,
  [x0, y0, x1, y1]: readonly [x0: number, y0: number, x1: number, y1: number],
): PixelPlane {
  const { widthPx, heightPx, samples } = plane;
  if (x0 === 0 && y0 === 0 && x1 === widthPx && y1 === heightPx) return plane;
  const length = (x1 - x0) * samples;
  const data = plane.data.slice(0, length * (y1 - y0));
  for (let y = y0; y < y1; y++) {
    const from = (y * widthPx + x0) * samples;
    data.set(plane.data.subarray(from, from + length), (y - y0) * length);
  }
  return { widthPx: x1 - x0, heightPx: y1 - y0, samples, data };
}
