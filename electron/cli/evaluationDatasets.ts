import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, parse, resolve } from 'node:path';
import { fromSystemError, LamellaError } from '../service/errors.ts';
import { findMicrographs } from '../service/micrographs/index.ts';

/** Micrographs with ground truth. */
export interface EvaluationDataset {
  name: string;
  pairs: ImageWithMask[];
  /** Micrographs without a label image of the same stem. */
  unpaired: string[];
}

export interface ImageWithMask {
  image: string;
  mask: string;
}

const maskEndings = ['.png', '.tif', '.tiff'];

/**
 * The datasets of a folder: itself, where it holds images/ and masks/ (or a val part with them), else those of its
 * subfolders, by name.
 * @throws LamellaError file-missing, file-unreadable
 */
export async function findEvaluationDatasets(folder: string): Promise<EvaluationDataset[]> {
  const root = resolve(folder);
  const candidates = [root, ...(await namesOf(root)).sort().map((name) => join(root, name))];
  const datasets: EvaluationDataset[] = [];
  for (const candidate of candidates) {
    const dataset = await datasetIn(candidate);
    if (dataset) datasets.push(dataset);
    if (dataset && candidate === root) break;
  }
  if (datasets.some(({ pairs }) => pairs.length > 0)) return datasets;
  throw new LamellaError('file-missing', `There are no micrographs with label images in ${root}.`, {
    path: root,
    remedy: 'It should hold images/ and masks/ with files of the same name, or folders that do.',
  });
}

async function datasetIn(folder: string): Promise<EvaluationDataset | null> {
  for (const part of [folder, join(folder, 'val')]) {
    const [images, masks] = [join(part, 'images'), join(part, 'masks')];
    if (!(await isFolder(images)) || !(await isFolder(masks))) continue;
    // "val" names no dataset.
    const name = basename(basename(part) === 'val' ? dirname(part) : part);
    return { name, ...(await pairUp(images, masks)) };
  }
  return null;
}

async function pairUp(images: string, masks: string): Promise<Pick<EvaluationDataset, 'pairs' | 'unpaired'>> {
  const known = new Set(await namesOf(masks));
  const pairs: ImageWithMask[] = [];
  const unpaired: string[] = [];
  for (const image of await findMicrographs(images)) {
    const stem = parse(image).name;
    const mask = maskEndings.map((ending) => stem + ending).find((name) => known.has(name));
    if (mask === undefined) unpaired.push(image);
    else pairs.push({ image, mask: join(masks, mask) });
  }
  return { pairs, unpaired };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw fromSystemError(cause, path, 'Reading the folder');
  }
}

async function namesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw fromSystemError(cause, folder, 'Reading the folder');
  }
}
