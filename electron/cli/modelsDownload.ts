import type { Command } from 'commander';
import type { Precision } from '../../native-models/compiler/contract.ts';
import { addFromCatalogue } from '../../native-models/packages/addFromCatalogue.ts';
import { catalogueEntry, readCatalogue } from '../../native-models/packages/catalogue.ts';
import { addModel } from '../../native-models/packages/installModel.ts';
import { dataFolderPath } from '../service/dataFolder.ts';
import { downloadsFolder, userModelsFolder } from '../service/inference/modelFolders.ts';
import { interruptible } from './interruption.ts';
import { linesOf, precisionOption, printedModel } from './modelsAdd.ts';
import { namesInUse, withModelErrors } from './openModel.ts';
import { progressLines } from './progressLines.ts';
import { printJson, printLine, reportLine } from './standardStreams.ts';
import { tableLines } from './table.ts';

interface DownloadCommandOptions {
  name?: string;
  precision: Precision;
  json?: true;
}

export function registerDownload(models: Command): void {
  models
    .command('download')
    .description('download a checkpoint of the catalogue and add it; without a name, list the catalogue')
    .argument('[name]', 'of the catalogue')
    .option('--name <name>', "the model's name; that of the catalogue when left out")
    .addOption(precisionOption())
    .option('--json', 'print one JSON document')
    .action(async (entry: string | undefined, options: DownloadCommandOptions) =>
      entry === undefined ? listCatalogue(options.json ?? false) : download(entry, options),
    );
}

async function listCatalogue(json: boolean): Promise<void> {
  const entries = await withModelErrors(() => readCatalogue());
  if (json) return printJson(entries);
  const rows = entries.map(({ name, bytes, sha256, licence, goodFor }) => [
    name,
    bytes === null ? 'unknown' : (bytes / 2 ** 20).toFixed(0),
    sha256 === null ? 'unverified' : 'sha256',
    licence,
    goodFor,
  ]);
  for (const line of tableLines(['name', 'MiB', 'check', 'licence', 'good for'], rows)) printLine(line);
}

async function download(wanted: string, { name, precision, json }: DownloadCommandOptions): Promise<void> {
  const dataFolder = dataFolderPath();
  const folders = { models: userModelsFolder(dataFolder), downloads: downloadsFolder(dataFolder) };
  const taken = await namesInUse();
  const tell = progressLines();
  const added = await interruptible((signal) =>
    withModelErrors(async () => {
      const entry = catalogueEntry(await readCatalogue(), wanted);
      reportLine(`      ${entry.address}`);
      const onProgress = (done: number, total: number | null) => tell(total === null ? null : done / total, entry.file);
      return addFromCatalogue(
        entry,
        folders,
        addModel,
        { signal, onProgress },
        {
          ...(name === undefined ? {} : { name }),
          precision,
          taken,
          signal,
          onProgress: ({ stage, fraction }) => tell(fraction, stage),
        },
      );
    }),
  );
  const { sha256, verification } = added.download;
  if (verification === 'first') {
    reportLine(`lamella: Nobody states the hash of this file; kept for later downloads: sha256 ${sha256}`);
  }
  if (json) printJson({ ...printedModel(added), download: { sha256, verification } });
  else for (const line of linesOf(added)) printLine(line);
}
