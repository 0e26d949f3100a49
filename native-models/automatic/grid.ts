import type { Point } from '../predictor/spaces.ts';

/**
 * `perSide` × `perSide` points in the middles of as many equal parts of the unit square, row by row
 * (segment_anything/utils/amg.py, build_point_grid).
 */
export function pointGrid(perSide: number): Point[] {
  const places = Array.from({ length: perSide }, (_, i) => (i + 0.5) / perSide);
  return places.flatMap((y) => places.map((x) => ({ x, y })));
}

/** Points along a side in a layer of crops; the reference fails where none is left, here one is. */
export function pointsPerSideOf(layer: number, perSide: number, downscale: number): number {
  return Math.max(1, Math.floor(perSide / downscale ** layer));
}
