import { writeFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { splitIntoParts } from '../../native-models/evaluation/connectedParts.ts';
import {
  defaultEvaluation,
  evaluateImage,
  type EvaluationOptions,
  type ImageFigures,
} from '../../native-models/evaluation/evaluateImage.ts';
import {
  type EvaluationEntry,
  type SizeClass,
  summarizeAll,
  summarizeDataset,
} from '../../native-models/evaluation/figures.ts';
import { takesCloseUps } from '../../native-models/predictor/closeUp.ts';
import type { Predictor } from '../../native-models/predictor/predictor.ts';
import { fromSystemError } from '../service/errors.ts';
import { addAutomaticOptions, type AutomaticOptions, automaticSettings } from './automaticSettings.ts';
import { evaluateAutomatic, printAutomaticEvaluation } from './evaluateAutomatic.ts';
import { EvaluationCases } from './evaluationCases.ts';
import { type EvaluationDataset, findEvaluationDatasets } from './evaluationDatasets.ts';
import { EvaluationSheet } from './evaluationSheet.ts';
import { readLabelImage } from './labelImage.ts';
import { readModelInput } from './modelInput.ts';
import { withModel } from './openModel.ts';
import { printJson, printLine, reportLine } from './standardStreams.ts';
import { tableLines } from './table.ts';
import { wholeNumber } from './wholeNumber.ts';

interface EvaluateOptions extends AutomaticOptions {
  automatic?: true;
  model?: string;
  limit?: number;
  objects: number;
  clicks: number;
  semantic?: true;
  closeUps?: boolean;
  sheet?: string;
  json?: true;
}

interface Evaluation {
  datasets: EvaluationEntry[];
  overall: EvaluationEntry;
}

export function register(program: Command): void {
  const { objects, clicks } = defaultEvaluation;
  const command = program
    .command('evaluate')
    .description('measure a model against ground truth: one click, a box, and the clicks that an object takes')
    .argument('<folder>', 'images/ and masks/ (label images of the same name), or folders that hold these')
    .option('--model <name>', 'another model than the one that ships (see lamella models list)')
    .option('--limit <number>', 'most images a dataset', wholeNumber(1))
    .option('--objects <number>', 'most objects an image, by a seeded choice', wholeNumber(1), objects)
    .option('--clicks <number>', 'most clicks an object; NoC needs all of them', wholeNumber(1, clicks), clicks)
    .option('--close-ups', 'encode small objects anew, from close by; the default of small models, as in the workbench')
    .option('--no-close-ups', 'prompt on the embedding of the whole image only')
    .option(
      '--semantic',
      'mask values are classes: each 4-connected part is an object (also by "masks: semantic" in a README)',
    )
    .option('--sheet <file>', 'picture (.png) of the worst and of typical objects of each dataset', pngPath)
    .option('--automatic', 'measure the masks that are found without a prompt, all objects of an image');
  addAutomaticOptions(command)
    .option('--json', 'print one JSON document')
    .action((folder: string, options: EvaluateOptions) => evaluate(folder, options, command));
}

async function evaluate(folder: string, options: EvaluateOptions, command: Command): Promise<void> {
  const { automatic = false, preset, pointsPerSide, model = null, semantic, sheet, json = false } = options;
  const wrongUsage = (message: string) => command.error(`error: ${message}`, { exitCode: 2 });
  if (automatic && sheet !== undefined) wrongUsage('--sheet shows prompted objects; there are none with --automatic.');
  if (!automatic && (preset ?? pointsPerSide) !== undefined) {
    wrongUsage('--preset and --points-per-side go with --automatic.');
  }
  const found = await findEvaluationDatasets(folder);
  const datasets = semantic ? found.map((dataset) => ({ ...dataset, semantic })) : found;
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  if (automatic) {
    const settings = automaticSettings(options);
    const evaluation = await withModel(model, (predictor) => evaluateAutomatic(predictor, datasets, limit, settings));
    if (json) printJson(rounded(evaluation));
    else printAutomaticEvaluation(evaluation);
    return;
  }
  const pictures = sheet === undefined ? null : new EvaluationSheet();
  const evaluation = await withModel(model, (predictor) => {
    const closeUps = options.closeUps ?? takesCloseUps(predictor.model.description);
    const settings = { ...defaultEvaluation, objects: options.objects, clicks: options.clicks, closeUps };
    return evaluateAll(predictor, datasets, limit, settings, pictures);
  });
  // First what took long.
  if (json) printJson(rounded(evaluation));
  else printEvaluation(evaluation);
  if (sheet !== undefined && pictures) await writeSheet(sheet, pictures, evaluation.overall);
}

async function evaluateAll(
  predictor: Predictor,
  datasets: readonly EvaluationDataset[],
  limit: number,
  settings: EvaluationOptions,
  sheet: EvaluationSheet | null,
): Promise<Evaluation> {
  const model = predictor.model.description.name;
  reportLine(`${model} on ${predictor.device.name}, with${settings.closeUps ? '' : 'out'} close-ups`);
  const entries: EvaluationEntry[] = [];
  for (const dataset of datasets) {
    const cases = sheet && new EvaluationCases();
    const figures = await evaluateDataset(predictor, dataset, limit, settings, cases);
    if (figures.length > 0) entries.push(summarizeDataset(dataset.name, model, figures, settings.clicks));
    else reportLine(`${dataset.name}: nothing to measure`);
    if (cases && figures.length > 0) await sheet.add(dataset.name, cases);
  }
  return { datasets: entries, overall: summarizeAll(model, entries) };
}

async function evaluateDataset(
  predictor: Predictor,
  { name, pairs, unpaired, semantic }: EvaluationDataset,
  limit: number,
  settings: EvaluationOptions,
  cases: EvaluationCases | null,
): Promise<ImageFigures[]> {
  if (unpaired.length > 0) reportLine(`${name}: ${unpaired.length} images without a label image are left out`);
  if (semantic) reportLine(`${name}: semantic masks, each connected part of a class is an object`);
  const chosen = pairs.slice(0, limit);
  const figures: ImageFigures[] = [];
  for (const [index, { image, mask }] of chosen.entries()) {
    const started = performance.now();
    const input = await readModelInput(image);
    const read = await readLabelImage(mask, input.plane);
    const labels = semantic ? splitIntoParts(read) : read;
    const found = await evaluateImage(predictor, { ...input, labels }, settings, (measured) =>
      cases?.offer(image, input, measured),
    );
    if (found) figures.push(found);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const told = found ? `${found.objects.length} objects, ${seconds} s` : 'no object of 25 px or more';
    reportLine(`${name} ${index + 1}/${chosen.length} ${basename(image)}: ${told}`);
  }
  return figures;
}

function pngPath(text: string): string {
  if (extname(text).toLowerCase() !== '.png') throw new InvalidArgumentError('it ends in .png.');
  return text;
}

async function writeSheet(path: string, sheet: EvaluationSheet, { model, images, objects }: EvaluationEntry) {
  const png = await sheet.png(`${model}: ${objects} objects, ${images} images`);
  try {
    await writeFile(path, png);
  } catch (cause) {
    throw fromSystemError(cause, path, 'Writing the sheet');
  }
  reportLine(`${path}: the worst and typical objects`);
}

/** Figures to four decimals: more than the protocol can tell apart. */
function rounded(evaluation: object): unknown {
  return JSON.parse(
    JSON.stringify(evaluation, (_, value: unknown) =>
      typeof value === 'number' ? Math.round(value * 10_000) / 10_000 : value,
    ),
  );
}

type FigureName = {
  [K in keyof EvaluationEntry]: EvaluationEntry[K] extends number | null ? K : never;
}[keyof EvaluationEntry];

const columns: [title: string, name: FigureName, decimals: number][] = [
  ['images', 'images', 0],
  ['objects', 'objects', 0],
  ['1 click: best', 'iou1_best', 3],
  ['chosen', 'iou1_chosen', 3],
  ['2 clicks', 'iou2', 3],
  ['3 clicks', 'iou3', 3],
  ['5 clicks', 'iou5', 3],
  ['box: best', 'box_best', 3],
  ['chosen', 'box_chosen', 3],
  ['NoC85', 'noc85', 1],
  ['NoC90', 'noc90', 1],
  ['fail@90', 'fail20_at90', 2],
  ['ms encode', 'ms_encode', 0],
  ['ms prompt', 'ms_prompt', 0],
];
const sizes: SizeClass[] = ['small', 'medium', 'large'];

function printEvaluation({ datasets, overall }: Evaluation): void {
  // The mean over one dataset says nothing new.
  const entries = datasets.length > 1 ? [...datasets, overall] : datasets;
  const rows = entries.map((entry) => [
    entry.dataset,
    ...columns.map(([, name, decimals]) => printed(entry[name], decimals)),
  ]);
  for (const line of tableLines(['mean IoU', ...columns.map(([title]) => title)], rows)) printLine(line);
  printLine('');
  const bySize = entries.flatMap(({ dataset, by_size }) =>
    sizes.map((size) => {
      const { objects, iou1_best, box_best } = by_size[size];
      return [dataset, size, printed(objects, 0), printed(iou1_best, 3), printed(box_best, 3)];
    }),
  );
  for (const line of tableLines(['mean IoU', 'size', 'objects', '1 click: best', 'box: best'], bySize)) printLine(line);
}

function printed(value: number | null, decimals: number): string {
  return value === null ? '-' : value.toFixed(decimals);
}
