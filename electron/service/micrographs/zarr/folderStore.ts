import { join } from 'node:path';
import { stat } from 'node:fs/promises';
import type { AbsolutePath, AsyncReadable, RangeQuery } from 'zarrita';
import { FileBytes } from '../fileBytes.ts';
import { fileDamaged } from '../fileDamage.ts';

/** Most bytes that a chunk may have, in the file and decoded. */
export const maxChunkBytes = 2 ** 29;

/** The files of a Zarr folder, as zarrita asks for them. A key that leads out of the folder is not followed. */
export class FolderStore implements AsyncReadable {
  constructor(readonly folder: string) {}

  async get(key: AbsolutePath): Promise<Uint8Array | undefined> {
    return this.#use(key, (file) => this.#read(file, 0, file.size));
  }

  async getRange(key: AbsolutePath, range: RangeQuery): Promise<Uint8Array | undefined> {
    return this.#use(key, (file) =>
      'suffixLength' in range
        ? this.#read(file, file.size - range.suffixLength, range.suffixLength)
        : this.#read(file, range.offset, range.length),
    );
  }

  async #read(file: FileBytes, at: number, length: number): Promise<Uint8Array> {
    if (length > maxChunkBytes) throw fileDamaged(file.path, `holds a chunk of ${length} bytes`);
    return file.read(at, length);
  }

  /** undefined for what is not there: Zarr leaves out chunks that hold the fill value only. */
  async #use<T>(key: AbsolutePath, read: (file: FileBytes) => Promise<T>): Promise<T | undefined> {
    const parts = key.split('/').filter((part) => part !== '');
    if (parts.some((part) => part === '..' || part.includes('\\') || part.includes('\0'))) return undefined;
    const path = join(this.folder, ...parts);
    const isFile = await stat(path).then(
      (found) => found.isFile(),
      () => false,
    );
    return isFile ? FileBytes.use(path, read) : undefined;
  }
}
