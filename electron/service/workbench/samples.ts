import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fromSystemError } from '../errors.ts';
import { isMicrographFile } from '../micrographs/index.ts';

/** Copies the sample micrographs that come with the program; those that are there already stay as they are. */
export async function copySamples(appRoot: string, folder: string): Promise<void> {
  const samples = join(appRoot, 'assets', 'samples');
  try {
    await mkdir(folder, { recursive: true });
    const names = (await readdir(samples)).filter(isMicrographFile);
    for (const name of names) await copyUnlessThere(join(samples, name), join(folder, name));
  } catch (cause) {
    throw fromSystemError(cause, folder, 'Preparing the sample micrographs');
  }
}

/** The copy appears under its name only when it is whole, so that a copy cut short is made again next time. */
async function copyUnlessThere(from: string, to: string): Promise<void> {
  if (existsSync(to)) return;
  const unfinished = `${to}.new`;
  await copyFile(from, unfinished);
  await rename(unfinished, to);
}
