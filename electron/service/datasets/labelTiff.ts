import type { LabelImage } from './labelImage.ts';
import { encodeTiff, type PixelSize } from './tiffFile.ts';

/**
 * A label image as TIFF of 16-bit grey. Its description gives the display range, without which ImageJ shows low values as
 * black and people take the image for empty, and the micrograph's pixel size.
 */
export function encodeLabelTiff(
  { widthPx, heightPx, data, objects }: LabelImage,
  { pixelSize, pixelUnit }: PixelSize,
): Promise<Uint8Array[]> {
  const range = ['min=0.0', `max=${Math.max(1, objects.length)}.0`];
  return encodeTiff({ widthPx, heightPx, samples: 1, data }, { pixelSize, pixelUnit }, range);
}
