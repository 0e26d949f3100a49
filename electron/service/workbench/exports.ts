import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExportRequest, TaskView } from '../api/contract.ts';
import { datasetFormat } from '../datasets/index.ts';
import { fromSystemError } from '../errors.ts';
import { absolutePath } from './opening.ts';
import type { OpenProject } from './openProject.ts';

/** Exports as a task. Without an output folder the files go to a temporary one, to be fetched as a zip. */
export function startExport(opened: OpenProject, request: ExportRequest): TaskView {
  const format = datasetFormat(request.format);
  const { segmentation = 'auto', images = true, container = 'tiff', withoutDataBar = false } = request.options;
  const chosen = request.output === null ? null : absolutePath(request.output);
  return opened.tasks.start(`Export as ${request.format}`, async ({ signal, progress }) => {
    const output = chosen ?? (await temporaryFolder());
    try {
      const result = await format.export({
        project: opened.project,
        openImage: (imageId) => opened.pixels.open(imageId),
        output,
        options: { segmentation, images, container, withoutDataBar },
        signal,
        onProgress: (done, total, detail) => progress(total === 0 ? null : done / total, detail),
      });
      return { result, downloadFolder: chosen === null ? output : null };
    } catch (cause) {
      if (chosen === null) await rm(output, { recursive: true, force: true });
      throw cause;
    }
  });
}

async function temporaryFolder(): Promise<string> {
  const prefix = join(tmpdir(), 'lamella-export-');
  try {
    return await mkdtemp(prefix);
  } catch (cause) {
    throw fromSystemError(cause, tmpdir(), 'Preparing the export');
  }
}
