import { emptyMask, type Mask, maskIou } from '../masks/mask.ts';
import type { PredictedMask, PredictedMasks } from '../predictor/predictor.ts';
import type { Prompt } from '../predictor/prompt.ts';
import type { LabelObject } from './labelObjects.ts';
import { type Click, firstClick, nextClick } from './robotUser.ts';

/** Answers a prompt on the image at hand, which may refine an earlier candidate. */
export type Predict = (prompt: Omit<Prompt, 'mask'>, refined: PredictedMask | null) => Promise<PredictedMasks>;

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

/** An object with what the model made of it, for those who want to see more than figures. */
export interface MeasuredObject {
  object: LabelObject;
  figures: ObjectFigures;
  /** The robot user's first click. */
  click: Click;
  /** Best of the candidates for this click and for the box, by IoU; null: the model found nothing. */
  clickMask: Mask | null;
  boxMask: Mask | null;
}

/** Highest IoU for which clicks are counted, and the last click after which an IoU is reported. */
const highestTarget = 0.9;
const lastReportedClick = 5;

/** Prompts one object by a tight box, and by up to `clicks` clicks of the robot user. */
export async function evaluateObject(predict: Predict, object: LabelObject, clicks: number): Promise<MeasuredObject> {
  const promptMs: number[] = [];
  const timed: Predict = async (prompt, refined) => {
    const started = performance.now();
    const masks = await predict(prompt, refined);
    promptMs.push(performance.now() - started);
    return masks;
  };
  const { mask: target, areaPx } = object;
  const { ious, click, best } = await clickUntilGood(timed, target, clicks);
  const box = { x0: target.x, y0: target.y, x1: target.x + target.width, y1: target.y + target.height };
  const { candidates } = await timed({ points: [], box }, null);
  const rated = rate(candidates, target);
  const boxBest = bestOf(rated);
  return {
    object,
    figures: { areaPx, iou1Best: best.iou, ious, boxBest: boxBest.iou, boxChosen: rated[0]?.iou ?? 0, promptMs },
    click,
    clickMask: best.mask,
    boxMask: boxBest.mask,
  };
}

async function clickUntilGood(
  predict: Predict,
  target: Mask,
  limit: number,
): Promise<{ ious: number[]; click: Click; best: RatedMask }> {
  const click = firstClick(target);
  const points = [click];
  const ious: number[] = [];
  let best = nothing;
  let refined: PredictedMask | null = null;
  for (;;) {
    const { candidates } = await predict({ points, box: null }, refined);
    const [chosen] = candidates;
    const mask = chosen?.mask ?? emptyMask;
    // A prompt without an answer leaves nothing to refine.
    refined = chosen ?? null;
    ious.push(maskIou(mask, target));
    if (ious.length === 1) best = bestOf(rate(candidates, target));
    const settled = ious.length >= lastReportedClick && ious.some((iou) => iou >= highestTarget);
    if (ious.length >= limit || settled) break;
    const next = nextClick(target, mask, points);
    if (!next) break;
    points.push(next);
  }
  return { ious, click, best };
}

interface RatedMask {
  mask: Mask | null;
  iou: number;
}

const nothing: RatedMask = { mask: null, iou: 0 };

function rate(candidates: readonly PredictedMask[], target: Mask): RatedMask[] {
  return candidates.map(({ mask }) => ({ mask, iou: maskIou(mask, target) }));
}

function bestOf(rated: readonly RatedMask[]): RatedMask {
  return rated.reduce((best, each) => (best.mask === null || each.iou > best.iou ? each : best), nothing);
}
