import { type Mask, maskArea } from '../masks/mask.ts';
import { type LabelImage, smallestAreaPx } from './labelObjects.ts';
import { matchGreedily, overlapsOf } from './matchObjects.ts';

/** What automatic masks of one image are worth against its ground truth. */
export interface AutomaticImageFigures {
  objects: number;
  /** Masks that were proposed, and the points that gave them. */
  proposals: number;
  prompts: number;
  /** Share of the objects that a proposal of their own meets with an IoU of at least this. */
  recall50: number;
  recall75: number;
  /** Share of the proposals that so meet an object; 0 where nothing is proposed, so that silence gains nothing. */
  precision50: number;
  precision75: number;
  /** IoU of all proposals together with all objects together, small ones too. */
  foregroundIou: number;
  encodeMs: number;
  /** From the plane to the masks. */
  totalMs: number;
}

export interface AutomaticRunFigures {
  prompts: number;
  encodeMs: number;
  totalMs: number;
}

/**
 * Measures the proposals for one image; null where it has no object of at least {@link smallestAreaPx}. Smaller
 * objects are not asked for, and proposals that are as small are not held against anyone. The proposals lie in the
 * image.
 */
export function automaticFigures(
  proposals: readonly Mask[],
  labels: LabelImage,
  run: AutomaticRunFigures,
): AutomaticImageFigures | null {
  const areas = objectAreas(labels);
  const wanted = new Map([...areas].filter(([, areaPx]) => areaPx >= smallestAreaPx));
  if (wanted.size === 0) return null;
  const counted = proposals.filter((mask) => maskArea(mask) >= smallestAreaPx);
  const matches = matchGreedily(overlapsOf(counted, labels, wanted));
  const matched = (least: number) => matches.filter(({ iou }) => iou >= least).length;
  const precision = (least: number) => (counted.length === 0 ? 0 : matched(least) / counted.length);
  return {
    objects: wanted.size,
    proposals: counted.length,
    recall50: matched(0.5) / wanted.size,
    recall75: matched(0.75) / wanted.size,
    precision50: precision(0.5),
    precision75: precision(0.75),
    foregroundIou: foregroundIou(proposals, labels, areas),
    ...run,
  };
}

function objectAreas({ data }: LabelImage): Map<number, number> {
  const areas = new Map<number, number>();
  // Labels come in runs.
  for (let from = 0; from < data.length;) {
    const label = data[from]!;
    let to = from + 1;
    while (to < data.length && data[to] === label) to++;
    if (label !== 0) areas.set(label, (areas.get(label) ?? 0) + to - from);
    from = to;
  }
  return areas;
}

function foregroundIou(
  proposals: readonly Mask[],
  { widthPx, data }: LabelImage,
  areas: ReadonlyMap<number, number>,
): number {
  const covered = new Uint8Array(data.length);
  let [both, either] = [0, [...areas.values()].reduce((sum, areaPx) => sum + areaPx, 0)];
  for (const mask of proposals) {
    for (let j = 0; j < mask.height; j++) {
      for (let i = 0; i < mask.width; i++) {
        const at = (mask.y + j) * widthPx + mask.x + i;
        if (!mask.data[j * mask.width + i] || covered[at]) continue;
        covered[at] = 1;
        if (data[at] === 0) either++;
        else both++;
      }
    }
  }
  return both / either;
}

/** Figures of one dataset (or of all) as `lamella evaluate --automatic` prints them; means as in figures.ts. */
export interface AutomaticEntry {
  dataset: string;
  images: number;
  objects: number;
  model: string;
  recall50: number | null;
  precision50: number | null;
  recall75: number | null;
  precision75: number | null;
  foreground_iou: number | null;
  /** Points and masks an image. */
  prompts: number | null;
  proposals: number | null;
  ms_encode: number | null;
  ms_image: number | null;
}

const means = {
  recall50: ({ recall50 }) => recall50,
  precision50: ({ precision50 }) => precision50,
  recall75: ({ recall75 }) => recall75,
  precision75: ({ precision75 }) => precision75,
  foreground_iou: ({ foregroundIou }) => foregroundIou,
  prompts: ({ prompts }) => prompts,
  proposals: ({ proposals }) => proposals,
  ms_encode: ({ encodeMs }) => encodeMs,
  ms_image: ({ totalMs }) => totalMs,
} satisfies Partial<Record<keyof AutomaticEntry, (figures: AutomaticImageFigures) => number>>;
const meanNames = Object.keys(means) as (keyof typeof means)[];

export function summarizeAutomaticDataset(
  dataset: string,
  model: string,
  images: readonly AutomaticImageFigures[],
): AutomaticEntry {
  const objects = images.reduce((sum, image) => sum + image.objects, 0);
  return { dataset, images: images.length, objects, model, ...meansOf((name) => images.map(means[name])) };
}

/** The mean over datasets, each counting alike. */
export function summarizeAllAutomatic(model: string, entries: readonly AutomaticEntry[]): AutomaticEntry {
  const images = entries.reduce((sum, entry) => sum + entry.images, 0);
  const objects = entries.reduce((sum, entry) => sum + entry.objects, 0);
  return { dataset: 'overall', images, objects, model, ...meansOf((name) => entries.map((entry) => entry[name])) };
}

function meansOf(values: (name: (typeof meanNames)[number]) => (number | null)[]) {
  return Object.fromEntries(meanNames.map((name) => [name, mean(values(name))])) as Record<
    (typeof meanNames)[number],
    number | null
  >;
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
