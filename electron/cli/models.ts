import type { Command } from 'commander';
import { removeModelCalled } from '../../native-models/packages/installModel.ts';
import { modelFiles, type ModelPackage } from '../../native-models/packages/modelPackage.ts';
import { dataFolderPath } from '../service/dataFolder.ts';
import { userModelsFolder } from '../service/inference/modelFolders.ts';
import { modelInfo } from '../service/inference/modelInfo.ts';
import { readChosenModel } from '../service/models/chosenModel.ts';
import { registerAdd } from './modelsAdd.ts';
import { registerDownload } from './modelsDownload.ts';
import { registerVerify } from './modelsVerify.ts';
import { findInstalledModels, withModelErrors } from './openModel.ts';
import { printJson, printLine, reportLine, reportProblem } from './standardStreams.ts';
import { tableLines } from './table.ts';

export function register(program: Command): void {
  const models = program.command('models').description('the models that prompts can use');
  models
    .command('list')
    .description('list the models that are found')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: true }) => list(options.json ?? false));
  registerAdd(models);
  models
    .command('remove')
    .description('remove a model that was added')
    .argument('<name>', 'see lamella models list')
    .option('--json', 'print one JSON document')
    .action(async (name: string, options: { json?: true }) => remove(name, options.json ?? false));
  registerVerify(models);
  registerDownload(models);
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

async function remove(name: string, json: boolean): Promise<void> {
  await withModelErrors(async () => {
    await removeModelCalled(await findInstalledModels(), name, userModelsFolder(dataFolderPath()));
  });
  if (readChosenModel(dataFolderPath()).name === name) {
    reportLine(`lamella: The workbench was set to use ${name}; choose another model there.`);
  }
  if (json) printJson({ name, removed: true });
  else printLine(`${name} was removed.`);
}

function entryOf(model: ModelPackage) {
  const bytes = modelFiles(model).reduce((sum, file) => sum + file.bytes, 0);
  const { architecture, inputSize } = model.description;
  return { ...modelInfo(model), architecture, inputSize, folder: model.folder, bytes };
}
