import type { CropBox } from './crops.ts';
import type { InclusiveBox } from './inclusiveBox.ts';

/** Within this many pixels of an edge a mask counts as cut off there. */
const nearPx = 20;

/**
 * Whether a box (in the image) comes near an edge of its crop that is not the image's own: the object goes on beyond,
 * and another crop has it whole (segment_anything/utils/amg.py, is_box_near_crop_edge).
 */
export function isNearCropEdge(box: InclusiveBox, crop: CropBox, image: CropBox): boolean {
  return box.some((edge, side) => Math.abs(edge - crop[side]!) <= nearPx && Math.abs(edge - image[side]!) > nearPx);
}
