import { decodeRle } from '../masks/rle.ts';
import { borderEdge } from './borderEdge.ts';
import type { GreyPlane } from './greyPlane.ts';
import type { MaskRecord } from './record.ts';

/** What people don't want to look through. */
export interface MaskFilters {
  /** Smaller masks go; pixels. */
  minAreaPx: number;
  /** Masks of a larger share of the image go: most often the ground between the objects. */
  maxAreaShare: number;
  /** A mask goes of which more than this share lies in masks before it; 1 keeps also what lies wholly in others. */
  maxCovered: number;
  /** A mask goes whose border is less visible in the image than this (see borderEdge.ts); 0 does not look at it. */
  minBorderEdge: number;
}

export const noFilters: MaskFilters = { minAreaPx: 0, maxAreaShare: 1, maxCovered: 1, minBorderEdge: 0 };

/**
 * The masks that pass, in their order, which is taken for that of their worth. One plane of bytes, one mask at a time.
 * @param picture of the whole plane; what was measured on it is noted in the records.
 */
export function filterMasks(
  records: readonly MaskRecord[],
  picture: GreyPlane,
  { minAreaPx, maxAreaShare, maxCovered, minBorderEdge }: MaskFilters,
): MaskRecord[] {
  const { widthPx, heightPx } = picture;
  const maxAreaPx = maxAreaShare * widthPx * heightPx;
  const ofSize = records.filter(({ area }) => area >= minAreaPx && area <= maxAreaPx);
  const sized = minBorderEdge > 0 ? withVisibleBorder(ofSize, picture, minBorderEdge) : ofSize;
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

function withVisibleBorder(records: readonly MaskRecord[], picture: GreyPlane, least: number): MaskRecord[] {
  const visible = borderEdge(picture);
  return records
    .map((record): MaskRecord => ({ ...record, border_edge: visible(decodeRle(record.segmentation)) }))
    .filter(({ border_edge: edge }) => edge === null || edge === undefined || edge >= least);
}
