import type { Bbox } from '../../../native-models/masks/mask.ts';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { DisplayRange } from '../api/contract.ts';

/** A part of a plane as a picture of 8 bits, with as many samples a pixel as the plane. */
export interface DisplayPixels {
  widthPx: number;
  heightPx: number;
  data: Uint8ClampedArray;
}

/**
 * The part of a plane inside `bbox` with a display range applied, each pixel the mean of `step` × `step` of the plane
 * (of those that exist at the right and the bottom). Values that are not finite are left out; O(bbox).
 */
export function displayPixels(
  plane: PixelPlane,
  [low, high]: DisplayRange,
  [x, y, width, height]: Bbox,
  step: number,
): DisplayPixels {
  const widthPx = Math.ceil(width / step);
  const heightPx = Math.ceil(height / step);
  const { samples } = plane;
  const data = new Uint8ClampedArray(widthPx * heightPx * samples);
  const gain = 255 / (high - low);
  for (let j = 0; j < heightPx; j++) {
    const bottom = y + Math.min(height, (j + 1) * step);
    for (let i = 0; i < widthPx; i++) {
      const right = x + Math.min(width, (i + 1) * step);
      for (let s = 0; s < samples; s++) {
        let sum = 0;
        let count = 0;
        for (let v = y + j * step; v < bottom; v++) {
          for (let u = x + i * step; u < right; u++) {
            const value = plane.data[(v * plane.widthPx + u) * samples + s]!;
            if (!Number.isFinite(value)) continue;
            sum += value;
            count++;
          }
        }
        data[(j * widthPx + i) * samples + s] = count === 0 ? 0 : (sum / count - low) * gain;
      }
    }
  }
  return { widthPx, heightPx, data };
}
