import type { Microstructure } from './microstructure.ts';
import { regionAreas, splitRegions } from './splitRegions.ts';

/**
 * Ground that one region encloses and that has fewer than `minAreaPx` pixels becomes part of it. Larger gaps, gaps at the
 * plane's border and those between several regions stay: they are pores, the matrix, boundaries.
 */
export function fillGaps(structure: Microstructure, minAreaPx: number): Microstructure {
  const { widthPx, heightPx, labels } = structure;
  const gaps = splitRegions(
    labels.map((label) => (label === 0 ? 1 : 0)),
    widthPx,
    heightPx,
  );
  const areas = regionAreas(gaps);
  /** The one region around each gap; 0: none so far, `open`: several, or the plane's border. */
  const around = new Uint32Array(gaps.count + 1);
  const open = structure.count + 1;
  for (let at = 0; at < labels.length; at++) {
    const gap = gaps.labels[at]!;
    if (gap === 0) continue;
    const x = at % widthPx;
    if (x === 0 || x === widthPx - 1 || at < widthPx || at >= labels.length - widthPx) {
      around[gap] = open;
      continue;
    }
    for (const next of [at - 1, at + 1, at - widthPx, at + widthPx]) {
      const label = labels[next]!;
      if (label !== 0 && around[gap] !== label) around[gap] = around[gap] === 0 ? label : open;
    }
  }
  const filled = labels.map((label, at) => {
    const gap = gaps.labels[at]!;
    return gap !== 0 && around[gap] !== open && areas[gap]! < minAreaPx ? around[gap]! : label;
  });
  return { ...structure, labels: filled };
}
