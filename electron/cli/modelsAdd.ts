import { type Command, Option } from 'commander';
import { type Precision, precisions } from '../../native-models/compiler/contract.ts';
import { type AddedModel, addModel } from '../../native-models/packages/installModel.ts';
import { modelFiles } from '../../native-models/packages/modelPackage.ts';
import { dataFolderPath } from '../service/dataFolder.ts';
import { userModelsFolder } from '../service/inference/modelFolders.ts';
import { readConfigFile } from '../service/models/configFile.ts';
import { interruptible } from './interruption.ts';
import { namesInUse, withModelErrors } from './openModel.ts';
import { progressLines } from './progressLines.ts';
import { printJson, printLine } from './standardStreams.ts';

interface AddCommandOptions {
  name?: string;
  config?: string;
  precision: Precision;
  json?: true;
}

export const precisionOption = () =>
  new Option('--precision <kind>', 'fp16 is for GPUs, int8 for processors').choices(precisions).default('fp32');

export function registerAdd(models: Command): void {
  models
    .command('add')
    .description('make a model of a checkpoint (.pt, .pth, .safetensors), of a pair of ONNX graphs, or of a package')
    .argument('<file>', 'checkpoint, one of the two .onnx files or their folder, or the folder of a model package')
    .option('--name <name>', "the model's name; the file's name when left out")
    .option('--config <file.json>', 'hyper-parameters that no tensor shape tells')
    .addOption(precisionOption())
    .option('--json', 'print one JSON document')
    .action(add);
}

async function add(file: string, { name, config, precision, json }: AddCommandOptions): Promise<void> {
  const parsed = config === undefined ? null : await readConfigFile(config);
  const taken = await namesInUse();
  const tell = progressLines();
  const added = await interruptible((signal) =>
    withModelErrors(() =>
      addModel(file, userModelsFolder(dataFolderPath()), {
        ...(name === undefined ? {} : { name }),
        precision,
        config: parsed,
        taken,
        signal,
        onProgress: ({ stage, fraction }) => tell(fraction, stage),
      }),
    ),
  );
  if (json) printJson(printedModel(added));
  else for (const line of linesOf(added)) printLine(line);
}

/** What `--json` prints of a model that was added. */
export function printedModel({ model, architecture, leftOut }: AddedModel) {
  const { description, folder } = model;
  const { name, family, precision, inputSize, licence, source } = description;
  const bytes = modelFiles(model).reduce((sum, file) => sum + file.bytes, 0);
  const kind = { name, family, architecture: description.architecture, summary: architecture };
  return { ...kind, precision, inputSize, licence, source, folder, bytes, leftOut };
}

export function linesOf(added: AddedModel): string[] {
  const { name, summary, precision, folder, bytes, leftOut } = printedModel(added);
  const lines = [`${name}: ${summary}, ${precision}, ${(bytes / 2 ** 20).toFixed(1)} MiB`, `  ${folder}`];
  if (leftOut.length > 0) {
    const few = leftOut.slice(0, 3).join(', ');
    lines.push(`  ${leftOut.length} tensors have no part in it: ${few}${leftOut.length > 3 ? ' …' : ''}`);
  }
  return lines;
}
