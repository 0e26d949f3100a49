import type { Bbox } from '../masks/mask.ts';
import { compressRuns, decompressRuns, type Rle } from '../masks/rle.ts';
import type { CropBox } from './crops.ts';

/**
 * A mask as its runs, for comparing many masks of one plane without unpacking any: two are compared in as many steps as
 * they have runs where their boxes meet.
 */
export interface MaskRuns {
  /** Of the plane. Positions count its columns downwards, x · planeHeight + y: planes of up to 2^31 pixels. */
  planeHeight: number;
  planeWidth: number;
  /** Where each run of the foreground begins and, exclusive, ends; ascending. */
  starts: Int32Array;
  ends: Int32Array;
  bbox: Bbox;
  areaPx: number;
}

/** @throws RangeError on text that is no RLE. */
export function runsOf({ size: [planeHeight, planeWidth], counts }: Rle): MaskRuns {
  const runs = decompressRuns(counts);
  const starts = new Int32Array(runs.length >> 1);
  const ends = new Int32Array(runs.length >> 1);
  let [count, at, areaPx, top, bottom] = [0, 0, 0, planeHeight, -1];
  runs.forEach((run, index) => {
    if (index % 2 === 1 && run > 0) {
      starts[count] = at;
      ends[count++] = at + run;
      areaPx += run;
      const first = at % planeHeight;
      const oneColumn = first + run <= planeHeight;
      top = oneColumn ? Math.min(top, first) : 0;
      bottom = oneColumn ? Math.max(bottom, first + run - 1) : planeHeight - 1;
    }
    at += run;
  });
  if (at !== planeHeight * planeWidth) throw new RangeError(`RLE runs cover ${at} pixels of another plane`);
  if (count === 0) return { planeHeight, planeWidth, starts, ends, bbox: [0, 0, 0, 0], areaPx };
  const left = Math.floor(starts[0]! / planeHeight);
  const right = Math.floor((ends[count - 1]! - 1) / planeHeight);
  return {
    ...{ planeHeight, planeWidth, areaPx },
    starts: starts.subarray(0, count),
    ends: ends.subarray(0, count),
    bbox: [left, top, right - left + 1, bottom - top + 1],
  };
}

/** Inverse of {@link runsOf}. */
export function rleOf({ planeHeight, planeWidth, starts, ends }: MaskRuns): Rle {
  const runs: number[] = [];
  let at = 0;
  for (let run = 0; run < starts.length; run++) {
    runs.push(starts[run]! - at, ends[run]! - starts[run]!);
    at = ends[run]!;
  }
  const rest = planeHeight * planeWidth - at;
  if (rest > 0) runs.push(rest);
  return { size: [planeHeight, planeWidth], counts: compressRuns(runs) };
}

/** What any of the masks covers; at least one, of one plane, none of them empty. */
export function uniteRuns(masks: readonly MaskRuns[]): MaskRuns {
  const { planeHeight, planeWidth } = masks[0]!;
  const runs = masks.flatMap(({ starts, ends }) => Array.from(starts, (start, i) => [start, ends[i]!] as const));
  runs.sort(([a], [b]) => a - b);
  const starts: number[] = [];
  const ends: number[] = [];
  for (const [start, end] of runs) {
    const last = ends.length - 1;
    if (last >= 0 && start <= ends[last]!) ends[last] = Math.max(ends[last]!, end);
    else {
      starts.push(start);
      ends.push(end);
    }
  }
  let [left, top, right, bottom] = [planeWidth, planeHeight, 0, 0];
  for (const { bbox } of masks) {
    [left, top] = [Math.min(left, bbox[0]), Math.min(top, bbox[1])];
    [right, bottom] = [Math.max(right, bbox[0] + bbox[2]), Math.max(bottom, bbox[1] + bbox[3])];
  }
  return {
    ...{ planeHeight, planeWidth },
    starts: Int32Array.from(starts),
    ends: Int32Array.from(ends),
    bbox: [left, top, right - left, bottom - top],
    areaPx: starts.reduce((area, start, i) => area + ends[i]! - start, 0),
  };
}

/** Pixels of a mask in a part of its plane. */
export function areaWithin({ starts, ends, planeHeight }: MaskRuns, [x0, y0, x1, y1]: CropBox): number {
  let area = 0;
  for (let run = firstEndingAfter(ends, x0 * planeHeight); run < starts.length; run++) {
    const [start, end] = [starts[run]!, ends[run]!];
    if (start >= x1 * planeHeight) break;
    for (let x = Math.max(x0, Math.floor(start / planeHeight)); x < x1 && x * planeHeight < end; x++) {
      const column = x * planeHeight;
      area += Math.max(0, Math.min(end - column, y1) - Math.max(start - column, y0));
    }
  }
  return area;
}

export function boxesMeet([ax, ay, aw, ah]: Bbox, [bx, by, bw, bh]: Bbox): boolean {
  return ax < bx + bw && bx < ax + aw && ay < by + bh && by < ay + ah;
}

/** Pixels that two masks of one plane share. */
export function sharedArea(a: MaskRuns, b: MaskRuns): number {
  let area = 0;
  eachSharedRun(a, b, (start, end) => {
    area += end - start;
  });
  return area;
}

/** Intersection over union; 0 where both are empty. */
export function runsIou(a: MaskRuns, b: MaskRuns): number {
  const shared = sharedArea(a, b);
  return shared === 0 ? 0 : shared / (a.areaPx + b.areaPx - shared);
}

/** Pixels of `mask` that lie in any of the `others`. */
export function coveredArea(mask: MaskRuns, others: readonly MaskRuns[]): number {
  const shared: [start: number, end: number][] = [];
  for (const other of others) eachSharedRun(mask, other, (start, end) => void shared.push([start, end]));
  shared.sort(([a], [b]) => a - b);
  let [area, reached] = [0, 0];
  for (const [start, end] of shared) {
    area += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  return area;
}

function eachSharedRun(a: MaskRuns, b: MaskRuns, take: (start: number, end: number) => void): void {
  if (!boxesMeet(a.bbox, b.bbox)) return;
  const from = Math.max(a.bbox[0], b.bbox[0]) * a.planeHeight;
  const to = Math.min(a.bbox[0] + a.bbox[2], b.bbox[0] + b.bbox[2]) * a.planeHeight;
  let i = firstEndingAfter(a.ends, from);
  let j = firstEndingAfter(b.ends, from);
  while (i < a.starts.length && j < b.starts.length) {
    const [endA, endB] = [a.ends[i]!, b.ends[j]!];
    const start = Math.max(a.starts[i]!, b.starts[j]!);
    if (start >= to) return;
    const end = Math.min(endA, endB);
    if (end > start) take(start, end);
    if (endA <= endB) i++;
    else j++;
  }
}

function firstEndingAfter(ends: Int32Array, position: number): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Number of 8-connected parts. */
export function partsOf({ starts, ends, planeHeight }: MaskRuns): number {
  // Runs of single columns, as rows of that column: a run of the RLE may go on into the next.
  const columns: number[] = [];
  const tops: number[] = [];
  const bottoms: number[] = [];
  for (let run = 0; run < starts.length; run++) {
    for (let at = starts[run]!; at < ends[run]!;) {
      const column = Math.floor(at / planeHeight);
      const end = Math.min(ends[run]!, (column + 1) * planeHeight);
      columns.push(column);
      tops.push(at - column * planeHeight);
      bottoms.push(end - column * planeHeight);
      at = end;
    }
  }
  const parents = Int32Array.from(columns.keys());
  const rootOf = (run: number): number => {
    let root = run;
    while (parents[root] !== root) root = parents[root] = parents[parents[root]!]!;
    return root;
  };
  let parts = columns.length;
  for (let run = 0, left = 0; run < columns.length; run++) {
    const before = columns[run]! - 1;
    // `left` waits at the first run of the column before that may touch this one or a later one.
    while (columns[left]! < before || (columns[left] === before && bottoms[left]! < tops[run]!)) left++;
    for (let other = left; columns[other] === before && tops[other]! <= bottoms[run]!; other++) {
      const [a, b] = [rootOf(other), rootOf(run)];
      if (a === b) continue;
      parents[a] = b;
      parts--;
    }
  }
  return parts;
}
