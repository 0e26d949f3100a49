import type { Point } from '../predictor/spaces.ts';

/** Points that keep a distance from each other, found in O(1) by the cells of a grid. */
export class SpacedPoints {
  readonly points: Point[] = [];
  readonly #distance: number;
  readonly #cells = new Map<string, Point[]>();

  /** @param distance least between two points, more than 0. */
  constructor(distance: number) {
    this.#distance = distance;
  }

  /** Whether a point lies within `reach` of (x, y). */
  hasWithin(x: number, y: number, reach: number): boolean {
    const cells = Math.ceil(reach / this.#distance);
    const [column, row] = [Math.floor(x / this.#distance), Math.floor(y / this.#distance)];
    for (let v = row - cells; v <= row + cells; v++) {
      for (let u = column - cells; u <= column + cells; u++) {
        const near = this.#cells.get(`${u} ${v}`);
        if (near?.some((point) => Math.hypot(point.x - x, point.y - y) < reach)) return true;
      }
    }
    return false;
  }

  /** Adds the point unless another is within `reach` or the least distance. */
  offer({ x, y }: Point, reach: number): void {
    if (this.hasWithin(x, y, Math.max(reach, this.#distance))) return;
    this.points.push({ x, y });
    const cell = `${Math.floor(x / this.#distance)} ${Math.floor(y / this.#distance)}`;
    const points = this.#cells.get(cell);
    if (points) points.push({ x, y });
    else this.#cells.set(cell, [{ x, y }]);
  }
}
