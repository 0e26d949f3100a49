import type { ExportResult, Notice } from '../api/contract.ts';
import { version } from '../serviceInfo.ts';
import { acceptedObjects } from './acceptedObjects.ts';
import { cocoShape } from './cocoSegmentation.ts';
import type { DatasetFormat, ExportJob } from './contract.ts';
import { type DatasetImage, datasetImages, isCropped } from './datasetImages.ts';
import { pictureOf, withPictureNames } from './datasetPicture.ts';
import { isFileTrouble } from './fileTrouble.ts';
import { OutputFolder } from './outputFolder.ts';

/** Annotations that are handed to the disk together. */
const annotationsAtOnce = 100;

/**
 * COCO instance segmentation: annotations/instances.json and, if wanted, images/ with the micrographs' own bytes.
 * `file_name` is relative to images/. Ids are those of the project, so that they stay the same from one export to the
 * next. Accepted objects are annotations, hidden ones too, image by image and by id; `iscrowd` is always 0, because
 * trainers drop crowds. Slices of stacks are images of their own, written as PNG, with the stack's name, z and t (from
 * 0). A picture that is exported without its info bar is written anew, with the values that it has.
 */
export const cocoFormat: DatasetFormat = {
  name: 'coco',
  async export(job): Promise<ExportResult> {
    const folder = await OutputFolder.of(job);
    if (job.options.images) await folder.makeOwn('images');
    const notices: Notice[] = [];
    const phases = job.options.images ? 3 : 2;
    const progress = (phase: number, image: number, of: number, doing: string) =>
      job.onProgress(phase * of + image, phases * of, doing);
    const total = job.project.images().length;
    const found = await datasetImages(job, notices, (at, name) => progress(0, at, total, `Looking at ${name}`));
    const images = job.options.images ? withPictureNames(found) : found;
    if (job.options.images) {
      for (const [at, image] of images.entries()) {
        progress(1, at, images.length, `Copying ${image.name}`);
        await copyImage(folder, job, image, notices);
      }
      notices.push(...turnedNotice(images));
    }
    const objects = { exported: 0, lostHoles: 0 };
    const document = cocoDocument(job, images, objects, notices, (at, name) =>
      progress(phases - 1, at, images.length, `Writing the objects of ${name}`),
    );
    await folder.write('annotations/instances.json', document);
    if (objects.lostHoles > 0) notices.push(holesNotice(objects.lostHoles));
    progress(phases, 0, images.length, 'Done');
    return {
      format: 'coco',
      output: folder.path,
      files: folder.files,
      images: images.length,
      objects: objects.exported,
      notices,
    };
  },
};

/** The JSON in pieces, a line for each image and annotation: datasets may be larger than the longest string. */
async function* cocoDocument(
  job: ExportJob,
  images: readonly DatasetImage[],
  objects: { exported: number; lostHoles: number },
  notices: Notice[],
  onImage: (at: number, name: string) => void,
): AsyncGenerator<string> {
  const now = new Date();
  const info = {
    description: job.project.name,
    url: '',
    version: '1.0',
    year: now.getFullYear(),
    contributor: `Lamella ${version}`,
    date_created: now.toISOString(),
  };
  const categories = job.project.classes().map(({ id, name }) => ({ id, name, supercategory: '' }));
  const imageLines = images.map(({ datasetId, name, widthPx, heightPx, slice }) => {
    const stack = slice && { stack: slice.stack, z: slice.plane.z, t: slice.plane.t };
    return JSON.stringify({ id: datasetId, file_name: name, width: widthPx, height: heightPx, ...stack });
  });
  yield `{"info":${JSON.stringify(info)},\n"licenses":[],\n"categories":${JSON.stringify(categories)},\n`;
  yield `"images":[\n${imageLines.join(',\n')}\n],\n"annotations":[\n`;
  let lines: string[] = [];
  for (const [at, image] of images.entries()) {
    onImage(at, image.name);
    const { widthPx, heightPx } = image;
    for await (const { id, classId, mask } of acceptedObjects(job, image, notices)) {
      const { segmentation, area, bbox, lostHoles } = cocoShape(mask, heightPx, widthPx, job.options.segmentation);
      const annotation = { id, image_id: image.datasetId, category_id: classId, segmentation, area, bbox, iscrowd: 0 };
      lines.push(`${objects.exported === 0 ? '' : ',\n'}${JSON.stringify(annotation)}`);
      objects.exported++;
      if (lostHoles) objects.lostHoles++;
      if (lines.length < annotationsAtOnce) continue;
      yield lines.join('');
      lines = [];
    }
  }
  yield `${lines.join('')}\n]}\n`;
}

/** A micrograph that can't be read leaves its annotations without a picture; anything else is the export's trouble. */
async function copyImage(folder: OutputFolder, job: ExportJob, image: DatasetImage, notices: Notice[]): Promise<void> {
  if (!image.readable) return;
  try {
    await folder.write(`images/${image.name}`, await pictureOf(job, image));
  } catch (cause) {
    if (!isFileTrouble(cause) || cause.path !== image.path) throw cause;
    const remedy = cause.remedy === undefined ? {} : { remedy: cause.remedy };
    notices.push({
      level: 'warning',
      message: `${image.name} was not copied. ${cause.message}`,
      path: image.path,
      ...remedy,
    });
  }
}

/** Pictures that are written anew are upright. */
function turnedNotice(images: readonly DatasetImage[]): Notice[] {
  const turned = images
    .filter((image) => image.facts.exifOrientation !== undefined && !isCropped(image))
    .map(({ name }) => name);
  if (turned.length === 0) return [];
  return [
    {
      level: 'warning',
      message: `The annotations are for upright pictures, and these files are turned by their EXIF orientation: ${turned.join(', ')}.`,
      remedy: 'Have the trainer apply the orientation when it reads them, or save them upright before annotating.',
    },
  ];
}

function holesNotice(count: number): Notice {
  return {
    level: 'warning',
    message: `${count === 1 ? 'One object lost its holes' : `${count} objects lost their holes`}: polygons can't have any.`,
    remedy: 'Export with "auto" or "rle" to keep them.',
  };
}
