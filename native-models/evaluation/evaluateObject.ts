import { emptyMask, type Mask, maskIou } from '../masks/mask.ts';
import type { PredictedMasks } from '../predictor/predictor.ts';
import type { Prompt } from '../predictor/prompt.ts';
import type { LabelObject } from './labelObjects.ts';
import { firstClick, nextClick } from './robotUser.ts';

/** Answers a prompt on the image at hand. */
export type Predict = (prompt: Prompt) => Promise<PredictedMasks>;

/** What one object gave. */
export interface ObjectFigures {
  areaPx: number;
  /** Best of the candidates for one click: what a person gets who chooses. */
  iou1Best: number;
  /**
   * IoU after 1, 2, 3 … clicks, each time of the candidate with the highest predicted IoU. Shorter than the clicks
   * allowed where more would change nothing that is reported.
   */
  ious: number[];
  boxBest: number;
  boxChosen: number;
  /** Milliseconds of each prompt, from prompt to masks. */
  promptMs: number[];
}

/** Highest IoU for which clicks are counted, and the last click after which an IoU is reported. */
const highestTarget = 0.9;
const lastReportedClick = 5;

/** Prompts one object by a tight box, and by up to `clicks` clicks of the robot user. */
export async function evaluateObject(predict: Predict, object: LabelObject, clicks: number): Promise<ObjectFigures> {
  const promptMs: number[] = [];
  const timed: Predict = async (prompt) => {
    const started = performance.now();
    const masks = await predict(prompt);
    promptMs.push(performance.now() - started);
    return masks;
  };
  const { mask: target, areaPx } = object;
  const byClicks = await clickUntilGood(timed, target, clicks);
  const box = { x0: target.x, y0: target.y, x1: target.x + target.width, y1: target.y + target.height };
  const { candidates } = await timed({ points: [], box, mask: null });
  const [boxChosen = 0, ...others] = candidates.map(({ mask }) => maskIou(mask, target));
  return { areaPx, ...byClicks, boxBest: Math.max(boxChosen, ...others), boxChosen, promptMs };
}

async function clickUntilGood(
  predict: Predict,
  target: Mask,
  limit: number,
): Promise<Pick<ObjectFigures, 'iou1Best' | 'ious'>> {
  const points = [firstClick(target)];
  const ious: number[] = [];
  let iou1Best = 0;
  let logits: Float32Array | null = null;
  for (;;) {
    const { candidates } = await predict({ points, box: null, mask: logits });
    const [chosen] = candidates;
    const mask = chosen?.mask ?? emptyMask;
    // A prompt without an answer leaves nothing to refine.
    logits = chosen?.lowResLogits ?? null;
    ious.push(maskIou(mask, target));
    if (ious.length === 1) iou1Best = Math.max(0, ...candidates.map((candidate) => maskIou(candidate.mask, target)));
    const settled = ious.length >= lastReportedClick && ious.some((iou) => iou >= highestTarget);
    if (ious.length >= limit || settled) break;
    const click = nextClick(target, mask, points);
    if (!click) break;
    points.push(click);
  }
  return { iou1Best, ious };
}
