import { randomUUID } from 'node:crypto';
import { mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fromSystemError, LamellaError } from '../errors.ts';
import { throwIfCancelled } from './cancelled.ts';
import type { ExportJob } from './contract.ts';

export type Content = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/**
 * The folder that an export writes to. Files appear in it only when they are whole, in the place of those of an
 * earlier export, and never in the place of a micrograph of the project.
 */
export class OutputFolder {
  /** Names of the files written, relative to the folder, with '/'. */
  readonly files: string[] = [];
  readonly path: string;
  readonly #signal: AbortSignal;
  /** Real paths of the project's micrographs. */
  readonly #originals: ReadonlySet<string>;
  /** Real paths of the folders that micrographs or the project lie in. */
  readonly #sources: ReadonlySet<string>;

  private constructor(job: ExportJob, originals: ReadonlySet<string>, sources: ReadonlySet<string>) {
    this.path = job.output;
    this.#signal = job.signal;
    this.#originals = originals;
    this.#sources = sources;
  }

  static async of(job: ExportJob): Promise<OutputFolder> {
    const originals = new Set<string>();
    for (const { path } of job.project.images()) {
      const real = await realPathIfThere(path);
      if (real !== null) originals.add(real);
    }
    const home = await realPathIfThere(job.project.folder);
    const sources = new Set([...originals].map((path) => dirname(path)));
    if (home !== null) sources.add(home);
    const folder = new OutputFolder(job, originals, sources);
    await makeFolder(folder.path);
    return folder;
  }

  /**
   * Makes a subfolder that is the export's own.
   * @throws LamellaError edit-refused where the micrographs or the project themselves lie in it
   */
  async makeOwn(name: string): Promise<void> {
    const path = join(this.path, name);
    await makeFolder(path);
    if (this.#sources.has(await realpath(path))) {
      throw new LamellaError(
        'edit-refused',
        `${path} is where the project’s own images are: nothing is copied there.`,
        {
          path,
          remedy: 'Choose another folder for the export.',
        },
      );
    }
  }

  /** Writes one file; `name` is relative, with '/'. What is there is replaced when the new content is complete. */
  async write(name: string, content: Content): Promise<void> {
    throwIfCancelled(this.#signal);
    const path = join(this.path, ...name.split('/'));
    await makeFolder(dirname(path));
    await this.#refuseOriginal(path);
    const unfinished = join(dirname(path), `.lamella-${randomUUID()}.new`);
    try {
      // Opened before anything can fail: a stream that is given up while it opens makes its file after it was removed.
      const file = await open(unfinished, 'wx');
      try {
        await pipeline(content, file.createWriteStream(), { signal: this.#signal });
      } finally {
        await file.close();
      }
      await rename(unfinished, path);
    } catch (cause) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      throwIfCancelled(this.#signal);
      throw fromSystemError(cause, path, 'Exporting');
    }
    this.files.push(name);
  }

  async #refuseOriginal(path: string): Promise<void> {
    const there = await realPathIfThere(path);
    if (there === null || !this.#originals.has(there)) return;
    throw new LamellaError('edit-refused', `${path} is one of the project’s own images: it is not written over.`, {
      path,
      remedy: 'Choose another folder for the export.',
    });
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new LamellaError('edit-refused', `${path} can't be a folder: a file is in its place.`, {
        path,
        remedy: 'Choose another folder for the export.',
        cause,
      });
    }
    throw fromSystemError(cause, path, 'Exporting');
  }
}

async function realPathIfThere(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch (cause) {
    // A file that can't be reached (unplugged drive, no rights) can't be written over either.
    if (
      ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'EIO'].includes((cause as NodeJS.ErrnoException).code ?? '')
    ) {
      return null;
    }
    throw fromSystemError(cause, path, 'Exporting');
  }
}
