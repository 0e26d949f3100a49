import type { PromptBox } from '../../electron/service/api/contract.ts';
import type { CanvasObject } from './contract.ts';

/** The object at this pixel of the plane; of several the one with the smallest box, so that a part can be picked in its whole. */
export function objectAt(objects: readonly CanvasObject[], x: number, y: number): number | null {
  let best: { id: number; size: number } | null = null;
  for (const { id, hidden, mask } of objects) {
    if (hidden) continue;
    const [left, top, width, height] = mask.bbox;
    const i = Math.floor(x) - left;
    const j = Math.floor(y) - top;
    if (i < 0 || j < 0 || i >= width || j >= height || !mask.data[j * width + i]) continue;
    const size = width * height;
    if (!best || size <= best.size) best = { id, size };
  }
  return best?.id ?? null;
}

/** Objects that lie wholly in the box. */
export function objectsInBox(objects: readonly CanvasObject[], { x0, y0, x1, y1 }: PromptBox): number[] {
  return objects
    .filter(({ hidden, mask: { bbox } }) => {
      const [x, y, width, height] = bbox;
      return !hidden && x >= x0 && y >= y0 && x + width <= x1 && y + height <= y1;
    })
    .map(({ id }) => id);
}
