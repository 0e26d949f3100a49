import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** Part of the limit that is left after files had to go, so that not every further one is a reason to look again. */
const leftAfterwards = 0.9;

interface StoredFile {
  path: string;
  bytes: number;
  usedAt: number;
}

/**
 * Keeps a folder of stored embeddings below `limitBytes`: those go first that were used longest ago. When a file was
 * used is its time of change, which {@link markUsed} sets: access times are off on many systems.
 */
export class EmbeddingFolder {
  /** Bytes in the folder; null until it was looked at. */
  #bytes: number | null = null;

  constructor(
    private readonly folder: string,
    private readonly limitBytes: number,
  ) {}

  /** Throws what the file system throws. */
  async markUsed(path: string): Promise<void> {
    const now = new Date();
    await utimes(path, now, now);
  }

  /** After `path` was written; it stays, however large it is. Throws what the file system throws. */
  async added(path: string): Promise<void> {
    if (this.#bytes !== null) this.#bytes += (await stat(path)).size;
    if (this.#bytes !== null && this.#bytes <= this.limitBytes) return;
    const files = await this.#files();
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    if (bytes > this.limitBytes) {
      for (const file of files.sort((a, b) => a.usedAt - b.usedAt)) {
        if (bytes <= this.limitBytes * leftAfterwards) break;
        if (file.path === path) continue;
        await rm(file.path, { force: true });
        bytes -= file.bytes;
      }
    }
    this.#bytes = bytes;
  }

  async #files(): Promise<StoredFile[]> {
    const files: StoredFile[] = [];
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      const found = await statIfThere(path);
      if (found?.isFile()) files.push({ path, bytes: found.size, usedAt: found.mtimeMs });
    }
    return files;
  }
}

/** Another window's process may have removed it. */
async function statIfThere(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
