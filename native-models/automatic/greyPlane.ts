import type { PixelPlane, ValueRange } from '../predictor/pixels.ts';

/** A reduced grey picture of a plane: row-major, 0 (black) to 1 (white) by the display range. */
export interface GreyPlane {
  width: number;
  height: number;
  data: Float32Array;
  /** Pixels of image space along a side of each of its pixels. */
  factor: number;
  /** The plane's own size. */
  widthPx: number;
  heightPx: number;
}

/** Means over blocks, so that the longer side has at most `longest` pixels; the blocks at the edges may be cut. */
export function greyPlaneOf(plane: PixelPlane, [low, high]: ValueRange, longest: number): GreyPlane {
  const { widthPx, heightPx, samples } = plane;
  const factor = Math.max(1, Math.ceil(Math.max(widthPx, heightPx) / longest));
  const [width, height] = [Math.ceil(widthPx / factor), Math.ceil(heightPx / factor)];
  const data = new Float32Array(width * height);
  const gain = high > low ? 1 / (high - low) : 0;
  for (let y = 0, at = 0; y < heightPx; y++) {
    const row = Math.floor(y / factor) * width;
    for (let x = 0; x < widthPx; x++) {
      let value = 0;
      for (let sample = 0; sample < samples; sample++) value += plane.data[at++]!;
      const grey = (value / samples - low) * gain;
      // Written so that NaN (float planes) becomes 0.
      if (grey > 0) data[row + Math.floor(x / factor)]! += Math.min(grey, 1);
    }
  }
  for (let y = 0; y < height; y++) {
    const rows = Math.min(factor, heightPx - y * factor);
    for (let x = 0; x < width; x++) data[y * width + x]! /= rows * Math.min(factor, widthPx - x * factor);
  }
  return { width, height, data, factor, widthPx, heightPx };
}
