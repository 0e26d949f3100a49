import sharp from 'sharp';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { Contrast } from './contract.ts';
import { displayPixels } from './displayPixels.ts';

/** PNG of at most `maxPx` a side, 8-bit, with automatic contrast; never enlarged. */
export async function thumbnailPng(plane: PixelPlane, contrast: Contrast, maxPx = 192): Promise<Buffer> {
  const { widthPx, heightPx, samples } = plane;
  // A coarse mean by whole pixels first, to twice the size: the plane is then never copied in full.
  const factor = Math.max(1, Math.floor(Math.max(widthPx, heightPx) / (2 * maxPx)));
  const small = displayPixels(plane, contrast.autoRange, [0, 0, widthPx, heightPx], factor);
  return sharp(small.data, { raw: { width: small.widthPx, height: small.heightPx, channels: samples } })
    .toColourspace(samples === 1 ? 'b-w' : 'srgb')
    .resize(maxPx, maxPx, { fit: 'inside', withoutEnlargement: true })
    .png()
    .toBuffer();
}

/** PNG of a picture of 8 bits, as it is. */
export function picturePng({ widthPx, heightPx, samples, data }: PixelPlane): Promise<Buffer> {
  return sharp(data, { raw: { width: widthPx, height: heightPx, channels: samples } })
    .png()
    .toBuffer();
}
