import { decodeRle } from '../../masks/rle.ts';
import type { PixelPlane, ValueRange } from '../../predictor/pixels.ts';
import { greyPlaneOf } from '../greyPlane.ts';
import type { MaskRecord } from '../record.ts';
import { edgeStrength } from '../edgeStrength.ts';
import { fillGaps } from './fillGaps.ts';
import { mergeFragments } from './mergeFragments.ts';
import type { ExtractOptions, Microstructure } from './microstructure.ts';
import { splitRegions } from './splitRegions.ts';
import { agreeWithGrey } from './twoPhases.ts';

/** Longest side of the picture that edges and grey are read from. */
const pictureSide = 4096;

/**
 * From masks that overlap, repeat and break off to regions of which each pixel has at most one: what materials papers
 * measure (as in MatSAM, Li et al. 2024, arXiv:2401.05638, whose union of masks is a phase; here fragments are joined and
 * gaps closed before). Memory: some 20 bytes a pixel.
 */
export function extractMicrostructure(
  records: readonly MaskRecord[],
  plane: PixelPlane,
  valueRange: ValueRange,
  options: ExtractOptions,
): Microstructure {
  const { widthPx, heightPx } = plane;
  const picture = greyPlaneOf(plane, valueRange, pictureSide);
  const painted = splitRegions(paintMasks(records, widthPx, heightPx), widthPx, heightPx);
  const whole = mergeFragments(painted, picture, edgeStrength(picture), options);
  const filled = fillGaps(whole, options.minAreaPx);
  return options.twoPhases ? agreeWithGrey(filled, picture, options.minAreaPx) : filled;
}

/** Larger masks first, so that what lies in another stays to be seen. */
function paintMasks(records: readonly MaskRecord[], widthPx: number, heightPx: number): Uint32Array {
  const values = new Uint32Array(widthPx * heightPx);
  const order = Array.from(records.keys()).sort((a, b) => records[b]!.area - records[a]!.area || a - b);
  for (const [painted, at] of order.entries()) {
    const { x, y, width, height, data } = decodeRle(records[at]!.segmentation);
    for (let j = 0; j < height; j++) {
      const row = (y + j) * widthPx + x;
      for (let i = 0; i < width; i++) if (data[j * width + i]) values[row + i] = painted + 1;
    }
  }
  return values;
}
