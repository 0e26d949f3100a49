/**
 * A binary mask in image space: a window of the plane, everything outside is background.
 * `data` is row-major, `width * height` bytes, 0 or 1; pixel (i, j) of the window covers
 * [x+i, x+i+1) × [y+j, y+j+1) of the plane. An empty mask has width = height = 0.
 */
export interface Mask {
  x: number;
  y: number;
  width: number;
  height: number;
  data: Uint8Array;
}

/** Bounding box as COCO writes it: x, y of the top-left pixel, width, height, in pixels. */
export type Bbox = [x: number, y: number, width: number, height: number];

export const emptyMask: Mask = { x: 0, y: 0, width: 0, height: 0, data: new Uint8Array(0) };

/** Number of foreground pixels. */
export function maskArea(mask: Mask): number {
  let area = 0;
  for (const value of mask.data) area += value;
  return area;
}

/** The tight bounding box of the foreground; [0, 0, 0, 0] for an empty mask. */
export function maskBbox(mask: Mask): Bbox {
  let left = mask.width;
  let right = -1;
  let top = -1;
  let bottom = -1;
  for (let j = 0; j < mask.height; j++) {
    const row = j * mask.width;
    for (let i = 0; i < mask.width; i++) {
      if (!mask.data[row + i]) continue;
      if (i < left) left = i;
      if (i > right) right = i;
      if (top < 0) top = j;
      bottom = j;
    }
  }
  return right < 0 ? [0, 0, 0, 0] : [mask.x + left, mask.y + top, right - left + 1, bottom - top + 1];
}

/** The part of `mask` inside `bbox`, as a window of exactly that box. */
export function windowOf(mask: Mask, [x, y, width, height]: Bbox): Mask {
  const data = new Uint8Array(width * height);
  const fromX = Math.max(x, mask.x);
  const toX = Math.min(x + width, mask.x + mask.width);
  for (let v = Math.max(y, mask.y); v < Math.min(y + height, mask.y + mask.height); v++) {
    if (toX <= fromX) break;
    const start = (v - mask.y) * mask.width + fromX - mask.x;
    data.set(mask.data.subarray(start, start + toX - fromX), (v - y) * width + fromX - x);
  }
  return { x, y, width, height, data };
}

/** The same foreground in the smallest window. */
export function trimMask(mask: Mask): Mask {
  const bbox = maskBbox(mask);
  if (bbox[2] === 0) return emptyMask;
  if (bbox[2] === mask.width && bbox[3] === mask.height) return mask;
  return windowOf(mask, bbox);
}

/** Union of any number of masks. */
export function uniteMasks(masks: readonly Mask[]): Mask {
  const filled = masks.filter((mask) => mask.width > 0 && mask.height > 0);
  if (filled.length === 0) return emptyMask;
  // Bounds by a loop: a call takes no more than some 100,000 arguments.
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const mask of filled) {
    left = Math.min(left, mask.x);
    top = Math.min(top, mask.y);
    right = Math.max(right, mask.x + mask.width);
    bottom = Math.max(bottom, mask.y + mask.height);
  }
  const [width, height] = [right - left, bottom - top];
  const data = new Uint8Array(width * height);
  for (const mask of filled) {
    for (let j = 0; j < mask.height; j++) {
      const to = (mask.y + j - top) * width + mask.x - left;
      for (let i = 0; i < mask.width; i++) if (mask.data[j * mask.width + i]) data[to + i] = 1;
    }
  }
  return trimMask({ x: left, y: top, width, height, data });
}

/** `mask` without the pixels of the `others`. */
export function subtractMasks(mask: Mask, others: readonly Mask[]): Mask {
  const data = mask.data.slice();
  for (const other of others) {
    const fromX = Math.max(mask.x, other.x);
    const toX = Math.min(mask.x + mask.width, other.x + other.width);
    const toY = Math.min(mask.y + mask.height, other.y + other.height);
    for (let v = Math.max(mask.y, other.y); v < toY; v++) {
      for (let u = fromX; u < toX; u++) {
        if (other.data[(v - other.y) * other.width + u - other.x]) data[(v - mask.y) * mask.width + u - mask.x] = 0;
      }
    }
  }
  return trimMask({ ...mask, data });
}

/** Intersection over union; 0 where both are empty. */
export function maskIou(a: Mask, b: Mask): number {
  let both = 0;
  const fromX = Math.max(a.x, b.x);
  const toX = Math.min(a.x + a.width, b.x + b.width);
  const toY = Math.min(a.y + a.height, b.y + b.height);
  for (let v = Math.max(a.y, b.y); v < toY; v++) {
    for (let u = fromX; u < toX; u++) {
      both += a.data[(v - a.y) * a.width + u - a.x]! & b.data[(v - b.y) * b.width + u - b.x]!;
    }
  }
  const union = maskArea(a) + maskArea(b) - both;
  return union === 0 ? 0 : both / union;
}
