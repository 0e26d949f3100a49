import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fromSystemError, isLamellaError } from '../errors.ts';

/** Enough for the lock, SQLite's lock folder and its journal, also where every one of them takes blocks of 16 KiB. */
const reserveBytes = 128 * 1024;
/** More than one write of SQLite needs: if this fits, it was not space that was short. */
const probeBytes = 1024 * 1024;

/**
 * Space that a project keeps on its disk and gives up when the disk is full: without it not even SQLite's lock could
 * be taken, and nothing of the project could be looked at. Edits are refused until it is back.
 */
export class SpaceReserve {
  readonly #path: string;

  constructor(cacheFolder: string) {
    this.#path = join(cacheFolder, 'space.reserve');
  }

  /** Throws `disk-full` where there is no room for it; other trouble with the cache is no reason to refuse an edit. */
  keep(): void {
    if (existsSync(this.#path)) return;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      writeFileSync(this.#path, Buffer.alloc(reserveBytes));
    } catch (cause) {
      this.release();
      const error = fromSystemError(cause, dirname(dirname(this.#path)), 'Saving');
      if (error.code === 'disk-full') throw error;
    }
  }

  /** False when it had been given up before. */
  release(): boolean {
    if (!existsSync(this.#path)) return false;
    rmSync(this.#path, { force: true });
    return true;
  }

  /** Does something that needs a little space; where there is none, once more without the reserve. */
  spend<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (isLamellaError(error) && error.code === 'disk-full' && this.release()) return work();
      throw error;
    }
  }
}

/** Whether nothing can be written into this folder for want of space. Tried, because quotas are not told otherwise. */
export function isFull(folder: string): boolean {
  const probe = join(folder, `.lamella-${process.pid}`);
  try {
    writeFileSync(probe, Buffer.alloc(probeBytes));
    return false;
  } catch (cause) {
    return fromSystemError(cause, probe, 'Saving').code === 'disk-full';
  } finally {
    rmSync(probe, { force: true });
  }
}
