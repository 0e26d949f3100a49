import { type Position, type Size, toScreen, type View } from './view.ts';

/** A measured line, image space. */
export interface RulerLine {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** CSS pixels around an end at which it is taken hold of. */
const grip = 9;
const snapAngle = Math.PI / 4;

/** From `fixed` to `free`, on the plane; `snap`: at a multiple of 45°. The line keeps its angle where the plane ends. */
export function rulerLine(fixed: Position, free: Position, plane: Size, snap: boolean): RulerLine {
  const from = { x: within(fixed.x, plane.width), y: within(fixed.y, plane.height) };
  if (!snap) return lineOf(from, { x: within(free.x, plane.width), y: within(free.y, plane.height) });
  const [dx, dy] = [free.x - from.x, free.y - from.y];
  const angle = Math.round(Math.atan2(dy, dx) / snapAngle) * snapAngle;
  const unit = { x: Math.round(Math.cos(angle)), y: Math.round(Math.sin(angle)) };
  const diagonal = unit.x !== 0 && unit.y !== 0;
  // The foot of the pointer on the line, in steps of a pixel along each axis that it runs along.
  const wanted = Math.max(0, (dx * unit.x + dy * unit.y) / (diagonal ? 2 : 1));
  const room = (at: number, step: number, size: number) => (step === 0 ? Infinity : step > 0 ? size - at : at);
  const steps = Math.min(wanted, room(from.x, unit.x, plane.width), room(from.y, unit.y, plane.height));
  return lineOf(from, { x: from.x + unit.x * steps, y: from.y + unit.y * steps });
}

export const rulerLength = ({ x0, y0, x1, y1 }: RulerLine) => Math.hypot(x1 - x0, y1 - y0);

/** Degrees from the x axis, counter-clockwise on the screen as in Fiji: -180 < angle <= 180. */
export function rulerAngle({ x0, y0, x1, y1 }: RulerLine): number {
  const degrees = (Math.atan2(y0 - y1, x1 - x0) * 180) / Math.PI;
  return degrees <= -180 ? 180 : degrees + 0;
}

/** The end that stays when the other one is taken hold of at this screen position; null: neither is near. */
export function fixedEnd(line: RulerLine | null, view: View, at: Position): Position | null {
  if (!line) return null;
  const ends = [
    { x: line.x0, y: line.y0 },
    { x: line.x1, y: line.y1 },
  ] as const;
  const [first, last] = ends.map((end) => {
    const { x, y } = toScreen(view, end);
    return Math.hypot(x - at.x, y - at.y);
  }) as [number, number];
  if (Math.min(first, last) > grip) return null;
  return last <= first ? ends[0] : ends[1];
}

const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
const lineOf = (from: Position, to: Position): RulerLine => ({ x0: from.x, y0: from.y, x1: to.x, y1: to.y });
