import { defaultEvaluation, type ImageFigures } from './evaluateImage.ts';
import type { ObjectFigures } from './evaluateObject.ts';

/**
 * Figures of one dataset (or of all), under the names in which `lamella evaluate` prints them: means over the objects
 * of an image, then over images, then over datasets. null where nothing was measured, or not with enough clicks.
 */
export interface EvaluationEntry {
  dataset: string;
  images: number;
  objects: number;
  model: string;
  /** Best of the three candidates for one click, and the one with the highest predicted IoU. */
  iou1_best: number | null;
  iou1_chosen: number | null;
  /** After 2, 3, 5 clicks. */
  iou2: number | null;
  iou3: number | null;
  iou5: number | null;
  box_best: number | null;
  box_chosen: number | null;
  /** Clicks until an IoU of 0.85 or 0.90 is reached; 20 where it never is. */
  noc85: number | null;
  noc90: number | null;
  /** Share of the objects that do not reach an IoU of 0.90 with 20 clicks. */
  fail20_at90: number | null;
  by_size: Record<SizeClass, SizeFigures>;
  /** Mean milliseconds of an image embedding, and of a prompt from prompt to masks. */
  ms_encode: number | null;
  ms_prompt: number | null;
}

export type SizeClass = 'small' | 'medium' | 'large';

/** Means over all objects of this size, whatever their image. */
export interface SizeFigures {
  objects: number;
  iou1_best: number | null;
  box_best: number | null;
}

/** The bounds of COCO's size classes, px². */
const smallBelowPx = 32 ** 2;
const mediumBelowPx = 96 ** 2;

/** The clicks of NoC: fewer would count another thing. */
const nocClicks = 20;

/** Mean figures of an image, by the keys of {@link EvaluationEntry}. */
const perImage = {
  iou1_best: (objects) => mean(objects.map(({ iou1Best }) => iou1Best)),
  iou1_chosen: (objects, clicks) => iouAfter(1, objects, clicks),
  iou2: (objects, clicks) => iouAfter(2, objects, clicks),
  iou3: (objects, clicks) => iouAfter(3, objects, clicks),
  iou5: (objects, clicks) => iouAfter(5, objects, clicks),
  box_best: (objects) => mean(objects.map(({ boxBest }) => boxBest)),
  box_chosen: (objects) => mean(objects.map(({ boxChosen }) => boxChosen)),
  noc85: (objects, clicks) => (clicks < nocClicks ? null : mean(objects.map((object) => clicksTo(0.85, object)))),
  noc90: (objects, clicks) => (clicks < nocClicks ? null : mean(objects.map((object) => clicksTo(0.9, object)))),
  fail20_at90: (objects, clicks) =>
    clicks < nocClicks ? null : mean(objects.map(({ ious }) => (ious.some((iou) => iou >= 0.9) ? 0 : 1))),
} satisfies Partial<
  Record<keyof EvaluationEntry, (objects: readonly ObjectFigures[], clicks: number) => number | null>
>;
const figureNames = Object.keys(perImage) as (keyof typeof perImage)[];

/** The entry of one dataset; `clicks` is how many an object was allowed. */
export function summarizeDataset(
  dataset: string,
  model: string,
  images: readonly ImageFigures[],
  clicks: number = defaultEvaluation.clicks,
): EvaluationEntry {
  const objects = images.flatMap((image) => image.objects);
  return {
    dataset,
    images: images.length,
    objects: objects.length,
    model,
    ...meansBy(figureNames, (name) => images.map((image) => perImage[name](image.objects, clicks))),
    by_size: bySize((size) => sizeFigures(objects.filter(({ areaPx }) => sizeOf(areaPx) === size))),
    ms_encode: mean(images.map(({ encodeMs }) => encodeMs)),
    ms_prompt: mean(images.map((image) => mean(image.objects.map(({ promptMs }) => mean(promptMs))))),
  };
}

/** The mean over datasets, each counting alike. */
export function summarizeAll(model: string, entries: readonly EvaluationEntry[]): EvaluationEntry {
  return {
    dataset: 'overall',
    images: sum(entries.map(({ images }) => images)),
    objects: sum(entries.map(({ objects }) => objects)),
    model,
    ...meansBy(figureNames, (name) => entries.map((entry) => entry[name])),
    by_size: bySize((size) => {
      const measured = entries.map((entry) => entry.by_size[size]).filter(({ objects }) => objects > 0);
      return {
        objects: sum(measured.map(({ objects }) => objects)),
        iou1_best: mean(measured.map(({ iou1_best }) => iou1_best)),
        box_best: mean(measured.map(({ box_best }) => box_best)),
      };
    }),
    ms_encode: mean(entries.map(({ ms_encode }) => ms_encode)),
    ms_prompt: mean(entries.map(({ ms_prompt }) => ms_prompt)),
  };
}

/** After so many clicks; a robot user with nothing left to click stays where it is. */
function iouAfter(click: number, objects: readonly ObjectFigures[], clicks: number): number | null {
  if (clicks < click) return null;
  return mean(objects.map(({ ious }) => ious[Math.min(click, ious.length) - 1] ?? 0));
}

function clicksTo(target: number, { ious }: ObjectFigures): number {
  const reached = ious.findIndex((iou) => iou >= target);
  return reached < 0 ? nocClicks : reached + 1;
}

function sizeFigures(objects: readonly ObjectFigures[]): SizeFigures {
  return {
    objects: objects.length,
    iou1_best: mean(objects.map(({ iou1Best }) => iou1Best)),
    box_best: mean(objects.map(({ boxBest }) => boxBest)),
  };
}

function sizeOf(areaPx: number): SizeClass {
  if (areaPx < smallBelowPx) return 'small';
  return areaPx < mediumBelowPx ? 'medium' : 'large';
}

function bySize(figures: (size: SizeClass) => SizeFigures): EvaluationEntry['by_size'] {
  return { small: figures('small'), medium: figures('medium'), large: figures('large') };
}

function meansBy<K extends string>(names: readonly K[], values: (name: K) => (number | null)[]) {
  return Object.fromEntries(names.map((name) => [name, mean(values(name))])) as Record<K, number | null>;
}

/** null where there is nothing, or something that was not measured. */
function mean(values: readonly (number | null)[]): number | null {
  if (values.length === 0) return null;
  let total = 0;
  for (const value of values) {
    if (value === null) return null;
    total += value;
  }
  return total / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
