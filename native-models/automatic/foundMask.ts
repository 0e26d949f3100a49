import { type Rle, rleArea } from '../masks/rle.ts';
import type { Point } from '../predictor/spaces.ts';
import type { CropBox } from './crops.ts';
import { boxToXywh, type InclusiveBox } from './inclusiveBox.ts';
import type { MaskRecord } from './record.ts';

/** A mask on its way to a record, all in image space. Pixels are packed at once: a run finds thousands. */
export interface FoundMask {
  rle: Rle;
  box: InclusiveBox;
  predictedIou: number;
  stability: number;
  point: Point;
  crop: CropBox;
}

export function recordOf({ rle, box, predictedIou, stability, point, crop }: FoundMask): MaskRecord {
  return {
    segmentation: rle,
    area: rleArea(rle),
    bbox: boxToXywh(box),
    predicted_iou: predictedIou,
    point_coords: [[point.x, point.y]],
    stability_score: stability,
    crop_box: boxToXywh(crop),
  };
}
