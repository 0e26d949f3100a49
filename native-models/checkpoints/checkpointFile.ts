import { type FileHandle, open, stat } from 'node:fs/promises';
import type { ModelError } from '../packages/modelError.ts';
import { type Faults, faultsOf } from './faults.ts';

/** Most that one call of the operating system is asked for, in bytes; some refuse 2 GiB. */
const readAtOnce = 2 ** 28;

/** A file that is read by position: reads may overlap in time and nothing is kept of them. */
export class CheckpointFile implements Faults {
  readonly path: string;
  /** In bytes, when it was opened. */
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #faults: Faults;

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
    this.#faults = faultsOf(path);
  }

  /** @throws ModelError checkpoint-invalid when there is no such file or it can't be opened. */
  static async open(path: string): Promise<CheckpointFile> {
    try {
      const found = await stat(path);
      // Opening a pipe would wait for ever, and a device has no end.
      if (!found.isFile()) throw new Error('not a file');
      return new CheckpointFile(path, found.size, await open(path, 'r'));
    } catch (cause) {
      throw faultsOf(path).damaged(`it can't be opened (${(cause as Error).message})`, cause);
    }
  }

  damaged(what: string, cause?: unknown): ModelError {
    return this.#faults.damaged(what, cause);
  }

  refused(what: string): ModelError {
    return this.#faults.refused(what);
  }

  /**
   * `length` bytes from `position`, in a buffer of their own. Nothing is allocated for what lies beyond the end.
   * @throws ModelError checkpoint-invalid when the file does not hold them; `what` names them.
   */
  async readAt(position: number, length: number, what: string): Promise<Uint8Array<ArrayBuffer>> {
    if (!(position >= 0 && length >= 0 && position + length <= this.size)) {
      throw this.damaged(`${what} ends at byte ${position + length} of ${this.size}`);
    }
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.#handle
        .read(bytes, done, Math.min(readAtOnce, length - done), position + done)
        .catch((cause: unknown) => {
          throw this.damaged(`${what} can't be read (${(cause as Error).message})`, cause);
        });
      if (bytesRead === 0) throw this.damaged(`${what} ends at byte ${position + done}; the file has become shorter`);
      done += bytesRead;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
