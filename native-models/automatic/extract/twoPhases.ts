import { blur } from '../gaussian.ts';
import type { GreyPlane } from '../greyPlane.ts';
import type { Microstructure } from './microstructure.ts';
import { regionAreas, splitRegions } from './splitRegions.ts';

/** Low-pass before single pixels are asked for their grey, pixels of the picture: noise is no object. */
const smoothing = 1.5;
/** Share of the variance of the regions' grey that two phases explain, at least; pores and the like are a third grey. */
const leastExplained = 0.55;
/**
 * The grey between the regions and that of the regions that are taken for ground differ by at most this share of the
 * contrast. 0.00 to 0.03 where masks lie on the matrix (three of the four superalloys of the val part; 0.22 in the
 * fourth), 0.2 to 1.7 where all are nuclei, dim and bright ones.
 */
const mostApart = 0.1;

/** Greys of two phases, of the display range. */
export interface PhaseGreys {
  object: number;
  ground: number;
}

/**
 * Makes regions and ground agree with their grey, where the regions have two: those that look like the ground are ground
 * that a mask was found on, and ground that looks like the others is an object that none was found on. The masks part the
 * plane into pieces of one grey each, whose means are told apart where those of single pixels overlap.
 */
export function agreeWithGrey(structure: Microstructure, picture: GreyPlane, minAreaPx: number): Microstructure {
  const { widthPx, heightPx, labels, count } = structure;
  const { factor, width } = picture;
  const grey = blur(picture, smoothing);
  const greyAt = (at: number) => {
    const x = at % widthPx;
    return grey[Math.floor((at - x) / widthPx / factor) * width + Math.floor(x / factor)]!;
  };
  const areas = regionAreas(structure);
  const means = new Float64Array(count + 1);
  for (let at = 0; at < labels.length; at++) means[labels[at]!]! += greyAt(at) / areas[labels[at]!]!;
  if (areas[0] === 0) return structure;
  const phases = phaseGreys(means.subarray(1), areas.subarray(1), medianGrey(structure, greyAt));
  if (!phases) return structure;
  const isObject = (value: number) => Math.abs(value - phases.object) < Math.abs(value - phases.ground);
  const missed = splitRegions(
    labels.map((label, at) => (label === 0 && isObject(greyAt(at)) ? 1 : 0)),
    widthPx,
    heightPx,
  );
  const missedAreas = regionAreas(missed);
  const values = labels.map((label, at) => {
    if (label !== 0) return isObject(means[label]!) ? label : 0;
    const found = missed.labels[at]!;
    return found !== 0 && missedAreas[found]! >= minAreaPx ? count + found : 0;
  });
  return splitRegions(values, widthPx, heightPx);
}

/**
 * The two greys that the regions have: means on both sides of the best split of their means, each counting by its area
 * (Otsu 1979, as in otsu.ts, here of regions); null where there are not two, or neither is the ground's.
 * @param means of the regions, `areas` their pixels; `ground` the grey between them.
 */
export function phaseGreys(means: Float64Array, areas: Float64Array, ground: number): PhaseGreys | null {
  const order = Array.from(means.keys()).sort((a, b) => means[a]! - means[b]!);
  let [area, sum, squares] = [0, 0, 0];
  for (const at of order) {
    area += areas[at]!;
    sum += areas[at]! * means[at]!;
    squares += areas[at]! * means[at]! ** 2;
  }
  let [below, sumBelow, between] = [0, 0, 0];
  let split: [dark: number, bright: number] | null = null;
  for (const at of order) {
    below += areas[at]!;
    sumBelow += areas[at]! * means[at]!;
    if (below >= area) break;
    const [dark, bright] = [sumBelow / below, (sum - sumBelow) / (area - below)];
    const apart = (below * (area - below) * (bright - dark) ** 2) / area;
    if (apart <= between) continue;
    between = apart;
    split = [dark, bright];
  }
  if (!split) return null;
  const [dark, bright] = split;
  const isDarkGround = Math.abs(dark - ground) < Math.abs(bright - ground);
  const phases = isDarkGround ? { object: bright, ground: dark } : { object: dark, ground: bright };
  const areTwo = between >= leastExplained * (squares - sum ** 2 / area);
  const isLikeGround = Math.abs(phases.ground - ground) <= mostApart * (bright - dark);
  return areTwo && isLikeGround ? phases : null;
}

/** Of the ground, to a 256th. */
function medianGrey({ labels }: Microstructure, greyAt: (at: number) => number): number {
  const counts = new Float64Array(256);
  let left = 0;
  for (let at = 0; at < labels.length; at++) {
    if (labels[at] !== 0) continue;
    counts[Math.min(255, Math.floor(greyAt(at) * 256))]!++;
    left += 0.5;
  }
  return (counts.findIndex((pixels) => (left -= pixels) <= 0) + 0.5) / 256;
}
