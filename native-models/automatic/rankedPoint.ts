import type { Point } from '../predictor/spaces.ts';

/** A place worth a prompt, in pixels of the reduced picture. */
export interface RankedPoint extends Point {
  /** Higher ones go first; of use among points of one kind. */
  rank: number;
  /** No other point is wanted within this distance. */
  reach: number;
}
