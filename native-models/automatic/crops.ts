/** Part of the image, in its pixels: [x0, x1) × [y0, y1). */
export type CropBox = readonly [x0: number, y0: number, x1: number, y1: number];

export interface Crop {
  box: CropBox;
  /** 0: the whole image; layer i has 2^i × 2^i crops. */
  layer: number;
}

/**
 * The whole image, then layer by layer overlapping crops that cover it, column by column
 * (segment_anything/utils/amg.py, generate_crop_boxes). `overlapRatio` is below 1. Where an image has fewer pixels than
 * a layer has crops, those that would lie beyond it are left out.
 */
export function cropsOf(widthPx: number, heightPx: number, layers: number, overlapRatio: number): Crop[] {
  const crops: Crop[] = [{ box: [0, 0, widthPx, heightPx], layer: 0 }];
  const shortSide = Math.min(widthPx, heightPx);
  for (let layer = 1; layer <= layers; layer++) {
    const perSide = 2 ** layer;
    const overlap = Math.floor(overlapRatio * shortSide * (2 / perSide));
    const columns = intervals(widthPx, perSide, overlap);
    const rows = intervals(heightPx, perSide, overlap);
    for (const [x0, x1] of columns) for (const [y0, y1] of rows) crops.push({ box: [x0, y0, x1, y1], layer });
  }
  return crops;
}

function intervals(length: number, count: number, overlap: number): [from: number, to: number][] {
  const each = Math.ceil((overlap * (count - 1) + length) / count);
  return Array.from({ length: count }, (_, i): [number, number] => {
    const from = (each - overlap) * i;
    return [from, Math.min(from + each, length)];
  }).filter(([from, to]) => from < to);
}

export function cropArea([x0, y0, x1, y1]: CropBox): number {
  return (x1 - x0) * (y1 - y0);
}
