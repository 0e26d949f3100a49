import type { Bbox, Mask } from '../masks/mask.ts';

/**
 * Box around a mask as the reference has it: the coordinates of its outermost pixels, so that one pixel has no extent
 * (segment_anything/utils/amg.py, batched_mask_to_box). NMS and records compute with these.
 */
export type InclusiveBox = readonly [left: number, top: number, right: number, bottom: number];

/** Of a mask in a tight window, which is not empty. */
export function inclusiveBox({ x, y, width, height }: Mask): InclusiveBox {
  return [x, y, x + width - 1, y + height - 1];
}

/** Corner, width and height; both are by one less than those of COCO's own boxes. */
export function boxToXywh([left, top, right, bottom]: readonly [number, number, number, number]): Bbox {
  return [left, top, right - left, bottom - top];
}
