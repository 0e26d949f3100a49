import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { paintPlane, type Transfer } from './transfer.ts';

/** Samples of a tile as a picture. */
export function tilePicture(tile: PixelPlane, transfer: Transfer): HTMLCanvasElement {
  const picture = document.createElement('canvas');
  picture.width = tile.widthPx;
  picture.height = tile.heightPx;
  const image = new ImageData(tile.widthPx, tile.heightPx);
  paintPlane(tile, transfer, image.data);
  picture.getContext('2d')!.putImageData(image, 0, 0);
  return picture;
}
