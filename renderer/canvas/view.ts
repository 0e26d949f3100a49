import type { Bbox, PromptBox } from '../../electron/service/api/contract.ts';

/**
 * Where the plane lies on the screen. Screen space: CSS pixels from the top left corner of the canvas.
 * screen = image * scale + offset.
 */
export interface View {
  /** CSS pixels for one pixel of the plane. */
  scale: number;
  offsetX: number;
  offsetY: number;
}

/** Width and height, of the canvas in CSS pixels or of the plane in image pixels. */
export interface Size {
  width: number;
  height: number;
}

export interface Position {
  x: number;
  y: number;
}

/** Pixels stay countable up to here (64 CSS pixels each). */
export const maxScale = 64;
/** The plane may become this much smaller than it is when it fits. */
const smallestShareOfFit = 0.25;
/** CSS pixels around a plane that fits. */
const fitMargin = 12;
/** At least this much of the plane stays in sight, in CSS pixels. */
const keptInSight = 48;

/** The whole plane in the middle of the canvas; a small plane is not enlarged beyond 8 CSS pixels a pixel. */
export function fitView(canvas: Size, plane: Size): View {
  const room = (length: number) => Math.max(1, length - 2 * fitMargin);
  const scale = Math.min(8, room(canvas.width) / plane.width, room(canvas.height) / plane.height);
  return centred(canvas, plane, scale, { x: plane.width / 2, y: plane.height / 2 });
}

/** `scale` with this image position in the middle of the canvas. */
export function centred(canvas: Size, plane: Size, scale: number, middle: Position): View {
  const view = {
    scale: limitScale(scale, canvas, plane),
    offsetX: 0,
    offsetY: 0,
  };
  view.offsetX = canvas.width / 2 - middle.x * view.scale;
  view.offsetY = canvas.height / 2 - middle.y * view.scale;
  return keepInSight(view, canvas, plane);
}

/** Zooms by `factor`; what is under `fixed` (screen space) stays there unless the plane would leave the canvas. */
export function zoomAt(view: View, factor: number, fixed: Position, canvas: Size, plane: Size): View {
  const scale = limitScale(view.scale * factor, canvas, plane);
  const share = scale / view.scale;
  return keepInSight(
    {
      scale,
      offsetX: fixed.x - (fixed.x - view.offsetX) * share,
      offsetY: fixed.y - (fixed.y - view.offsetY) * share,
    },
    canvas,
    plane,
  );
}

export function panBy(view: View, dx: number, dy: number, canvas: Size, plane: Size): View {
  return keepInSight({ ...view, offsetX: view.offsetX + dx, offsetY: view.offsetY + dy }, canvas, plane);
}

/** Brings a box of the plane into the middle; zooms in only as far as its surroundings stay visible, and out if need be. */
export function revealBox(view: View, [x, y, width, height]: Bbox, canvas: Size, plane: Size): View {
  const largest = Math.min(canvas.width / Math.max(1, width), canvas.height / Math.max(1, height));
  const scale = Math.min(largest * 0.8, Math.max(view.scale, Math.min(largest * 0.4, 16)));
  return centred(canvas, plane, scale, { x: x + width / 2, y: y + height / 2 });
}

/** Whether a box of the plane is wholly on the canvas. */
export function isInSight(view: View, [x, y, width, height]: Bbox, canvas: Size): boolean {
  const from = toScreen(view, { x, y });
  const to = toScreen(view, { x: x + width, y: y + height });
  return from.x >= 0 && from.y >= 0 && to.x <= canvas.width && to.y <= canvas.height;
}

/** The part of the plane that is on the canvas, in image space. */
export function partInSight(view: View, canvas: Size, plane: Size): PromptBox {
  const from = toImage(view, { x: 0, y: 0 });
  const to = toImage(view, { x: canvas.width, y: canvas.height });
  return {
    x0: Math.max(0, from.x),
    y0: Math.max(0, from.y),
    x1: Math.min(plane.width, to.x),
    y1: Math.min(plane.height, to.y),
  };
}

/** Brings a box into the middle without zooming, if it has room there. */
export function moveToBox(view: View, bbox: Bbox, canvas: Size, plane: Size): View {
  const [x, y, width, height] = bbox;
  const moved = centred(canvas, plane, view.scale, { x: x + width / 2, y: y + height / 2 });
  return isInSight(moved, bbox, canvas) ? moved : revealBox(view, bbox, canvas, plane);
}

export function toImage(view: View, screen: Position): Position {
  return { x: (screen.x - view.offsetX) / view.scale, y: (screen.y - view.offsetY) / view.scale };
}

export function toScreen(view: View, image: Position): Position {
  return { x: image.x * view.scale + view.offsetX, y: image.y * view.scale + view.offsetY };
}

function limitScale(scale: number, canvas: Size, plane: Size): number {
  const fit = Math.min(canvas.width / plane.width, canvas.height / plane.height);
  return Math.min(maxScale, Math.max(Math.min(1, fit) * smallestShareOfFit, scale));
}

function keepInSight(view: View, canvas: Size, plane: Size): View {
  const keep = (offset: number, length: number, room: number) => {
    const kept = Math.min(keptInSight, length, room);
    return Math.min(room - kept, Math.max(kept - length, offset));
  };
  return {
    scale: view.scale,
    offsetX: keep(view.offsetX, plane.width * view.scale, canvas.width),
    offsetY: keep(view.offsetY, plane.height * view.scale, canvas.height),
  };
}
