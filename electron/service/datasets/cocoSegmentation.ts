import { traceOutlines } from '../../../native-models/masks/contour.ts';
import { fillHoles } from '../../../native-models/masks/fillHoles.ts';
import { type Bbox, type Mask, maskArea, maskBbox } from '../../../native-models/masks/mask.ts';
import { encodeRle, type Rle } from '../../../native-models/masks/rle.ts';
import type { ExportJob } from './contract.ts';

/** The shape of an object as COCO has it; area and box are those of the segmentation as it is written. */
export interface CocoShape {
  segmentation: number[][] | Rle;
  area: number;
  bbox: Bbox;
  /** Whether holes had to be filled. */
  lostHoles: boolean;
}

/**
 * Polygons along pixel edges, one for each part, give the mask back exactly (also by the rules of pycocotools, which
 * unites them), but COCO has no polygon for a hole: there 'auto' takes RLE and 'polygon' fills.
 */
export function cocoShape(
  mask: Mask,
  heightPx: number,
  widthPx: number,
  as: ExportJob['options']['segmentation'],
): CocoShape {
  const shape = { area: maskArea(mask), bbox: maskBbox(mask), lostHoles: false };
  const rle = () => ({ ...shape, segmentation: encodeRle(mask, heightPx, widthPx) });
  if (as === 'rle') return rle();
  const { outer, holes } = traceOutlines(mask);
  if (holes.length === 0) return { ...shape, segmentation: outer };
  if (as === 'auto') return rle();
  const filled = fillHoles(mask);
  return { ...shape, segmentation: traceOutlines(filled).outer, area: maskArea(filled), lostHoles: true };
}
