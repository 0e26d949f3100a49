import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { paintChannels, type Transfer } from './transfer.ts';

/** Samples of a tile, one plane for each channel, as a picture. */
export function tilePicture(planes: readonly PixelPlane[], transfers: readonly Transfer[]): HTMLCanvasElement {
  const { widthPx, heightPx } = planes[0]!;
  const picture = document.createElement('canvas');
  picture.width = widthPx;
  picture.height = heightPx;
  const image = new ImageData(widthPx, heightPx);
  paintChannels(planes, transfers, image.data);
  picture.getContext('2d')!.putImageData(image, 0, 0);
  return picture;
}
