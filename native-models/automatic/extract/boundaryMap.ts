import type { Microstructure } from './microstructure.ts';

/** 1 where there are objects, 0 where there is ground. */
export function phaseMap({ labels }: Pick<Microstructure, 'labels'>): Uint8Array {
  return Uint8Array.from(labels, (label) => (label === 0 ? 0 : 1));
}

/**
 * 1 on boundaries: ground that lies between two regions and is no wider than `mostPx` there (grain boundaries are what is
 * left between grains), and the outermost pixels of a region along another one.
 */
export function boundaryMap({ labels, widthPx, heightPx }: Microstructure, mostPx: number): Uint8Array {
  const map = new Uint8Array(labels.length);
  markLines(labels, map, heightPx, widthPx, widthPx, 1, mostPx);
  markLines(labels, map, widthPx, heightPx, 1, widthPx, mostPx);
  return map;
}

/** Along rows or columns: gaps between two different labels, and both sides where they touch. */
function markLines(
  labels: Uint32Array,
  map: Uint8Array,
  lines: number,
  length: number,
  lineStep: number,
  step: number,
  mostPx: number,
): void {
  for (let line = 0; line < lines; line++) {
    let last = -1;
    for (let i = 0; i < length; i++) {
      const at = line * lineStep + i * step;
      const label = labels[at]!;
      if (label === 0) continue;
      const gap = i - last - 1;
      const before = last < 0 ? 0 : labels[line * lineStep + last * step]!;
      if (last >= 0 && gap <= mostPx && (before !== label || gap > 0)) {
        if (gap === 0) map[at] = map[at - step] = 1;
        else if (before !== label) for (let k = last + 1; k < i; k++) map[line * lineStep + k * step] = 1;
      }
      last = i;
    }
  }
}
