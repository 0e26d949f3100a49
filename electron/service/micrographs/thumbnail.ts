import sharp from 'sharp';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { Contrast } from './contract.ts';

/** PNG of at most `maxPx` a side, 8-bit, with automatic contrast; never enlarged. */
export async function thumbnailPng(plane: PixelPlane, contrast: Contrast, maxPx = 192): Promise<Buffer> {
  // A coarse mean by whole pixels first, to twice the size: the plane is then never copied in full.
  const factor = Math.max(1, Math.floor(Math.max(plane.widthPx, plane.heightPx) / (2 * maxPx)));
  const small = shrink(plane, factor, contrast);
  return sharp(small.data, { raw: { width: small.widthPx, height: small.heightPx, channels: plane.samples } })
    .toColourspace(plane.samples === 1 ? 'b-w' : 'srgb')
    .resize(maxPx, maxPx, { fit: 'inside', withoutEnlargement: true })
    .png()
    .toBuffer();
}

function shrink(plane: PixelPlane, factor: number, { autoRange: [low, high] }: Contrast) {
  const widthPx = Math.ceil(plane.widthPx / factor);
  const heightPx = Math.ceil(plane.heightPx / factor);
  const { samples } = plane;
  const data = new Uint8ClampedArray(widthPx * heightPx * samples);
  const gain = 255 / (high - low);
  for (let j = 0; j < heightPx; j++) {
    const bottom = Math.min(plane.heightPx, (j + 1) * factor);
    for (let i = 0; i < widthPx; i++) {
      const right = Math.min(plane.widthPx, (i + 1) * factor);
      for (let s = 0; s < samples; s++) {
        let sum = 0;
        let count = 0;
        for (let v = j * factor; v < bottom; v++) {
          for (let u = i * factor; u < right; u++) {
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
