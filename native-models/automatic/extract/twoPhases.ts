import { blur } from '../gaussian.ts';
import type { GreyPlane } from '../greyPlane.ts';
import type { Microstructure } from './microstructure.ts';
import { regionAreas, splitRegions } from './splitRegions.ts';

/** Low-pass before single pixels are asked for their grey, pixels of the picture: noise is no object. */
const smoothing = 1.5;
/**
 * Share of the variance of the regions' grey that two phases explain, at least; they would explain 0.64 of a Gaussian and
 * 0.75 of an even distribution.
 */
const leastExplained = 0.8;
/** The ground's grey and the one of the regions that are taken for ground differ by at most this share of the contrast. */
const mostApart = 0.35;

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
 * The two greys that the regions have (Lloyd's algorithm on their means, each counting by its area); null where there are
 * not two, or neither is the ground's.
 * @param means of the regions, `areas` their pixels; `ground` the grey between them.
 */
export function phaseGreys(means: Float64Array, areas: Float64Array, ground: number): PhaseGreys | null {
  const farthest = means.reduce((far, mean) => (Math.abs(mean - ground) > Math.abs(far - ground) ? mean : far), ground);
  let phases: PhaseGreys = { object: farthest, ground };
  for (let step = 0; step < 100; step++) {
    const { object, ground: like } = phases;
    const isObject = (mean: number) => Math.abs(mean - object) < Math.abs(mean - like);
    const next = [isObject, (mean: number) => !isObject(mean)].map((wanted) => weightedMean(means, areas, wanted));
    if (next[0] == null || next[1] == null) return null;
    const settled = next[0] === object && next[1] === like;
    phases = { object: next[0], ground: next[1] };
    if (settled) break;
  }
  const all = weightedMean(means, areas, () => true)!;
  let [within, total] = [0, 0];
  for (const [i, mean] of means.entries()) {
    const nearest = Math.min(Math.abs(mean - phases.object), Math.abs(mean - phases.ground));
    within += areas[i]! * nearest ** 2;
    total += areas[i]! * (mean - all) ** 2;
  }
  const areTwo = within <= (1 - leastExplained) * total;
  const isLikeGround = Math.abs(phases.ground - ground) <= mostApart * Math.abs(phases.object - phases.ground);
  return areTwo && isLikeGround ? phases : null;
}

function weightedMean(
  values: Float64Array,
  weights: Float64Array,
  isWanted: (value: number) => boolean,
): number | null {
  let [weight, sum] = [0, 0];
  for (const [i, value] of values.entries()) {
    if (!isWanted(value)) continue;
    weight += weights[i]!;
    sum += weights[i]! * value;
  }
  return weight === 0 ? null : sum / weight;
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
