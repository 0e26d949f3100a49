import { SpacedPoints } from '../automatic/spacedPoints.ts';
import type { Mask } from '../masks/mask.ts';
import { type Point, pointToImage } from '../predictor/spaces.ts';
import { holds } from './background.ts';
import type { SimilarModel } from './contract.ts';
import type { FeatureMap } from './featureMap.ts';
import { boxMean, similarityMap } from './similarityMap.ts';

/** Least distance of two clicks, in radii of the smallest example. */
const spacing = 0.9;
/** Most places of a plane; of these not all come to be clicked on. */
const mostPoints = 2000;

/**
 * Clicks worth a try, in image space, the most similar places first: those that look like an accepted example, averaged
 * over a part of an example's size so that middles stand out, no two nearer than an example's radius and none on what is
 * known.
 */
export function candidatePoints(map: FeatureMap, learned: SimilarModel, known: readonly Mask[]): Point[] {
  const level = map.levels[0];
  if (!level || learned.classes.length === 0) return [];
  const { columns, rows, stride } = level;
  const { accepted, rejected, radiusModel, leastSimilarity } = learned;
  const raw = similarityMap(level, accepted, rejected);
  const similarity = boxMean(raw, columns, rows, Math.floor(radiusModel / stride / 2));
  const cells = Array.from(similarity.keys())
    .filter((cell) => similarity[cell]! >= leastSimilarity)
    .sort((a, b) => similarity[b]! - similarity[a]! || a - b);
  const spaced = new SpacedPoints(Math.max(spacing * radiusModel, stride / 2));
  const { widthModel, heightModel } = map.transform;
  const points: Point[] = [];
  for (const cell of cells) {
    if (points.length >= mostPoints) break;
    const place = { x: ((cell % columns) + 0.5) * stride, y: (Math.floor(cell / columns) + 0.5) * stride };
    // The last cells may reach beyond the plane.
    if (place.x >= widthModel || place.y >= heightModel) continue;
    const before = spaced.points.length;
    spaced.offer(place, 0);
    if (spaced.points.length === before) continue;
    const point = pointToImage(map.transform, place);
    if (!known.some((mask) => holds(mask, point))) points.push(point);
  }
  return points;
}
