import { basename } from 'node:path';
import { extractMicrostructure } from '../../native-models/automatic/extract/extractMicrostructure.ts';
import { usualExtract } from '../../native-models/automatic/extract/extractOptions.ts';
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

/** Figures of the masks, and of the regions that are extracted from them. */
interface Entry extends AutomaticEntry {
  /** IoU of the extracted regions together with all objects together. */
  extracted_iou: number | null;
}

export interface AutomaticEvaluation {
  datasets: Entry[];
  overall: Entry;
}

interface Measured {
  figures: AutomaticImageFigures;
  extractedIou: number;
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
  const entries: Entry[] = [];
  for (const { name, pairs, semantic } of datasets) {
    const chosen = pairs.slice(0, limit);
    const measured: Measured[] = [];
    for (const [index, pair] of chosen.entries()) {
      const found = await measure(predictor, pair, semantic, settings);
      if (found) measured.push(found);
      reportLine(`${name} ${index + 1}/${chosen.length} ${basename(pair.image)}: ${told(found)}`);
    }
    if (measured.length > 0) entries.push(summarize(name, model, measured));
    else reportLine(`${name}: nothing to measure`);
  }
  const extracted = entries.map(({ extracted_iou }) => extracted_iou ?? 0);
  return { datasets: entries, overall: { ...summarizeAllAutomatic(model, entries), extracted_iou: mean(extracted) } };
}

function summarize(dataset: string, model: string, measured: readonly Measured[]): Entry {
  const figures = measured.map((each) => each.figures);
  const extracted = measured.map(({ extractedIou }) => extractedIou);
  return { ...summarizeAutomaticDataset(dataset, model, figures), extracted_iou: mean(extracted) };
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function measure(
  predictor: Predictor,
  { image, mask }: ImageWithMask,
  semantic: boolean,
  settings: AutomaticSettings,
): Promise<Measured | null> {
  const { plane, valueRange } = await readModelInput(image);
  const read = await readLabelImage(mask, plane);
  const labels = semantic ? splitIntoParts(read) : read;
  const started = performance.now();
  const { records, pieces, prompts, encodeMs } = await segmentPlane(predictor, plane, valueRange, settings);
  const totalMs = performance.now() - started;
  const proposals = records.map(({ segmentation }) => decodeRle(segmentation));
  const figures = automaticFigures(proposals, labels, { prompts, encodeMs, totalMs });
  if (!figures) return null;
  const structure = extractMicrostructure(pieces, plane, valueRange, settings.extract ?? usualExtract);
  return { figures, extractedIou: foregroundIouOf(structure.labels, labels.data) };
}

/** IoU of what is not 0 in one label image and in the other; 0 where both are empty. */
function foregroundIouOf(found: ArrayLike<number>, truth: ArrayLike<number>): number {
  let [both, either] = [0, 0];
  for (let at = 0; at < found.length; at++) {
    if (found[at] !== 0 || truth[at] !== 0) either++;
    if (found[at] !== 0 && truth[at] !== 0) both++;
  }
  return either === 0 ? 0 : both / either;
}

function told(measured: Measured | null): string {
  if (!measured) return 'no object of 25 px or more';
  const { objects, proposals, recall50, precision50, totalMs } = measured.figures;
  const shares = `recall ${recall50.toFixed(2)}, precision ${precision50.toFixed(2)}`;
  return `${objects} objects, ${proposals} masks, ${shares}, ${(totalMs / 1000).toFixed(1)} s`;
}

type FigureName = {
  [K in keyof Entry]: Entry[K] extends number | null ? K : never;
}[keyof Entry];

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
  ['extracted IoU', 'extracted_iou', 3],
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
