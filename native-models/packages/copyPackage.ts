import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { expectedFile } from './expectedFigures.ts';
import { descriptionFile, modelFiles, type ModelPackage } from './modelPackage.ts';

/** Texts that belong to a model: its card and licence. Whatever else lies in the folder stays there. */
const isText = (name: string) => /^(licen[cs]e|notice|readme|model_card)(\.\w+)?$/i.test(name);

/**
 * Copies a sound package into the empty folder `to`, under the name `name`. Nothing but the name in model.json changes.
 * Throws what the file system throws, and AbortError.
 */
export async function copyPackage(
  model: ModelPackage,
  to: string,
  name: string,
  onProgress: (fraction: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const files = modelFiles(model);
  for (const [index, { path }] of files.entries()) {
    signal?.throwIfAborted();
    onProgress(index / files.length);
    await copyInto(model.folder, path, to);
  }
  for (const entry of await readdir(model.folder)) {
    if (entry === expectedFile || isText(entry)) await copyInto(model.folder, join(model.folder, entry), to);
  }
  const description = JSON.parse(await readFile(join(model.folder, descriptionFile), 'utf8')) as object;
  await writeFile(join(to, descriptionFile), `${JSON.stringify({ ...description, name }, null, 2)}\n`);
}

async function copyInto(from: string, path: string, to: string): Promise<void> {
  const target = join(to, relative(from, path));
  await mkdir(dirname(target), { recursive: true });
  // A clone of the blocks where the file system can do that; a copy elsewhere.
  await copyFile(path, target, constants.COPYFILE_FICLONE);
}
