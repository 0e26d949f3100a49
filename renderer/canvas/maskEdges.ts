import type { MaskWindow } from './contract.ts';
import type { Area } from './tileGrid.ts';

/** A straight piece of a mask's border, between pixels, in image space. */
export type Edge = [x0: number, y0: number, x1: number, y1: number];

/**
 * The border of a mask inside `area`, along pixel edges; straight neighbours are joined. For a view in which single
 * pixels are large: the line lies between the pixels and hides none.
 */
export function maskEdges(mask: MaskWindow, area: Area): Edge[] {
  const [left, top, width, height] = mask.bbox;
  const x0 = Math.max(left, Math.floor(area.x0));
  const y0 = Math.max(top, Math.floor(area.y0));
  const x1 = Math.min(left + width, Math.ceil(area.x1));
  const y1 = Math.min(top + height, Math.ceil(area.y1));
  const on = (x: number, y: number) =>
    x >= left && y >= top && x < left + width && y < top + height && mask.data[(y - top) * width + x - left] === 1;
  const edges: Edge[] = [];
  for (let y = y0; y <= y1; y++) {
    joinRuns(
      x0,
      x1,
      (x) => on(x, y - 1) !== on(x, y),
      (from, to) => edges.push([from, y, to, y]),
    );
  }
  for (let x = x0; x <= x1; x++) {
    joinRuns(
      y0,
      y1,
      (y) => on(x - 1, y) !== on(x, y),
      (from, to) => edges.push([x, from, x, to]),
    );
  }
  return edges;
}

function joinRuns(
  start: number,
  end: number,
  holds: (at: number) => boolean,
  found: (from: number, to: number) => void,
) {
  let from = -1;
  for (let at = start; at <= end; at++) {
    const here = at < end && holds(at);
    if (here && from < 0) from = at;
    if (!here && from >= 0) {
      found(from, at);
      from = -1;
    }
  }
}

/** Pixels of a dash and of the gap behind it. */
const dash = 2;

/** The dashes of these edges: unit pieces, by the same rule as in paintMasks.ts. */
export function dashEdges(edges: readonly Edge[]): Edge[] {
  const dashes: Edge[] = [];
  for (const [x0, y0, x1, y1] of edges) {
    const [dx, dy] = y0 === y1 ? [1, 0] : [0, 1];
    for (let at = 0; at < x1 - x0 + (y1 - y0); at++) {
      const [x, y] = [x0 + at * dx, y0 + at * dy];
      if ((x + 2 * y) % (2 * dash) < dash) dashes.push([x, y, x + dx, y + dy]);
    }
  }
  return dashes;
}
