import type { Bbox } from '../masks/mask.ts';
import type { Rle } from '../masks/rle.ts';

/** One mask as the reference and the SA-1B dataset write it (automatic_mask_generator.py, generate). */
export interface MaskRecord {
  segmentation: Rle;
  /** Pixels. */
  area: number;
  /** x, y, width, height by the outermost pixels' coordinates: by one less than COCO's (see inclusiveBox.ts). */
  bbox: Bbox;
  predicted_iou: number;
  /** The one click that gave the mask, in image space. */
  point_coords: [[x: number, y: number]];
  stability_score: number;
  /** x, y, width, height of the crop that the model saw. */
  crop_box: Bbox;
  /** Not in SA-1B: how visible its border is (see borderEdge.ts), where that was measured; null: all of it is the plane's. */
  border_edge?: number | null;
}
