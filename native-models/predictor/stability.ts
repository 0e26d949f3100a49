import type { LowResExtent } from './spaces.ts';

/** Distance of the two thresholds from the mask's own, in logits (segment-anything's default). */
export const stabilityOffset = 1;

/**
 * Stability score: IoU of the mask cut at a higher and at a lower threshold; the inner one lies in the outer one, so
 * it is the ratio of their areas (Kirillov et al. 2023, arXiv:2304.02643, appendix B; segment-anything, utils/amg.py,
 * calculate_stability_score). 0 where both are empty.
 *
 * The reference takes logits at the image's size; the predictor gives it the low-res ones without their padding, which
 * cost nothing on a large plane and agree but for the cells at the border: to 0.03 for discs of 16 cells across, to
 * 0.2 for ones of 5 (postprocessing.test.ts).
 */
export function stabilityScore(
  logits: Float32Array,
  { rows, columns, stride }: LowResExtent,
  threshold: number,
  offset: number = stabilityOffset,
): number {
  let inner = 0;
  let outer = 0;
  for (let y = 0; y < rows; y++) {
    const end = y * stride + columns;
    for (let at = y * stride; at < end; at++) {
      const logit = logits[at]!;
      if (logit > threshold - offset) {
        outer++;
        if (logit > threshold + offset) inner++;
      }
    }
  }
  return outer === 0 ? 0 : inner / outer;
}
