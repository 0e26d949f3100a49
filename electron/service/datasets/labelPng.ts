import sharp from 'sharp';
import { maxPlanePixels } from '../micrographs/decodePlane.ts';
import type { LabelImage } from './labelImage.ts';

/** A label image as 16-bit grey PNG. */
export async function encodeLabelPng({ data, widthPx, heightPx }: LabelImage): Promise<Uint8Array[]> {
  // Without the colour space, libvips would write the high bytes only.
  const picture = sharp(data, {
    raw: { width: widthPx, height: heightPx, channels: 1 },
    limitInputPixels: maxPlanePixels,
  }).toColourspace('grey16');
  return [await picture.png().toBuffer()];
}
