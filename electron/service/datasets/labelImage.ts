import type { DatasetObject } from './acceptedObjects.ts';

/** Highest value of a 16-bit label image, and so the most objects of one. */
export const maxLabel = 0xffff;

export interface LabelledObject {
  value: number;
  objectId: number;
  classId: number;
  /** Of the object itself, also where others lie over it. */
  areaPx: number;
}

/** 0 = background, k = the k-th object. */
export interface LabelImage {
  widthPx: number;
  heightPx: number;
  data: Uint16Array;
  objects: LabelledObject[];
  /** Objects that share pixels with others; where they do, the later one stands. */
  overlapping: number;
  /** Those of them of which nothing is left. */
  covered: number;
}

/** Paints objects in their order. @throws RangeError for more than {@link maxLabel} objects */
export async function paintLabels(
  objects: AsyncIterable<DatasetObject>,
  widthPx: number,
  heightPx: number,
): Promise<LabelImage> {
  const data = new Uint16Array(widthPx * heightPx);
  const labelled: LabelledObject[] = [];
  /** Pixels that show each value. */
  const shown: number[] = [0];
  const overlapping = new Set<number>();
  for await (const { id, classId, mask } of objects) {
    const value = labelled.length + 1;
    if (value > maxLabel) throw new RangeError(`more than ${maxLabel} objects in a 16-bit label image`);
    let areaPx = 0;
    for (let j = 0; j < mask.height; j++) {
      const row = (mask.y + j) * widthPx + mask.x;
      for (let i = 0; i < mask.width; i++) {
        if (!mask.data[j * mask.width + i]) continue;
        areaPx++;
        const below = data[row + i]!;
        data[row + i] = value;
        if (below === 0) continue;
        shown[below]!--;
        overlapping.add(below).add(value);
      }
    }
    shown[value] = areaPx;
    labelled.push({ value, objectId: id, classId, areaPx });
  }
  const covered = labelled.filter(({ value }) => shown[value] === 0).length;
  return { widthPx, heightPx, data, objects: labelled, overlapping: overlapping.size, covered };
}
