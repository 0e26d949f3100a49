import { basename } from 'node:path';
import type { MeasuredObject } from '../../native-models/evaluation/evaluateObject.ts';
import { drawLot } from '../../native-models/evaluation/drawLot.ts';
import type { Click } from '../../native-models/evaluation/robotUser.ts';
import { type Bbox, type Mask, maskBbox } from '../../native-models/masks/mask.ts';
import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import type { PromptBox } from '../service/api/contract.ts';
import { type MicrographView, outlinePath, squareAround, viewMicrograph } from './micrographView.ts';
import type { ModelInput } from './modelInput.ts';
import { SmallestOf } from './smallestOf.ts';

/** One object on the sheet: what is drawn of it, and no whole micrograph or mask. */
export interface EvaluationCase {
  /** Name of the image file. */
  file: string;
  label: number;
  areaPx: number;
  /** Best of three, for the first click and for the box. */
  clickIou: number;
  boxIou: number;
  view: MicrographView;
  /** Outlines over the view; null: the model found nothing. */
  truth: string;
  clickMask: string | null;
  boxMask: string | null;
  click: Click;
  box: PromptBox;
}

const worstCount = 8;
const typicalCount = 4;
/** Cases by lot among which the typical ones are looked for: the median is known at the end only. */
const sampleSize = 64;
/** Pixels a side that a case keeps of its micrograph. */
const viewPx = 384;

/** The cases of one dataset that are worth a look, kept while it is measured; memory does not grow with it. */
export class EvaluationCases {
  readonly #worst = new SmallestOf<EvaluationCase>(worstCount);
  readonly #sample = new SmallestOf<EvaluationCase>(sampleSize);
  /** One figure an object. */
  readonly #clickIous: number[] = [];
  readonly #boxIous: number[] = [];

  offer(image: string, input: ModelInput, measured: MeasuredObject): void {
    const { iou1Best, boxBest } = measured.figures;
    let made: EvaluationCase | null = null;
    const make = () => (made ??= caseOf(basename(image), input, measured));
    // Where one click does equally badly the box decides.
    this.#worst.offer(iou1Best + boxBest * 1e-6, make);
    this.#sample.offer(drawLot(this.#clickIous.length, 0), make);
    this.#clickIous.push(iou1Best);
    this.#boxIous.push(boxBest);
  }

  get objects(): number {
    return this.#clickIous.length;
  }

  /** Half of the objects are at least as good. */
  get medianClickIou(): number {
    return median(this.#clickIous);
  }

  get medianBoxIou(): number {
    return median(this.#boxIous);
  }

  /** Worst first. */
  get worst(): EvaluationCase[] {
    return this.#worst.things;
  }

  /** Of the others those nearest to the median, as far as the sample has them; worst first. */
  get typical(): EvaluationCase[] {
    const worst = new Set(this.worst);
    const middle = this.medianClickIou;
    const nearest = new SmallestOf<EvaluationCase>(typicalCount);
    for (const each of this.#sample.things) {
      if (!worst.has(each)) nearest.offer(Math.abs(each.clickIou - middle), () => each);
    }
    return nearest.things.sort((a, b) => a.clickIou - b.clickIou);
  }
}

function caseOf(file: string, input: ModelInput, { object, figures, click, ...masks }: MeasuredObject): EvaluationCase {
  const { x, y, width, height } = object.mask;
  const region = regionOf(object.mask, [masks.clickMask, masks.boxMask], input.plane);
  const view = viewMicrograph(input, region, viewPx);
  const outline = (mask: Mask | null) => mask && outlinePath(mask, view);
  return {
    file,
    label: object.label,
    areaPx: object.areaPx,
    clickIou: figures.iou1Best,
    boxIou: figures.boxBest,
    view,
    truth: outlinePath(object.mask, view),
    clickMask: outline(masks.clickMask),
    boxMask: outline(masks.boxMask),
    click,
    box: { x0: x, y0: y, x1: x + width, y1: y + height },
  };
}

/** Less would show too little of the structure around a small object, px. */
const leastSidePx = 40;

/**
 * A square around an object that is at least twice as large, and larger where masks reach further, up to four times:
 * an object lost in the whole micrograph would show nothing.
 */
function regionOf({ x, y, width, height }: Mask, masks: readonly (Mask | null)[], plane: PixelPlane): Bbox {
  const centre = { x: x + width / 2, y: y + height / 2 };
  const side = Math.max(width, height);
  const reach = Math.max(0, ...masks.map((mask) => (mask ? reachOf(maskBbox(mask), centre) : 0)));
  return squareAround(centre, Math.max(leastSidePx, 2 * side, Math.min(4 * side, 2.2 * reach)), plane);
}

/** How far a box reaches from a point, along an axis, px. */
function reachOf([x, y, width, height]: Bbox, centre: { x: number; y: number }): number {
  return Math.max(centre.x - x, x + width - centre.x, centre.y - y, y + height - centre.y);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
