import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { ExportResult, Notice } from '../service/api/contract.ts';
import { dataFolderPath } from '../service/dataFolder.ts';
import type { ExportJob } from '../service/datasets/contract.ts';
import { datasetFormat, datasetFormatNames } from '../service/datasets/index.ts';
import { LamellaError } from '../service/errors.ts';
import { openMicrograph } from '../service/micrographs/index.ts';
import { planOpening, projectFileName } from '../service/workbench/opening.ts';
import { isProjectFolder, openProject, type Project } from '../service/project/index.ts';
import { printJson, printLine, reportLine, reportProblem } from './standardStreams.ts';

type Segmentation = ExportJob['options']['segmentation'];
type Container = ExportJob['options']['container'];

const segmentations: readonly Segmentation[] = ['auto', 'polygon', 'rle'];
const containers: readonly Container[] = ['tiff', 'png'];

interface ExportOptions {
  format: string;
  output: string;
  segmentation: Segmentation;
  images: boolean;
  container: Container;
  withoutDataBar: boolean;
  json?: true;
}

export function register(program: Command): void {
  program
    .command('export')
    .description("write a project's accepted objects (hidden ones too) as a dataset; the workbench may have it open")
    .argument('<project>', `project folder, or its ${projectFileName}`)
    .addOption(new Option('--format <name>', 'dataset format').choices(datasetFormatNames).makeOptionMandatory())
    .requiredOption('--output <folder>', 'folder to write into; files of an earlier export are replaced')
    .addOption(
      new Option('--segmentation <kind>', 'coco: auto is polygons, RLE where a mask has holes')
        .choices(segmentations)
        .default('auto'),
    )
    .option('--images', 'coco: copy the images too', false)
    .addOption(new Option('--container <kind>', 'labels: kind of file').choices(containers).default('tiff'))
    .option('--without-data-bar', 'crop the info bar off SEM images: pictures, masks and sizes end above it', false)
    .option('--json', 'print one JSON document')
    .action(async (path: string, { json, ...options }: ExportOptions) => {
      const result = await exportProject(path, options);
      for (const notice of result.notices) report(notice);
      if (json) printJson(result);
      else printLine(`${counted(result.objects, 'object')} of ${counted(result.images, 'image')}: ${result.output}`);
    });
}

async function exportProject(
  path: string,
  { format, output, ...options }: Omit<ExportOptions, 'json'>,
): Promise<ExportResult> {
  const project = await openForReading(path);
  const abort = new AbortController();
  const stop = () => abort.abort();
  process.once('SIGINT', stop);
  try {
    for (const notice of project.notices) report(notice);
    return await datasetFormat(format).export({
      project,
      openImage: async (imageId) => openMicrograph(project.image(imageId).view.path),
      output: resolve(output),
      options,
      signal: abort.signal,
      onProgress: (done, total, detail) => reportLine(`${percent(done, total)} ${detail}`),
    });
  } finally {
    process.off('SIGINT', stop);
    project.close();
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** Found by the rules of opening, but never made; only read, so that the workbench can have it open. */
async function openForReading(path: string): Promise<Project> {
  const { folder, name } = await planOpening([resolve(path)], dataFolderPath());
  if (isProjectFolder(folder)) return openProject(folder, { name, readOnly: true });
  throw new LamellaError('file-missing', `There is no project in ${resolve(path)}.`, {
    path: resolve(path),
    remedy: 'Open it in the workbench first: lamella serve FOLDER.',
  });
}

function report({ message, remedy }: Notice): void {
  reportProblem({ message, remedy });
}

function percent(done: number, total: number): string {
  return `${Math.round((100 * done) / Math.max(1, total))} %`.padStart(5);
}
