import type { Mask } from './mask.ts';

/**
 * A closed outline in image space, flat as COCO writes polygons: x0, y0, x1, y1 … without repeating the first point.
 * It runs along pixel edges, so coordinates are whole numbers; only corners are kept.
 */
export type Ring = number[];

export interface Outlines {
  /** Clockwise on the screen (y down). */
  outer: Ring[];
  /** Counterclockwise. */
  holes: Ring[];
}

/** Right, down, left, up: a turn to the right is the next one. */
const stepX = [1, 0, -1, 0] as const;
const stepY = [0, 1, 0, -1] as const;
/** The pixel ahead on the right and the one on the left, seen from a vertex, as offsets of their indices. */
const rightX = [0, -1, -1, 0] as const;
const rightY = [0, 0, -1, -1] as const;
const leftX = [0, 0, -1, -1] as const;
const leftY = [-1, 0, 0, -1] as const;

/**
 * The outlines of a mask. Pixels that touch only at a corner are separate parts (4-connected foreground), so every
 * outer ring is one part and the parts share no pixel: the union of the outer rings and their even-odd fill are the
 * same, and where there are no holes both are the mask, exactly. A part that closes around background through such a
 * corner has no hole: its ring passes the corner twice. Rings are in the order of their topmost, then leftmost corner.
 * Time is proportional to the window's pixels.
 */
export function traceOutlines(mask: Mask): Outlines {
  const { width, height, data } = mask;
  const outlines: Outlines = { outer: [], holes: [] };
  const isInside = (x: number, y: number) => x >= 0 && x < width && y >= 0 && y < height && data[y * width + x] !== 0;
  // Every ring has an edge with background above and foreground below, and each such edge belongs to one ring.
  const walked = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (walked[y * width + x] || !isInside(x, y) || isInside(x, y - 1)) continue;
      const { ring, area } = walk(x, y);
      (area > 0 ? outlines.outer : outlines.holes).push(ring);
    }
  }
  return outlines;

  /** Walks with the foreground on the right. The first edge of a ring in scan order begins at a corner. */
  function walk(startX: number, startY: number): { ring: Ring; area: number } {
    const ring: Ring = [];
    let area = 0;
    let x = startX;
    let y = startY;
    let heading = 0;
    do {
      ring.push(mask.x + x, mask.y + y);
      for (;;) {
        if (heading === 0) walked[y * width + x] = 1;
        x += stepX[heading]!;
        y += stepY[heading]!;
        area -= y * stepX[heading]!;
        // Asked first, so that at a corner where two pixels touch the walk stays with its own.
        if (!isInside(x + rightX[heading]!, y + rightY[heading]!)) {
          heading = (heading + 1) % 4;
          break;
        }
        if (isInside(x + leftX[heading]!, y + leftY[heading]!)) {
          heading = (heading + 3) % 4;
          break;
        }
      }
    } while (x !== startX || y !== startY || heading !== 0);
    return { ring, area };
  }
}
