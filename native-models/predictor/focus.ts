import type { Bbox, Mask } from '../masks/mask.ts';
import { surroundings } from './closeUp.ts';
import type { Prompt } from './prompt.ts';

interface Rectangle {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/**
 * What a prompt is about, as a bounding box in image space: its points and its box, and the candidate that it refines.
 * Clicks alone don't tell how large the object is that they mean; there the `view`, the part of the plane that the
 * person looks at, does: they came so close to see it. null where nothing tells.
 */
export function focusOf(
  { points, box }: Omit<Prompt, 'mask'>,
  refined: Pick<Mask, 'x' | 'y' | 'width' | 'height'> | null,
  view: Rectangle | null,
): Bbox | null {
  const prompts = [...points.map(({ x, y }) => ({ x0: x, y0: y, x1: x, y1: y })), ...(box ? [box] : [])];
  if (box || refined) return bounds(refined ? [...prompts, rectangleOf(refined)] : prompts);
  if (!view) return null;
  const [x, y, width, height] = bounds(prompts);
  const seen = Math.max(view.x1 - view.x0, view.y1 - view.y0) / surroundings;
  const [wide, high] = [Math.max(width, seen), Math.max(height, seen)];
  return [x + (width - wide) / 2, y + (height - high) / 2, wide, high];
}

function bounds(rectangles: readonly Rectangle[]): Bbox {
  const left = Math.min(...rectangles.map(({ x0 }) => x0));
  const top = Math.min(...rectangles.map(({ y0 }) => y0));
  const right = Math.max(...rectangles.map(({ x1 }) => x1));
  const bottom = Math.max(...rectangles.map(({ y1 }) => y1));
  return [left, top, right - left, bottom - top];
}

function rectangleOf({ x, y, width, height }: Pick<Mask, 'x' | 'y' | 'width' | 'height'>): Rectangle {
  return { x0: x, y0: y, x1: x + width, y1: y + height };
}
