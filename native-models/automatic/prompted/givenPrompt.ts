import { firstClick } from '../../evaluation/robotUser.ts';
import { type Mask, maskBbox } from '../../masks/mask.ts';
import type { Prompt } from '../../predictor/prompt.ts';
import type { Point } from '../../predictor/spaces.ts';

/** What somebody else says about one object of a plane, in image space: a place in it, a box around it, or both. */
export interface GivenPrompt {
  point: Point | null;
  box: Prompt['box'];
  /** What another program took for the object; null: nothing is known of it. */
  earlier: Mask | null;
}

/** The prompt that another program's mask stands for: its tight box and the place farthest from its border. */
export function promptOfMask(mask: Mask): GivenPrompt {
  const [x, y, width, height] = maskBbox(mask);
  const click = firstClick(mask);
  return { point: { x: click.x, y: click.y }, box: { x0: x, y0: y, x1: x + width, y1: y + height }, earlier: mask };
}
