import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';

/** Bytes of all overviews of a project: some twenty micrographs of 20,000 × 20,000 pixels and 16 bits. */
const budgetBytes = 2 ** 30;
/** 'LmOv', in the byte order of this machine: a file of another one is not read. */
const mark = 0x4c6d4f76;
const version = 1;
const headerBytes = 32;
/** What a crash left behind is removed after an hour; a younger one may still be being written. */
const unfinishedMs = 3_600_000;

/** What is known of an overview before it is made; a file that says something else is not used. */
export interface OverviewShape {
  widthPx: number;
  heightPx: number;
  samples: 1 | 3;
  bytesPerSample: number;
}

/**
 * Overviews of large planes in the project's cache: a header of 32 bytes, then the samples. Files are written aside and
 * renamed when they are on the disk, so a half-written one is never read; those used longest ago go first; each may be
 * deleted at any time.
 */
export class OverviewFiles {
  constructor(
    private readonly folder: string,
    private readonly reportDefect: (cause: unknown) => void,
  ) {}

  /** null where there is none, or not one of this shape. */
  async read(name: string, shape: OverviewShape): Promise<PixelPlane | null> {
    const path = this.#path(name);
    try {
      const { widthPx, heightPx, samples, bytesPerSample } = shape;
      if ((await stat(path)).size !== headerBytes + widthPx * heightPx * samples * bytesPerSample) return null;
      const file = await readFile(path);
      const { buffer, byteOffset } = file.byteOffset % 8 === 0 ? file : new Uint8Array(file);
      if (new Uint32Array(buffer, byteOffset, 8).some((value, i) => value !== header(shape)[i])) return null;
      const now = new Date();
      await utimes(path, now, now).catch(() => undefined);
      const kind = bytesPerSample === 1 ? Uint8Array : bytesPerSample === 2 ? Uint16Array : Float32Array;
      const data = new kind(buffer as ArrayBuffer, byteOffset + headerBytes, widthPx * heightPx * samples);
      return { widthPx, heightPx, samples, data };
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') this.reportDefect(cause);
      return null;
    }
  }

  /** The overview is there whether or not it can be kept. */
  async keep(name: string, plane: PixelPlane): Promise<void> {
    const unfinished = `${this.#path(name)}.${randomUUID()}.new`;
    try {
      await mkdir(this.folder, { recursive: true });
      const { widthPx, heightPx, samples, data } = plane;
      const head = header({ widthPx, heightPx, samples, bytesPerSample: data.BYTES_PER_ELEMENT });
      const file = await open(unfinished, 'w');
      try {
        await file.write(new Uint8Array(head.buffer));
        await file.writeFile(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(unfinished, this.#path(name));
      await this.#makeRoom();
    } catch (cause) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      this.reportDefect(cause);
    }
  }

  async #makeRoom(): Promise<void> {
    const files = await Promise.all(
      (await readdir(this.folder)).map(async (name) => {
        const path = join(this.folder, name);
        const { size, mtimeMs } = await stat(path);
        return { path, size, mtimeMs };
      }),
    );
    let total = 0;
    for (const { path, size, mtimeMs } of files.sort((a, b) => b.mtimeMs - a.mtimeMs)) {
      const isAbandoned = path.endsWith('.new') && Date.now() - mtimeMs > unfinishedMs;
      total += size;
      if (isAbandoned || (total > budgetBytes && !path.endsWith('.new'))) await rm(path, { force: true });
    }
  }

  #path(name: string): string {
    return join(this.folder, `${name}.plane`);
  }
}

function header({ widthPx, heightPx, samples, bytesPerSample }: OverviewShape): Uint32Array<ArrayBuffer> {
  return Uint32Array.from([mark, version, bytesPerSample, samples, widthPx, heightPx, 0, 0]);
}
