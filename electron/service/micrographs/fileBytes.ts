import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fromSystemError } from '../errors.ts';
import { fileDamaged } from './fileDamage.ts';

/** Read at once around a small request: directories and tags lie near one another. */
const windowBytes = 16 * 1024;

/** Bytes of an open file, with bounds checked. */
export class FileBytes {
  #window = new Uint8Array(0);
  #windowAt = 0;

  private constructor(
    private readonly file: FileHandle,
    readonly path: string,
    readonly size: number,
  ) {}

  /** Opens the file for the time of `work`. @throws LamellaError file-missing, file-unreadable; what `work` throws */
  static async use<T>(path: string, work: (bytes: FileBytes) => Promise<T>): Promise<T> {
    try {
      // Asked before opening: opening a pipe would wait for its writer.
      if (!(await stat(path)).isFile()) throw fileDamaged(path, 'is a folder or device, no file');
      const file = await open(path, 'r');
      try {
        return await work(new FileBytes(file, path, (await file.stat()).size));
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw fromSystemError(cause, path, `Reading ${basename(path)}`);
    }
  }

  /** A copy of its own. @throws LamellaError file-damaged beyond the end of the file */
  async read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    this.#check(at, length);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      // One call reads 2 GiB at most.
      const { bytesRead } = await this.file.read(bytes, done, Math.min(length - done, 2 ** 30), at + done);
      if (bytesRead === 0) throw fileDamaged(this.path, 'ended while it was read');
      done += bytesRead;
    }
    return bytes;
  }

  /** For small values; may share memory with other views. @throws LamellaError file-damaged beyond the end of the file */
  async view(at: number, length: number): Promise<DataView> {
    this.#check(at, length);
    if (at < this.#windowAt || at + length > this.#windowAt + this.#window.length) {
      this.#window = await this.read(at, Math.min(this.size - at, Math.max(length, windowBytes)));
      this.#windowAt = at;
    }
    return new DataView(this.#window.buffer, at - this.#windowAt, length);
  }

  #check(at: number, length: number): void {
    const isWhole = Number.isSafeInteger(at) && Number.isSafeInteger(length);
    if (!(isWhole && at >= 0 && length >= 0 && at + length <= this.size)) {
      throw fileDamaged(this.path, 'is cut short: it points beyond its end');
    }
  }
}
