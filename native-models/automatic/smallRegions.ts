import { type Mask, trimMask, windowOf } from '../masks/mask.ts';

/**
 * The mask with its holes of fewer than `minAreaPx` pixels filled, then without its islands of fewer, though never
 * without its largest one. Regions are 8-connected, and background that the image's border encloses is a hole, too
 * (segment_anything/utils/amg.py, remove_small_regions). The very mask where nothing changes.
 */
export function removeSmallRegions(mask: Mask, widthPx: number, heightPx: number, minAreaPx: number): Mask {
  return removeIslands(fillSmallHoles(mask, widthPx, heightPx, minAreaPx), minAreaPx);
}

export function fillSmallHoles(mask: Mask, widthPx: number, heightPx: number, minAreaPx: number): Mask {
  if (mask.width === 0) return mask;
  // So much of the ground around, up to the image's border, that what reaches it is no small region.
  const margin = Math.ceil(minAreaPx / Math.min(mask.width, mask.height));
  const [left, top] = [Math.max(0, mask.x - margin), Math.max(0, mask.y - margin)];
  const right = Math.min(widthPx, mask.x + mask.width + margin);
  const bottom = Math.min(heightPx, mask.y + mask.height + margin);
  const filled = windowOf(mask, [left, top, right - left, bottom - top]);
  const small = regionsOf(filled, 0).filter(({ length }) => length < minAreaPx);
  if (small.length === 0) return mask;
  for (const region of small) for (const at of region) filled.data[at] = 1;
  return trimMask(filled);
}

export function removeIslands(mask: Mask, minAreaPx: number): Mask {
  const regions = regionsOf(mask, 1);
  const small = regions.filter(({ length }) => length < minAreaPx);
  if (small.length === 0) return mask;
  const largest = regions.reduce((a, b) => (b.length > a.length ? b : a));
  const data = mask.data.slice();
  for (const region of small) {
    if (region === largest && small.length === regions.length) continue;
    for (const at of region) data[at] = 0;
  }
  return trimMask({ ...mask, data });
}

/** Indices of the pixels of each 8-connected region of a value, in the order of the regions' first pixels. */
function regionsOf({ width, height, data }: Mask, value: 0 | 1): Int32Array[] {
  const seen = new Uint8Array(data.length);
  const queue = new Int32Array(data.length);
  const regions: Int32Array[] = [];
  for (let start = 0; start < data.length; start++) {
    if (data[start] !== value || seen[start]) continue;
    let end = 0;
    queue[end++] = start;
    seen[start] = 1;
    for (let next = 0; next < end; next++) {
      const x = queue[next]! % width;
      const y = (queue[next]! - x) / width;
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const at = v * width + u;
          if (data[at] !== value || seen[at]) continue;
          seen[at] = 1;
          queue[end++] = at;
        }
      }
    }
    regions.push(queue.slice(0, end));
  }
  return regions;
}
