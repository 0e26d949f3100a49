import type { GreyPlane } from '../greyPlane.ts';
import type { ExtractOptions, Microstructure } from './microstructure.ts';
import { regionAreas, splitRegions } from './splitRegions.ts';
import { type RegionBorder, regionBorders } from './regionBorders.ts';

/** Two regions that share less than this part of the smaller one's border only touch. */
const leastShared = 0.15;
const mostRounds = 20;

/**
 * Regions between which the picture shows no edge become one, the least visible edge first, as do regions too small to be
 * any with the neighbour that they share most border with (region adjacency graph merging: Arbeláez et al. 2011, Contour
 * Detection and Hierarchical Image Segmentation, section 4; here the regions come from masks). Too small ones without a
 * neighbour become ground.
 */
export function mergeFragments(
  structure: Microstructure,
  picture: GreyPlane,
  edges: Float32Array,
  { minAreaPx, mergeBelow }: Pick<ExtractOptions, 'minAreaPx' | 'mergeBelow'>,
): Microstructure {
  let merged = structure;
  let usual: number | null = null;
  for (let round = 0; round < mostRounds; round++) {
    const areas = regionAreas(merged);
    const borders = regionBorders(merged, picture, edges);
    // Of the first round: what merging leaves over is the stronger edges.
    usual ??= usualStrength(borders);
    const into = chooseMerges(merged.count, borders, areas, { minAreaPx, weak: mergeBelow * usual });
    if (!into) return merged;
    merged = splitRegions(
      merged.labels.map((label) => into[label]!),
      merged.widthPx,
      merged.heightPx,
    );
  }
  return merged;
}

/** Median over the borders' sides. */
function usualStrength(borders: readonly RegionBorder[]): number {
  const ranked = borders
    .map(({ length, strength }) => ({ length, mean: strength / length }))
    .sort((a, b) => a.mean - b.mean);
  let left = ranked.reduce((sum, { length }) => sum + length, 0) / 2;
  return ranked.find(({ length }) => (left -= length) <= 0)?.mean ?? 0;
}

/** For each label the one that it becomes, each in at most one merge; null where none is due. */
function chooseMerges(
  count: number,
  borders: readonly RegionBorder[],
  areas: Float64Array,
  { minAreaPx, weak }: { minAreaPx: number; weak: number },
): Uint32Array | null {
  const perimeters = new Float64Array(count + 1);
  for (const { first, second, length } of borders) {
    perimeters[first]! += length;
    perimeters[second]! += length;
  }
  const into = Uint32Array.from({ length: count + 1 }, (_, label) => label);
  const busy = new Uint8Array(count + 1);
  let merges = 0;
  const merge = (label: number, target: number) => {
    into[label] = target;
    busy[label] = busy[target] = 1;
    merges++;
  };
  const between = borders.filter(({ first }) => first > 0);
  const invisible = between
    .filter(({ first, second, length, strength }) => {
      const shared = length / Math.min(perimeters[first]!, perimeters[second]!);
      return shared >= leastShared && strength < weak * length;
    })
    .sort((a, b) => a.strength / a.length - b.strength / b.length);
  for (const { first, second } of invisible) if (!busy[first] && !busy[second]) merge(second, first);
  for (const { first, second } of [...between].sort((a, b) => b.length - a.length)) {
    const small = areas[first]! <= areas[second]! ? first : second;
    if (areas[small]! < minAreaPx && !busy[first] && !busy[second]) merge(small, first + second - small);
  }
  const neighboured = new Set(between.flatMap(({ first, second }) => [first, second]));
  for (let label = 1; label <= count; label++) {
    if (areas[label]! >= minAreaPx || neighboured.has(label)) continue;
    into[label] = 0;
    merges++;
  }
  return merges === 0 ? null : into;
}
