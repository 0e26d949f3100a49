import type { ExportResult, Notice } from '../api/contract.ts';
import { LamellaError } from '../errors.ts';
import { acceptedObjects } from './acceptedObjects.ts';
import type { DatasetFormat, ExportJob } from './contract.ts';
import { type DatasetImage, datasetImages } from './datasetImages.ts';
import { distinctNames, folded, stemOf } from './distinctNames.ts';
import { type LabelImage, maxLabel, paintLabels } from './labelImage.ts';
import { encodeLabelPng } from './labelPng.ts';
import { previewPng } from './labelPreview.ts';
import { encodeLabelTiff } from './labelTiff.ts';
import { OutputFolder } from './outputFolder.ts';

/** What labels.json says of one image. */
interface LabelledImage {
  /** Name of the micrograph, and of its label image, relative to the export's folder. */
  image: string;
  labels: string;
  /** Of a slice, whose `image` is the stack: counted from 0. */
  z?: number;
  t?: number;
  widthPx: number;
  heightPx: number;
  objects: { value: number; objectId: number; class: string; areaPx: number }[];
}

/**
 * A 16-bit label image for each micrograph, `<stem>_labels.tif` or `.png`: 0 is background, k the k-th accepted object
 * by id (hidden ones too). labels.json keeps classes and ids; preview/ has them in colours.
 */
export const labelsFormat: DatasetFormat = {
  name: 'labels',
  async export(job): Promise<ExportResult> {
    refuseTooMany(job);
    const folder = await OutputFolder.of(job);
    const notices: Notice[] = [];
    const progress = (phase: number, image: number, of: number, doing: string) =>
      job.onProgress(phase * of + image, 2 * of, doing);
    const total = job.project.images().length;
    const images = await datasetImages(job, notices, (at, name) => progress(0, at, total, `Looking at ${name}`));
    const classes = new Map(job.project.classes().map(({ id, name }) => [id, name]));
    const stems = labelStems(images.map(({ name }) => name));
    const table: LabelledImage[] = [];
    for (const [at, image] of images.entries()) {
      progress(1, at, images.length, `Writing the labels of ${image.name}`);
      const { widthPx, heightPx } = image;
      const labels = await paintLabels(acceptedObjects(job, image, notices), widthPx, heightPx);
      const name = await writeLabels(folder, job, image, stems[at]!, labels);
      if (labels.overlapping > 0) notices.push(overlapNotice(image, labels));
      table.push({
        image: image.slice?.stack ?? image.name,
        labels: name,
        ...(image.slice && { z: image.slice.plane.z, t: image.slice.plane.t }),
        widthPx,
        heightPx,
        objects: labels.objects.map(({ value, objectId, classId, areaPx }) => ({
          value,
          objectId,
          class: classes.get(classId) ?? '',
          areaPx,
        })),
      });
    }
    await folder.write('labels.json', labelTable(table));
    progress(2, 0, images.length, 'Done');
    return {
      format: 'labels',
      output: folder.path,
      files: folder.files,
      images: images.length,
      objects: table.reduce((sum, { objects }) => sum + objects.length, 0),
      notices,
    };
  },
};

/** Asked before anything is written. */
function refuseTooMany({ project }: ExportJob): void {
  const crowded = project.images().find(({ objectCount }) => objectCount > maxLabel);
  if (!crowded) return;
  throw new LamellaError(
    'edit-refused',
    `${crowded.name} has ${crowded.objectCount} objects; a 16-bit label image holds ${maxLabel}.`,
    { path: crowded.path, remedy: 'Export as COCO instead, or cut the micrograph into smaller ones.' },
  );
}

async function writeLabels(
  folder: OutputFolder,
  job: ExportJob,
  image: DatasetImage,
  stem: string,
  labels: LabelImage,
): Promise<string> {
  const tiff = job.options.container === 'tiff';
  const name = `${stem}_labels.${tiff ? 'tif' : 'png'}`;
  await folder.write(name, tiff ? await encodeLabelTiff(labels, image.facts) : await encodeLabelPng(labels));
  await folder.write(`preview/${stem}_preview.png`, await previewPng(labels));
  return name;
}

/** Where images differ by their ending only (a.png, a.tif), the ending becomes part of the stem. */
function labelStems(names: readonly string[]): string[] {
  const uses = new Map<string, number>();
  for (const name of names) {
    const stem = folded(stemOf(name));
    uses.set(stem, (uses.get(stem) ?? 0) + 1);
  }
  return distinctNames(
    names.map((name) => {
      const stem = stemOf(name);
      return uses.get(folded(stem)) === 1 ? stem : `${stem}_${name.slice(stem.length + 1)}`;
    }),
  );
}

/** JSON in pieces, a line for each object. */
function* labelTable(images: readonly LabelledImage[]): Generator<string> {
  yield '{"images":[';
  for (const [at, { objects, ...image }] of images.entries()) {
    const lines = objects.map((object) => `\n${JSON.stringify(object)}`).join(',');
    yield `${at === 0 ? '' : ','}\n${JSON.stringify(image).slice(0, -1)},"objects":[${lines}]}`;
  }
  yield '\n]}\n';
}

function overlapNotice({ name, path }: DatasetImage, { overlapping, covered }: LabelImage): Notice {
  const hidden =
    covered === 0 ? '' : ` ${covered} of them ${covered === 1 ? 'lies' : 'lie'} wholly under others and can't be seen.`;
  return {
    level: 'warning',
    message: `${name}: ${overlapping} objects overlap; a label image shows the later one of them.${hidden}`,
    path,
    remedy: 'Subtract them from each other, or export as COCO, which keeps overlaps.',
  };
}
