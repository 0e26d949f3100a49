import { blur } from './gaussian.ts';
import type { GreyPlane } from './greyPlane.ts';

/** Low-pass before the derivative, pixels of the picture: noise is no edge. */
const smoothing = 1.5;

/** How steep the grey is at each pixel of a picture: length of the central differences' gradient, display range a pixel. */
export function edgeStrength(picture: GreyPlane): Float32Array {
  const { width, height } = picture;
  const smooth = blur(picture, smoothing);
  const strength = new Float32Array(smooth.length);
  for (let y = 0, at = 0; y < height; y++) {
    const [up, down] = [Math.max(0, y - 1) * width, Math.min(height - 1, y + 1) * width];
    for (let x = 0; x < width; x++, at++) {
      const [left, right] = [Math.max(0, x - 1), Math.min(width - 1, x + 1)];
      strength[at] =
        Math.hypot(smooth[y * width + right]! - smooth[y * width + left]!, smooth[down + x]! - smooth[up + x]!) / 2;
    }
  }
  return strength;
}
