import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, parse, resolve } from 'node:path';
import { fromSystemError, LamellaError } from '../service/errors.ts';
import { findMicrographs } from '../service/micrographs/index.ts';

/** Micrographs with ground truth. */
export interface EvaluationDataset {
  name: string;
  pairs: ImageWithMask[];
  /** Micrographs without a label image of the same stem. */
  unpaired: string[];
  /** The masks are semantic by the word of a README: their values are classes, not objects. */
  semantic: boolean;
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
    const dataset = await datasetIn(candidate, root);
    if (dataset) datasets.push(dataset);
    if (dataset && candidate === root) break;
  }
  if (datasets.some(({ pairs }) => pairs.length > 0)) return datasets;
  throw new LamellaError('file-missing', `There are no micrographs with label images in ${root}.`, {
    path: root,
    remedy: 'It should hold images/ and masks/ with files of the same name, or folders that do.',
  });
}

async function datasetIn(folder: string, root: string): Promise<EvaluationDataset | null> {
  for (const part of [folder, join(folder, 'val')]) {
    const [images, masks] = [join(part, 'images'), join(part, 'masks')];
    if (!(await isFolder(images)) || !(await isFolder(masks))) continue;
    // "val" names no dataset.
    const name = basename(basename(part) === 'val' ? dirname(part) : part);
    return { name, ...(await pairUp(images, masks)), semantic: await isSemantic([part, folder, root]) };
  }
  return null;
}

/** By the first of these folders whose README has a line "masks: semantic" or "masks: instance". */
async function isSemantic(folders: readonly string[]): Promise<boolean> {
  for (const folder of folders) {
    const readmes = (await namesOf(folder)).filter((name) => /^readme(\.md|\.txt)?$/i.test(name));
    for (const path of readmes.sort().map((name) => join(folder, name))) {
      const kind = /^masks:\s*(semantic|instance)\b/im.exec(await textOf(path))?.[1];
      if (kind) return kind.toLowerCase() === 'semantic';
    }
  }
  return false;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw fromSystemError(cause, path, 'Reading the README');
  }
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
