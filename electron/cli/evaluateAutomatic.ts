import { basename } from 'node:path';
import { type AutomaticSettings, segmentPlane } from '../../native-models/automatic/segmentPlane.ts';
import {
  type AutomaticEntry,
  automaticFigures,
  type AutomaticImageFigures,
  summarizeAllAutomatic,
  summarizeAutomaticDataset,
} from '../../native-models/evaluation/automaticFigures.ts';
import { splitIntoParts } from '../../native-models/evaluation/connectedParts.ts';
import { decodeRle } from '../../native-models/masks/rle.ts';
import type { Predictor } from '../../native-models/predictor/predictor.ts';
import type { EvaluationDataset, ImageWithMask } from './evaluationDatasets.ts';
import { readLabelImage } from './labelImage.ts';
import { readModelInput } from './modelInput.ts';
import { printLine, reportLine } from './standardStreams.ts';
import { tableLines } from './table.ts';

export interface AutomaticEvaluation {
  datasets: AutomaticEntry[];
  overall: AutomaticEntry;
}

/** Measures the masks that a model finds without a prompt, dataset by dataset. */
export async function evaluateAutomatic(
  predictor: Predictor,
  datasets: readonly EvaluationDataset[],
  limit: number,
  settings: AutomaticSettings,
): Promise<AutomaticEvaluation> {
  const model = predictor.model.description.name;
  reportLine(`${model} on ${predictor.device.name}`);
  const entries: AutomaticEntry[] = [];
  for (const { name, pairs, semantic } of datasets) {
    const chosen = pairs.slice(0, limit);
    const figures: AutomaticImageFigures[] = [];
    for (const [index, pair] of chosen.entries()) {
      const found = await measure(predictor, pair, semantic, settings);
      if (found) figures.push(found);
      reportLine(`${name} ${index + 1}/${chosen.length} ${basename(pair.image)}: ${told(found)}`);
    }
    if (figures.length > 0) entries.push(summarizeAutomaticDataset(name, model, figures));
    else reportLine(`${name}: nothing to measure`);
  }
  return { datasets: entries, overall: summarizeAllAutomatic(model, entries) };
}

async function measure(
  predictor: Predictor,
  { image, mask }: ImageWithMask,
  semantic: boolean,
  settings: AutomaticSettings,
): Promise<AutomaticImageFigures | null> {
  const { plane, valueRange } = await readModelInput(image);
  const read = await readLabelImage(mask, plane);
  const labels = semantic ? splitIntoParts(read) : read;
  const started = performance.now();
  const { records, prompts, encodeMs } = await segmentPlane(predictor, plane, valueRange, settings);
  const totalMs = performance.now() - started;
  const proposals = records.map(({ segmentation }) => decodeRle(segmentation));
  return automaticFigures(proposals, labels, { prompts, encodeMs, totalMs });
}

function told(figures: AutomaticImageFigures | null): string {
  if (!figures) return 'no object of 25 px or more';
  const { objects, proposals, recall50, precision50, totalMs } = figures;
  const shares = `recall ${recall50.toFixed(2)}, precision ${precision50.toFixed(2)}`;
  return `${objects} objects, ${proposals} masks, ${shares}, ${(totalMs / 1000).toFixed(1)} s`;
}

type FigureName = {
  [K in keyof AutomaticEntry]: AutomaticEntry[K] extends number | null ? K : never;
}[keyof AutomaticEntry];

const columns: [title: string, name: FigureName, decimals: number][] = [
  ['images', 'images', 0],
  ['objects', 'objects', 0],
  ['masks/image', 'proposals', 0],
  ['prompts/image', 'prompts', 0],
  ['recall@50', 'recall50', 3],
  ['precision@50', 'precision50', 3],
  ['recall@75', 'recall75', 3],
  ['precision@75', 'precision75', 3],
  ['foreground IoU', 'foreground_iou', 3],
  ['ms encode', 'ms_encode', 0],
  ['ms image', 'ms_image', 0],
];

export function printAutomaticEvaluation({ datasets, overall }: AutomaticEvaluation): void {
  // The mean over one dataset says nothing new.
  const entries = datasets.length > 1 ? [...datasets, overall] : datasets;
  const rows = entries.map((entry) => [
    entry.dataset,
    ...columns.map(([, name, decimals]) => entry[name]?.toFixed(decimals) ?? '-'),
  ]);
  for (const line of tableLines(['automatic', ...columns.map(([title]) => title)], rows)) printLine(line);
}
