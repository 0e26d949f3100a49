import { type Bbox, emptyMask, type Mask } from './mask.ts';

/**
 * COCO run-length encoding: `size` is [height, width] of the whole plane, runs are column-major and begin with
 * background; `counts` is the compressed string of pycocotools (maskApi.c, rleToString: 5 bits a character plus
 * 48, from the third run on as the difference to the run before the last).
 */
export interface Rle {
  size: [height: number, width: number];
  counts: string;
}

/** Runs of a mask in a plane of `height` × `width` pixels, background first. Pixels outside the plane are dropped. */
export function maskToRuns(mask: Mask, height: number, width: number): number[] {
  const runs: number[] = [];
  let value = 0;
  let runStart = 0;
  const top = Math.max(0, mask.y);
  const bottom = Math.min(height, mask.y + mask.height);
  for (let x = Math.max(0, mask.x); x < Math.min(width, mask.x + mask.width); x++) {
    for (let y = top; y < bottom; y++) {
      const pixel = mask.data[(y - mask.y) * mask.width + x - mask.x]!;
      if (pixel === value) continue;
      runs.push(x * height + y - runStart);
      runStart = x * height + y;
      value = pixel;
    }
    if (value === 1 && (bottom < height || top > 0)) {
      runs.push(x * height + bottom - runStart);
      runStart = x * height + bottom;
      value = 0;
    }
  }
  // A window as high as the plane lets a run go on into the next column; it ends where the window ends.
  if (value === 1) {
    const end = Math.min(width, mask.x + mask.width) * height;
    runs.push(end - runStart);
    runStart = end;
  }
  if (runStart < height * width || runs.length === 0) runs.push(height * width - runStart);
  return runs;
}

/** Compresses runs to COCO's string (see {@link Rle}). */
export function compressRuns(runs: readonly number[]): string {
  let text = '';
  for (let i = 0; i < runs.length; i++) {
    let x = i > 2 ? runs[i]! - runs[i - 2]! : runs[i]!;
    for (let more = true; more;) {
      let c = x & 0x1f;
      x >>= 5;
      more = c & 0x10 ? x !== -1 : x !== 0;
      if (more) c |= 0x20;
      text += String.fromCharCode(c + 48);
    }
  }
  return text;
}

/** Inverse of {@link compressRuns}. Throws RangeError on a string that is not such a code. */
export function decompressRuns(counts: string): number[] {
  const runs: number[] = [];
  let at = 0;
  while (at < counts.length) {
    let x = 0;
    let shift = 0;
    for (let more = true; more; at++, shift += 5) {
      const c = counts.charCodeAt(at) - 48;
      if (!(c >= 0 && c < 64) || shift > 30) throw new RangeError(`RLE string is damaged at character ${at}`);
      x |= (c & 0x1f) << shift;
      more = (c & 0x20) !== 0;
      if (!more && c & 0x10 && shift < 30) x |= -1 << (shift + 5);
    }
    const run = runs.length > 2 ? x + runs[runs.length - 2]! : x;
    if (run < 0) throw new RangeError(`RLE string holds a negative run of ${run}`);
    runs.push(run);
  }
  return runs;
}

export function encodeRle(mask: Mask, height: number, width: number): Rle {
  return { size: [height, width], counts: compressRuns(maskToRuns(mask, height, width)) };
}

/**
 * The mask of an RLE as a tight window.
 * @throws RangeError when the runs do not add up to the plane.
 */
export function decodeRle(rle: Rle): Mask {
  const [height, width] = rle.size;
  const runs = decompressRuns(rle.counts);
  const [x, y, w, h] = runsBbox(runs, height, width);
  if (w === 0) return emptyMask;
  const data = new Uint8Array(w * h);
  let at = 0;
  runs.forEach((run, index) => {
    if (index % 2 === 1) {
      for (let p = at; p < at + run; p++) data[((p % height) - y) * w + Math.floor(p / height) - x] = 1;
    }
    at += run;
  });
  return { x, y, width: w, height: h, data };
}

/** Number of foreground pixels, without unpacking. */
export function rleArea(rle: Rle): number {
  return decompressRuns(rle.counts).reduce((area, run, index) => (index % 2 === 1 ? area + run : area), 0);
}

function runsBbox(runs: readonly number[], height: number, width: number): Bbox {
  let at = 0;
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  runs.forEach((run, index) => {
    if (index % 2 === 1 && run > 0) {
      const first = Math.floor(at / height);
      const last = Math.floor((at + run - 1) / height);
      left = Math.min(left, first);
      right = Math.max(right, last);
      if (last > first) {
        top = 0;
        bottom = height - 1;
      } else {
        top = Math.min(top, at % height);
        bottom = Math.max(bottom, (at + run - 1) % height);
      }
    }
    at += run;
  });
  if (at !== height * width) {
    throw new RangeError(`RLE runs cover ${at} pixels of a plane of ${height} × ${width} = ${height * width}`);
  }
  return right < 0 ? [0, 0, 0, 0] : [left, top, right - left + 1, bottom - top + 1];
}
