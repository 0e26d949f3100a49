import { blur } from './gaussian.ts';
import type { GreyPlane } from './greyPlane.ts';
import type { RankedPoint } from './rankedPoint.ts';
import { isHighest } from './regionCentres.ts';

/** Finest blob's sigma, in pixels of the picture, and the ratio from one scale to the next. */
const finestSigma = 1;
const scaleRatio = Math.SQRT2;

/**
 * Bright and dark spots on their ground at several scales, found also where one threshold does not part them: places
 * where the difference of two Gaussians is highest or lowest around (Lowe 2004, Distinctive Image Features from
 * Scale-Invariant Keypoints, section 3), ranked by its size.
 * @param scales number of them, each √2 coarser.
 * @param contrast least difference, of the display range.
 */
export function blobs(picture: GreyPlane, scales: number, contrast: number): RankedPoint[] {
  const { width, height } = picture;
  const found: RankedPoint[] = [];
  let finer = blur(picture, finestSigma);
  for (let scale = 1; scale <= scales; scale++) {
    const sigma = finestSigma * scaleRatio ** scale;
    const coarser = blur(picture, sigma);
    const difference = finer.map((value, at) => Math.abs(value - coarser[at]!));
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const rank = difference[y * width + x]!;
        if (rank < contrast || !isHighest(difference, width, height, x, y)) continue;
        found.push({ x: x + 0.5, y: y + 0.5, rank, reach: sigma });
      }
    }
    finer = coarser;
  }
  return found;
}
