import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { type AutomaticSettings, segmentPlane } from '../../native-models/automatic/segmentPlane.ts';
import type { Predictor } from '../../native-models/predictor/predictor.ts';
import { type ErrorBody, isLamellaError, LamellaError } from '../service/errors.ts';
import { fromModelError } from '../service/inference/modelErrors.ts';
import { firstPlane } from '../service/micrographs/contract.ts';
import { contrastOf } from '../service/micrographs/contrast.ts';
import { openMicrograph } from '../service/micrographs/index.ts';
import { type AutomaticImage, automaticImages } from './automaticImages.ts';
import { writeAutomatic } from './automaticOutput.ts';
import { addAutomaticOptions, type AutomaticOptions, automaticSettings, presetsHelp } from './automaticSettings.ts';
import { interruptible } from './interruption.ts';
import { withModel } from './openModel.ts';
import { progressLines } from './progressLines.ts';
import { ofShard, parseShard, type Shard } from './shard.ts';
import { printJson, printLine, reportLine, reportProblem } from './standardStreams.ts';

interface CommandOptions extends AutomaticOptions {
  output: string;
  model?: string;
  shard: Shard;
  overwrite?: true;
  json?: true;
}

/** What became of one micrograph, as `--json` prints it. */
type Outcome =
  | { image: string; records: string; labels: string | null; masks: number; prompts: number; seconds: number }
  | { image: string; records: string; skipped: true }
  | { image: string; error: ErrorBody };

export function register(program: Command): void {
  const command = program
    .command('automatic')
    .description('find masks of everything in micrographs, without a prompt; what is there already is not made again')
    .argument('<image|folder...>', 'micrograph files, and folders of them')
    .requiredOption('--output <folder>', 'folder for <stem>.json (masks) and <stem>_labels.tif (label image)')
    .option('--model <name>', 'another model than the one that ships (see lamella models list)');
  addAutomaticOptions(command)
    .option('--shard <i/n>', 'only every n-th image from the i-th on', parseShard, { index: 1, count: 1 })
    .option('--overwrite', 'make anew what is there already')
    .option('--json', 'print one JSON document: what became of each image')
    .addHelpText('after', presetsHelp())
    .action((paths: string[], options: CommandOptions) => automatic(paths, options, command));
}

async function automatic(paths: readonly string[], options: CommandOptions, command: Command): Promise<void> {
  const { output, shard, overwrite = false, json = false } = options;
  const images = await automaticImages(paths, resolve(output));
  const given = new Set(images.map(({ image }) => image));
  const inTheWay = images.find(({ labels }) => given.has(labels));
  if (inTheWay) command.error(`error: ${inTheWay.labels} is one of the images.`, { exitCode: 2 });
  const chosen = ofShard(images, shard);
  const waiting = chosen.filter(({ records }) => overwrite || !existsSync(records));
  if (waiting.length < chosen.length) {
    reportLine(`${chosen.length - waiting.length} of ${chosen.length} images are done already`);
  }
  const made = waiting.length === 0 ? new Map<string, Outcome>() : await segmentImages(waiting, options);
  const outcomes = chosen.map(({ image, records }): Outcome => made.get(image) ?? { image, records, skipped: true });
  if (json) printJson(outcomes);
  else for (const outcome of outcomes) if ('masks' in outcome) printLine(`${outcome.records}: ${outcome.masks} masks`);
}

/** What became of each image, by its path. */
function segmentImages(images: readonly AutomaticImage[], options: CommandOptions): Promise<Map<string, Outcome>> {
  const { preset = null, model = null } = options;
  const settings = automaticSettings(options);
  return interruptible((signal) =>
    withModel(model, async (predictor) => {
      reportLine(`${predictor.model.description.name} on ${predictor.device.name}`);
      const outcomes = new Map<string, Outcome>();
      for (const [at, image] of images.entries()) {
        const place = `${at + 1}/${images.length} ${basename(image.image)}`;
        outcomes.set(image.image, await segmentImage(predictor, image, settings, preset, place, signal));
      }
      return outcomes;
    }),
  );
}

/** A file that can't be read is told on standard error and makes the exit code 1; the others are not kept from it. */
async function segmentImage(
  predictor: Predictor,
  files: AutomaticImage,
  settings: AutomaticSettings,
  preset: string | null,
  place: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const { image } = files;
  const started = performance.now();
  const progress = progressLines();
  try {
    progress(0, place);
    const micrograph = await openMicrograph(image);
    const plane = await micrograph.readPlane(firstPlane);
    const { records, prompts } = await segmentPlane(predictor, plane, contrastOf(plane).autoRange, settings, {
      signal,
      onProgress: ({ fraction }) => progress(fraction, place),
    });
    const header = { model: predictor.model.description.name, preset, prompts };
    const labelled = await writeAutomatic(files, micrograph.facts, records, header);
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

function namingFile(error: LamellaError, path: string): LamellaError {
  if (error.message.includes(path)) return error;
  const { code, message, remedy } = error;
  return new LamellaError(code, `${path}: ${message}`, {
    path,
    ...(remedy === undefined ? {} : { remedy }),
    cause: error,
  });
}
