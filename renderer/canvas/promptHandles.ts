import type { PromptBox } from '../../electron/service/api/contract.ts';
import type { CanvasPrompt } from './contract.ts';
import { type Position, type Size, toScreen, type View } from './view.ts';

/** A part of a prompt that can be taken hold of. */
export type PromptHandle =
  | { part: 'point'; index: number }
  /** A corner moves two edges, an edge moves itself. */
  | { part: 'corner'; x: 'x0' | 'x1'; y: 'y0' | 'y1' }
  | { part: 'edge'; side: keyof PromptBox };

/** Distances in CSS pixels at which a handle is met. */
const pointReach = 9;
const cornerReach = 8;
const edgeReach = 5;

/** What is under this position (screen space): the point added last first, then corners, then edges; else null. */
export function handleAt(prompt: CanvasPrompt, view: View, at: Position): PromptHandle | null {
  for (let index = prompt.points.length - 1; index >= 0; index--) {
    const point = toScreen(view, prompt.points[index]!);
    if (Math.hypot(point.x - at.x, point.y - at.y) <= pointReach) return { part: 'point', index };
  }
  if (!prompt.box) return null;
  const from = toScreen(view, { x: prompt.box.x0, y: prompt.box.y0 });
  const to = toScreen(view, { x: prompt.box.x1, y: prompt.box.y1 });
  for (const x of ['x0', 'x1'] as const) {
    for (const y of ['y0', 'y1'] as const) {
      const corner = { x: x === 'x0' ? from.x : to.x, y: y === 'y0' ? from.y : to.y };
      if (Math.max(Math.abs(corner.x - at.x), Math.abs(corner.y - at.y)) <= cornerReach)
        return { part: 'corner', x, y };
    }
  }
  const besideX = at.x >= from.x && at.x <= to.x;
  const besideY = at.y >= from.y && at.y <= to.y;
  if (besideY && Math.abs(at.x - from.x) <= edgeReach) return { part: 'edge', side: 'x0' };
  if (besideY && Math.abs(at.x - to.x) <= edgeReach) return { part: 'edge', side: 'x1' };
  if (besideX && Math.abs(at.y - from.y) <= edgeReach) return { part: 'edge', side: 'y0' };
  if (besideX && Math.abs(at.y - to.y) <= edgeReach) return { part: 'edge', side: 'y1' };
  return null;
}

/** The prompt with its handle moved by (dx, dy) image pixels; it stays on the plane, and a box keeps an extent. */
export function moveHandle(
  prompt: CanvasPrompt,
  handle: PromptHandle,
  dx: number,
  dy: number,
  plane: Size,
): CanvasPrompt {
  if (handle.part === 'point') {
    const points = prompt.points.map((point, index) =>
      index === handle.index ? { ...point, ...onPlane({ x: point.x + dx, y: point.y + dy }, plane) } : point,
    );
    return { ...prompt, points };
  }
  if (!prompt.box) return prompt;
  const box = { ...prompt.box };
  const sides: (keyof PromptBox)[] = handle.part === 'corner' ? [handle.x, handle.y] : [handle.side];
  for (const side of sides) box[side] += side.startsWith('x') ? dx : dy;
  return { ...prompt, box: boxOf({ x: box.x0, y: box.y0 }, { x: box.x1, y: box.y1 }, plane) ?? prompt.box };
}

/** The prompt without this point, or without its box. */
export function removeHandle(prompt: CanvasPrompt, handle: PromptHandle): CanvasPrompt {
  if (handle.part !== 'point') return { ...prompt, box: null };
  return { ...prompt, points: prompt.points.filter((_, index) => index !== handle.index) };
}

/** The box between two positions in image space, inside the plane; null when nothing of an extent is left. */
export function boxOf(a: Position, b: Position, plane: Size): PromptBox | null {
  const from = onPlane({ x: Math.min(a.x, b.x), y: Math.min(a.y, b.y) }, plane);
  const to = onPlane({ x: Math.max(a.x, b.x), y: Math.max(a.y, b.y) }, plane);
  return to.x > from.x && to.y > from.y ? { x0: from.x, y0: from.y, x1: to.x, y1: to.y } : null;
}

export function isOnPlane({ x, y }: Position, plane: Size): boolean {
  return x >= 0 && y >= 0 && x < plane.width && y < plane.height;
}

function onPlane({ x, y }: Position, plane: Size): Position {
  return { x: Math.min(plane.width, Math.max(0, x)), y: Math.min(plane.height, Math.max(0, y)) };
}
