import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

/** onnxruntime maps weights into memory when they begin at a page (ONNX, ExternalData.md). */
const alignment = 4096;

/** The file beside a graph that holds its large weights (ONNX external data), written one tensor after the other. */
export class WeightFile {
  readonly name: string;
  #file: FileHandle;
  #hash: Hash = createHash('sha256');
  #bytes = 0;

  private constructor(name: string, file: FileHandle) {
    this.name = name;
    this.#file = file;
  }

  /** @param name of the file as the graph tells it, relative to the graph. */
  static async create(path: string, name: string): Promise<WeightFile> {
    return new WeightFile(name, await open(path, 'wx'));
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Appends at the next aligned place; returns it. */
  async append(values: Uint8Array): Promise<{ offset: number; length: number }> {
    const gap = (alignment - (this.#bytes % alignment)) % alignment;
    if (gap > 0) await this.#write(new Uint8Array(gap));
    const offset = this.#bytes;
    await this.#write(values);
    return { offset, length: values.length };
  }

  /** Ends the file; returns what model.json tells of it. */
  async close(): Promise<{ sha256: string; bytes: number }> {
    await this.#file.sync();
    await this.#file.close();
    return { sha256: this.#hash.digest('hex'), bytes: this.#bytes };
  }

  /** Closes a file that is not going to be used. */
  async abandon(): Promise<void> {
    await this.#file.close();
  }

  async #write(values: Uint8Array): Promise<void> {
    this.#hash.update(values);
    for (let written = 0; written < values.length;) {
      written += (await this.#file.write(values, written, values.length - written)).bytesWritten;
    }
    this.#bytes += values.length;
  }
}
