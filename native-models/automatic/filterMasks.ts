import { decodeRle } from '../masks/rle.ts';
import type { MaskRecord } from './record.ts';

/** What people don't want to look through. */
export interface MaskFilters {
  /** Smaller masks go; pixels. */
  minAreaPx: number;
  /** Masks of a larger share of the image go: most often the ground between the objects. */
  maxAreaShare: number;
  /** A mask goes of which more than this share lies in masks before it; 1 keeps also what lies wholly in others. */
  maxCovered: number;
}

export const noFilters: MaskFilters = { minAreaPx: 0, maxAreaShare: 1, maxCovered: 1 };

/** The masks that pass, in their order, which is taken for that of their worth. One plane of bytes, one mask at a time. */
export function filterMasks(
  records: readonly MaskRecord[],
  widthPx: number,
  heightPx: number,
  { minAreaPx, maxAreaShare, maxCovered }: MaskFilters,
): MaskRecord[] {
  const maxAreaPx = maxAreaShare * widthPx * heightPx;
  const sized = records.filter(({ area }) => area >= minAreaPx && area <= maxAreaPx);
  if (maxCovered >= 1) return sized;
  const covered = new Uint8Array(widthPx * heightPx);
  return sized.filter(({ segmentation, area }) => {
    const { x, y, width, height, data } = decodeRle(segmentation);
    const places: number[] = [];
    let known = 0;
    for (let j = 0, at = 0; j < height; j++) {
      for (let i = 0, place = (y + j) * widthPx + x; i < width; i++, at++, place++) {
        if (!data[at]) continue;
        if (covered[place]) known++;
        else places.push(place);
      }
    }
    if (known > maxCovered * area) return false;
    for (const place of places) covered[place] = 1;
    return true;
  });
}
