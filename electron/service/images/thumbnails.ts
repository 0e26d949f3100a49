import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { Contrast } from '../micrographs/contract.ts';
import { thumbnailPng } from '../micrographs/thumbnail.ts';

/** Thumbnails in the project's cache, named by the content of their files; made one at a time. */
export class ThumbnailCache {
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    /** null where nothing may be written: thumbnails are made anew each time. */
    private readonly cacheFolder: string | null,
    private readonly reportDefect: (cause: unknown) => void,
  ) {}

  async get(
    sha256: string,
    read: () => Promise<{ plane: PixelPlane; contrast: Contrast }>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const path = this.cacheFolder === null ? null : join(this.cacheFolder, 'thumbnails', `${sha256}.png`);
    const kept = path === null ? null : await readIfThere(path);
    if (kept) return kept;
    // A list of a thousand images asks for all of them at once: reading them together would fill the memory.
    const made = this.#turn.then(async () => {
      const { plane, contrast } = await read();
      return Uint8Array.from(await thumbnailPng(plane, contrast));
    });
    this.#turn = made.catch(() => undefined);
    const png = await made;
    if (path !== null) await this.#keep(path, png);
    return png;
  }

  /** The picture is there whether or not it can be kept. */
  async #keep(path: string, png: Uint8Array): Promise<void> {
    try {
      await mkdir(dirname(path), { recursive: true });
      // Of its own: two requests for one picture, or for two files of one content, may be here at once.
      const unfinished = `${path}.${randomUUID()}.new`;
      await writeFile(unfinished, png);
      await rename(unfinished, path);
    } catch (cause) {
      this.reportDefect(cause);
    }
  }
}

async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
}
