import type { Bbox } from '../masks/mask.ts';
import type { ModelDescription } from '../packages/description.ts';

/** Pixels of model space that one pixel of the plane becomes at most: beyond, there is nothing more to see. */
const closest = 8;

/** A close-up shows this many times the extent of what is prompted, at least: it is known by its surroundings, too. */
export const surroundings = 4;

/** Encoders of at most so many bytes run in a blink on any computer: a second run a prompt does not matter. */
const quickBytes = 64 * 2 ** 20;

/** Whether a model is quick enough for close-ups where nobody has said whether they are wanted, nor measured it. */
export function takesCloseUps({ files }: Pick<ModelDescription, 'files'>): boolean {
  return files.encoder.bytes + (files.encoderWeights?.bytes ?? 0) <= quickBytes;
}

/** What is prompted, and whether a plane needs a closer look at it. */
export interface CloseUpQuestion {
  /** Bounding box of the prompts and of the candidate that they refine, image space. */
  focus: Bbox;
  widthPx: number;
  heightPx: number;
  /** Side of the square that the encoder sees. */
  inputSize: number;
}

/**
 * The part of a plane that is encoded by itself for what is prompted, so that small things do not vanish in the scaling
 * of the whole (in interactive segmentation: zoom-in, Sofiiuk et al. 2022, RITM; in SAMJ and QuPath: what the screen
 * shows). null: the whole plane is close enough.
 *
 * Parts are squares of 1/2, 1/4 … of the plane's longest side, half of which the next one overlaps: whatever is at most
 * half as large as a part lies in one whole, and prompts on neighbours share an embedding.
 */
export function closeUpOf({ focus, widthPx, heightPx, inputSize }: CloseUpQuestion): Bbox | null {
  const [x, y, width, height] = focus;
  const longest = Math.max(widthPx, heightPx);
  const needed = Math.max(surroundings * Math.max(width, height), inputSize / closest);
  let side = longest;
  while (side / 2 >= needed) side /= 2;
  if (side === longest) return null;
  side = Math.ceil(side);
  const [left, columns] = partAlong(x + width / 2, widthPx, side);
  const [top, rows] = partAlong(y + height / 2, heightPx, side);
  return [left, top, columns, rows];
}

/** The part whose middle is nearest to `centre`, of those that begin every half side and end with the plane. */
function partAlong(centre: number, length: number, side: number): [start: number, length: number] {
  if (length <= side) return [0, length];
  const step = Math.max(1, Math.floor(side / 2));
  const start = Math.round((centre - side / 2) / step) * step;
  return [Math.min(Math.max(0, start), length - side), side];
}
