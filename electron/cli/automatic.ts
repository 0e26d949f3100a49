import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { usualExtract } from '../../native-models/automatic/extract/extractOptions.ts';
import type { AutomaticProgress, GeneratedMasks } from '../../native-models/automatic/generateMasks.ts';
import { lastOf } from '../../native-models/automatic/lastOf.ts';
import { type PromptedMasks, promptedMasks } from '../../native-models/automatic/prompted/promptedMasks.ts';
import { type SegmentedPlane, segmentPlane } from '../../native-models/automatic/segmentPlane.ts';
import { segmentPlaneInTiles } from '../../native-models/automatic/segmentTiles.ts';
import { tilingFor } from '../../native-models/automatic/tiling.ts';
import { chooseModel } from '../../native-models/packages/findModels.ts';
import type { PixelPlane, ValueRange } from '../../native-models/predictor/pixels.ts';
import type { Predictor } from '../../native-models/predictor/predictor.ts';
import { type ErrorBody, isLamellaError, LamellaError } from '../service/errors.ts';
import { fromModelError } from '../service/inference/modelErrors.ts';
import { firstPlane } from '../service/micrographs/contract.ts';
import { contrastOf } from '../service/micrographs/contrast.ts';
import { dataBarOf } from '../service/micrographs/describe.ts';
import { openMicrograph } from '../service/micrographs/index.ts';
import { wholePlanePixels } from '../service/micrographs/tiles.ts';
import { wholeNumber } from './wholeNumber.ts';
import { type AutomaticImage, automaticImages } from './automaticImages.ts';
import { readRecordsHeader, writeAutomatic } from './automaticOutput.ts';
import { addAutomaticOptions, type AutomaticOptions, automaticSettings, presetsHelp } from './automaticSettings.ts';
import { isExtracted, writeExtract } from './extractOutput.ts';
import { interruptible } from './interruption.ts';
import { findInstalledModels, withModel, withModelErrors } from './openModel.ts';
import { progressLines } from './progressLines.ts';
import { readPrompts } from './promptFile.ts';
import { ofShard, parseShard, type Shard } from './shard.ts';
import { printJson, printLine, reportLine, reportProblem } from './standardStreams.ts';

interface CommandOptions extends AutomaticOptions {
  output: string;
  model?: string;
  tile?: number;
  shard: Shard;
  prompts?: string;
  extract?: true;
  overwrite?: true;
  json?: true;
}

/** `pieces`: see SegmentedPlane; left out: the records. */
type FoundMasks = Pick<GeneratedMasks, 'records' | 'prompts'> & Partial<Pick<SegmentedPlane, 'pieces'>>;

/** What became of one micrograph, as `--json` prints it. */
type Outcome =
  | { image: string; records: string; labels: string | null; masks: number; prompts: number; seconds: number }
  | { image: string; records: string; skipped: true }
  | { image: string; error: ErrorBody };

export function register(program: Command): void {
  const command = program
    .command('automatic')
    .description(
      'find masks of everything in micrographs, without a prompt; what was made in the same way is not made again',
    )
    .argument('<image|folder...>', 'micrograph files, and folders of them')
    .requiredOption('--output <folder>', 'folder for <stem>.json (masks) and <stem>_labels.tif (label image)')
    .option('--model <name>', 'another model than the one that ships (see lamella models list)');
  addAutomaticOptions(command)
    .option(
      '--tile <px>',
      'look tile by tile, each of this side, for what is small in a large image; without it, at the whole image at once',
      wholeNumber(256, 8192),
    )
    .option('--shard <i/n>', 'only every n-th image from the i-th on', parseShard, { index: 1, count: 1 })
    .option('--prompts <file>', 'one mask for each point or box (.json, .csv), or for each object of a label image')
    .option('--extract', 'also write regions without overlaps: <stem>_phase.png, _boundaries.png and _regions.tif')
    .option('--overwrite', 'make anew also what was made in the same way')
    .option('--json', 'print one JSON document: what became of each image')
    .addHelpText('after', presetsHelp())
    .action((paths: string[], options: CommandOptions) => automatic(paths, options, command));
}

async function automatic(paths: readonly string[], options: CommandOptions, command: Command): Promise<void> {
  const { output, shard, overwrite = false, json = false } = options;
  if (options.prompts !== undefined && (options.preset ?? options.pointsPerSide ?? options.tile) !== undefined) {
    command.error('error: --prompts stands in the place of --preset, --points-per-side and --tile.', { exitCode: 2 });
  }
  const images = await automaticImages(paths, resolve(output));
  if (options.prompts !== undefined && images.length !== 1) {
    command.error(`error: --prompts is about one image, not ${images.length}.`, { exitCode: 2 });
  }
  const given = new Set(images.map(({ image }) => image));
  const inTheWay = images.find(({ labels }) => given.has(labels));
  if (inTheWay) command.error(`error: ${inTheWay.labels} is one of the images.`, { exitCode: 2 });
  const chosen = ofShard(images, shard);
  // Prompts are made for what is there to be made anew.
  const waiting = overwrite || options.prompts !== undefined ? chosen : await notMade(chosen, options);
  if (waiting.length < chosen.length) {
    reportLine(`${chosen.length - waiting.length} of ${chosen.length} images are done already`);
  }
  const made = waiting.length === 0 ? new Map<string, Outcome>() : await segmentImages(waiting, options);
  const outcomes = chosen.map(({ image, records }): Outcome => made.get(image) ?? { image, records, skipped: true });
  if (json) printJson(outcomes);
  else for (const outcome of outcomes) if ('masks' in outcome) printLine(`${outcome.records}: ${outcome.masks} masks`);
}

/** Those whose records are not there, or are another model's or of other settings. */
async function notMade(images: readonly AutomaticImage[], options: CommandOptions): Promise<AutomaticImage[]> {
  const { preset = null, pointsPerSide = null, tile = null, model = null } = options;
  const { name } = (await withModelErrors(async () => chooseModel(await findInstalledModels(), model))).description;
  const waiting: AutomaticImage[] = [];
  for (const image of images) {
    const made = await readRecordsHeader(image.records);
    const ofPlan = (made?.pointsPerSide ?? null) === pointsPerSide && (made?.tilePx ?? null) === tile;
    const same = made?.model === name && made.preset === preset && ofPlan;
    if (!same || (options.extract && !isExtracted(image))) waiting.push(image);
  }
  return waiting;
}

/** What became of each image, by its path. */
function segmentImages(images: readonly AutomaticImage[], options: CommandOptions): Promise<Map<string, Outcome>> {
  const { model = null } = options;
  return interruptible((signal) =>
    withModel(model, async (predictor) => {
      reportLine(`${predictor.model.description.name} on ${predictor.device.name}`);
      const outcomes = new Map<string, Outcome>();
      for (const [at, image] of images.entries()) {
        const place = `${at + 1}/${images.length} ${basename(image.image)}`;
        outcomes.set(image.image, await segmentImage(predictor, image, options, place, signal));
      }
      return outcomes;
    }),
  );
}

/** The plane as a whole, or tile by tile where it is very large or the user wants it. */
function segmentAtScale(
  predictor: Predictor,
  plane: PixelPlane,
  valueRange: ValueRange,
  options: CommandOptions,
  run: {
    signal: AbortSignal;
    onProgress: (progress: AutomaticProgress & { where?: string }) => void;
    specimenRows: number;
  },
): Promise<FoundMasks> {
  const tiling = tilingFor(plane, options.tile ?? null, wholePlanePixels);
  const settings = { ...automaticSettings(options), specimenRows: run.specimenRows };
  if (tiling) {
    // Tiles give one list: that which an extraction needs, where one is wanted.
    const filters = options.extract ? { ...settings.filters, minBorderEdge: 0 } : settings.filters;
    return segmentPlaneInTiles(predictor, plane, valueRange, { ...settings, filters }, tiling, run);
  }
  return segmentPlane(predictor, plane, valueRange, settings, run);
}

/** A file that can't be read is told on standard error and makes the exit code 1; the others are not kept from it. */
async function segmentImage(
  predictor: Predictor,
  files: AutomaticImage,
  options: CommandOptions,
  place: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const { image } = files;
  const { preset = null, pointsPerSide = null, tile: tilePx = null, prompts: promptFile } = options;
  const started = performance.now();
  const progress = progressLines();
  try {
    progress(0, place);
    const micrograph = await openMicrograph(image);
    const plane = await micrograph.readPlane(firstPlane);
    const bar = await dataBarOf(micrograph);
    const valueRange = contrastOf(plane, bar).autoRange;
    const specimenRows = bar?.y ?? plane.heightPx;
    const onProgress = ({ fraction, where }: AutomaticProgress & { where?: string }) =>
      progress(fraction, where === undefined ? place : `${place}, ${where}`);
    const run = { signal, onProgress };
    const {
      records,
      pieces = records,
      prompts,
    }: FoundMasks = promptFile === undefined
      ? await segmentAtScale(predictor, plane, valueRange, options, { ...run, specimenRows })
      : await answerPrompts(predictor, plane, valueRange, promptFile, run);
    const { facts } = micrograph;
    if (options.extract) {
      const { extract = usualExtract } = automaticSettings(options);
      await writeExtract(files, { plane, valueRange, facts, specimenRows }, pieces, extract);
    }
    const made = promptFile === undefined ? preset : 'prompts';
    const header = { model: predictor.model.description.name, preset: made, pointsPerSide, tilePx, prompts };
    const labelled = await writeAutomatic(files, facts, records, header);
    if (!labelled) reportProblem({ message: `${image}: too many masks for a label image.`, remedy: undefined });
    const seconds = Math.round(performance.now() - started) / 1000;
    const labels = labelled ? files.labels : null;
    return { image, records: files.records, labels, masks: records.length, prompts, seconds };
  } catch (error) {
    signal.throwIfAborted();
    const told = namingFile(isLamellaError(error) ? error : fromModelError(error), image);
    // Every further image would fail in the same way.
    if (['disk-full', 'internal', 'inference-failed'].includes(told.code)) throw told;
    reportProblem(told);
    process.exitCode = 1;
    return { image, error: told.toBody() };
  }
}

async function answerPrompts(
  predictor: Predictor,
  plane: PixelPlane,
  valueRange: ValueRange,
  promptFile: string,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: AutomaticProgress) => void },
): Promise<PromptedMasks> {
  const prompts = await readPrompts(resolve(promptFile), plane);
  const answered = await lastOf(promptedMasks(predictor, plane, valueRange, prompts, { signal }), onProgress);
  if (answered.kept > 0) reportLine(`${answered.kept} of ${prompts.length} objects stay as they were`);
  return answered;
}

function namingFile(error: LamellaError, path: string): LamellaError {
  if (error.message.includes(path)) return error;
  const { code, message, remedy } = error;
  return new LamellaError(code, `${path}: ${message}`, {
    path,
    ...(remedy === undefined ? {} : { remedy }),
    cause: error,
  });
}
