import type { Mask } from '../masks/mask.ts';
import { drawLot } from './drawLot.ts';

/** Ground truth: one label a pixel, row-major, 0 = background, 1..n = objects. */
export interface LabelImage {
  widthPx: number;
  heightPx: number;
  data: Uint8Array | Uint16Array | Uint32Array | Float32Array;
}

export interface LabelObject {
  label: number;
  areaPx: number;
  /** Tight window; of one label, however many pieces it has. */
  mask: Mask;
}

/** Objects with fewer pixels are not asked for. */
export const smallestAreaPx = 25;

interface Extent {
  label: number;
  areaPx: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/**
 * The objects of a label image that are measured, by label: those of at least {@link smallestAreaPx}, and of these at
 * most `limit`, by a seeded choice that depends on the labels only.
 */
export function chooseObjects(image: LabelImage, limit: number, seed: number): LabelObject[] {
  const large = [...extentsOf(image).values()].filter(({ areaPx }) => areaPx >= smallestAreaPx);
  const drawn = large
    .map((extent) => ({ extent, lot: drawLot(extent.label, seed) }))
    .sort((a, b) => a.lot - b.lot || a.extent.label - b.extent.label)
    .slice(0, limit);
  return drawn
    .map(({ extent }) => extent)
    .sort((a, b) => a.label - b.label)
    .map((extent) => ({ label: extent.label, areaPx: extent.areaPx, mask: cutOut(image, extent) }));
}

function extentsOf({ widthPx, heightPx, data }: LabelImage): Map<number, Extent> {
  const extents = new Map<number, Extent>();
  let last: Extent | undefined;
  for (let y = 0, at = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++, at++) {
      const label = data[at]!;
      if (label === 0) continue;
      // Labels come in runs, and a look into the map for each pixel costs more than the rest.
      const extent = last?.label === label ? last : (extents.get(label) ?? newExtent(label, x, y));
      if (extent.areaPx === 0) extents.set(label, extent);
      extent.areaPx++;
      if (x < extent.left) extent.left = x;
      if (x > extent.right) extent.right = x;
      extent.bottom = y;
      last = extent;
    }
  }
  return extents;
}

function newExtent(label: number, x: number, y: number): Extent {
  return { label, areaPx: 0, left: x, right: x, top: y, bottom: y };
}

function cutOut({ widthPx, data }: LabelImage, { label, left, right, top, bottom }: Extent): Mask {
  const width = right - left + 1;
  const height = bottom - top + 1;
  const cut = new Uint8Array(width * height);
  for (let j = 0; j < height; j++) {
    const from = (top + j) * widthPx + left;
    for (let i = 0; i < width; i++) if (data[from + i] === label) cut[j * width + i] = 1;
  }
  return { x: left, y: top, width, height, data: cut };
}
