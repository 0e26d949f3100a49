import type { Upscaling } from '../predictor/maskOfLogits.ts';
import { areasOfLogits } from './areasOfLogits.ts';

/**
 * The stability score at the crop's own resolution, as the reference has it: the logits are enlarged, then cut
 * (segment_anything/utils/amg.py, calculate_stability_score). In float32; 0 where there is nothing even below.
 *
 * Counting low-res cells (predictor/stability.ts) would cost less, but gives another number wherever the border runs
 * through cells, and so would let other masks pass.
 */
export function stabilityOfImage(logits: Float32Array, tables: Upscaling, threshold: number, offset: number): number {
  const { outer, inner } = areasOfLogits(logits, tables, threshold - offset, threshold + offset);
  return outer === 0 ? 0 : Math.fround(inner / outer);
}
