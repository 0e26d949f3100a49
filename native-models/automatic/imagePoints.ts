import type { Point } from '../predictor/spaces.ts';
import { blobs } from './blobs.ts';
import { blur } from './gaussian.ts';
import type { GreyPlane } from './greyPlane.ts';
import { pointGrid } from './grid.ts';
import { otsuThreshold } from './otsu.ts';
import { regionCentres } from './regionCentres.ts';
import { SpacedPoints } from './spacedPoints.ts';

/** Lengths in pixels of the reduced picture. */
export interface ImagePointOptions {
  /** Least distance between two points. */
  distance: number;
  /** Regions whose border is nearer than this everywhere have no centre. */
  leastDepth: number;
  /** Scales at which blobs are looked for, each √2 coarser; 0: none. */
  blobScales: number;
  /** Contrast from which a blob counts, of the display range. */
  blobContrast: number;
  /** Points along each side of the grid that serves where no other point is near; 0: no grid. */
  gridPerSide: number;
}

export const defaultImagePoints: ImagePointOptions = {
  distance: 6,
  leastDepth: 2,
  blobScales: 7,
  blobContrast: 0.06,
  gridPerSide: 16,
};

/** Low-pass before the threshold, so that noise makes no regions; pixels of the picture. */
const smoothing = 1;

/**
 * Clicks made for a micrograph, in image space: the centres of what one threshold parts, bright and dark, then spots at
 * several scales, then a grid where none of these is near. Fewer than a dense grid needs, and small objects are met.
 * The best come first; no two are nearer than `distance`.
 */
export function imagePoints(picture: GreyPlane, options: ImagePointOptions = defaultImagePoints): Point[] {
  const { width, height, factor, widthPx, heightPx } = picture;
  const spaced = new SpacedPoints(options.distance);
  // The last column and row may stand for fewer pixels of the image than the others.
  const [right, bottom] = [(widthPx - 0.5) / factor, (heightPx - 0.5) / factor];
  const offer = ({ x, y }: Point, reach: number) =>
    spaced.offer({ x: Math.min(x, right), y: Math.min(y, bottom) }, reach);
  const smooth = blur(picture, smoothing);
  const threshold = otsuThreshold(smooth);
  const centres = threshold === null ? [] : regionCentres(picture, smooth, threshold, options.leastDepth);
  for (const kind of [centres, blobs(picture, options.blobScales, options.blobContrast)]) {
    for (const { x, y, reach } of kind.sort((a, b) => b.rank - a.rank)) offer({ x, y }, reach);
  }
  const spacing = Math.max(width, height) / Math.max(1, options.gridPerSide);
  for (const { x, y } of pointGrid(options.gridPerSide)) {
    offer({ x: x * width, y: y * height }, Math.max(options.distance, spacing / 2));
  }
  return spaced.points.map(({ x, y }) => ({ x: x * factor, y: y * factor }));
}
