import type { Command } from 'commander';
import type { ModelPackage } from '../../native-models/packages/modelPackage.ts';
import { modelInfo } from '../service/inference/modelInfo.ts';
import { findInstalledModels } from './openModel.ts';
import { printJson, printLine, reportProblem } from './standardStreams.ts';
import { tableLines } from './table.ts';

export function register(program: Command): void {
  const models = program.command('models').description('the models that prompts can use');
  models
    .command('list')
    .description('list the models that are found')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: true }) => list(options.json ?? false));
}

/** A package that can't be used is told on standard error and keeps no other from the list. */
async function list(json: boolean): Promise<void> {
  const { models, problems } = await findInstalledModels();
  for (const problem of problems) reportProblem(problem);
  const entries = models.map(entryOf);
  if (json) return printJson(entries);
  const rows = entries.map(({ name, family, version, precision, licence, origin, bytes, folder }) => [
    ...[name, family, version, precision, licence, origin],
    ...[(bytes / 2 ** 20).toFixed(1), folder],
  ]);
  const header = ['name', 'family', 'version', 'precision', 'licence', 'origin', 'MiB', 'folder'];
  for (const line of tableLines(header, rows)) printLine(line);
}

function entryOf(model: ModelPackage) {
  const { encoder, decoder } = model.description.files;
  return { ...modelInfo(model), folder: model.folder, bytes: encoder.bytes + decoder.bytes };
}
