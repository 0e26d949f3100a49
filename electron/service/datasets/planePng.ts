import sharp from 'sharp';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import { maxPlanePixels } from '../micrographs/decodePlane.ts';

/**
 * A plane as PNG of its own 8 or 16 bits. Trainers read no floating-point pictures: such values are spread over 16 bits,
 * from the least to the greatest that is a number.
 */
export async function encodePlanePng(plane: PixelPlane): Promise<Uint8Array[]> {
  const { widthPx: width, heightPx: height, samples: channels } = plane;
  const data = plane.data instanceof Float32Array ? spread(plane.data) : plane.data;
  const picture = sharp(data, { raw: { width, height, channels }, limitInputPixels: maxPlanePixels });
  if (data instanceof Uint16Array) picture.toColourspace(channels === 1 ? 'grey16' : 'rgb16');
  else if (channels === 1) picture.toColourspace('b-w');
  return [await picture.png().toBuffer()];
}

function spread(values: Extract<PixelPlane['data'], Float32Array>): Uint16Array {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const scale = high > low ? 65_535 / (high - low) : 0;
  return Uint16Array.from(values, (value) => (Number.isFinite(value) ? Math.round((value - low) * scale) : 0));
}
