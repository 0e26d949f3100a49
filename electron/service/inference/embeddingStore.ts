import { embeddingBytes, type ImageEmbedding } from '../../../native-models/predictor/embedding.ts';
import { EmbeddingFolder } from './embeddingFolder.ts';
import { embeddingPath, readEmbedding, writeEmbedding } from './embeddingFile.ts';
import type { EmbeddingAddress, Notice } from './messages.ts';

/** Embeddings in memory within a budget, least recently used go first (the last one stays), and on disk behind it. */
export class EmbeddingStore {
  readonly #tag: string;
  readonly #budgetBytes: number;
  readonly #diskBytes: number;
  readonly #folders = new Map<string, EmbeddingFolder>();
  readonly #kept = new Map<string, ImageEmbedding>();
  #bytes = 0;

  /** `tag`: see embeddingTag; `budgetBytes` of memory, `diskBytes` of each project's cache folder. */
  constructor(tag: string, budgetBytes: number, diskBytes: number) {
    this.#tag = tag;
    this.#budgetBytes = budgetBytes;
    this.#diskBytes = diskBytes;
  }

  async find({ key, cacheFolder }: EmbeddingAddress): Promise<{ embedding: ImageEmbedding | null; notice: Notice }> {
    const known = this.#kept.get(key);
    if (known) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return { embedding: known, notice: null };
    }
    if (cacheFolder === null) return { embedding: null, notice: null };
    const path = embeddingPath(cacheFolder, key, this.#tag);
    try {
      const embedding = await readEmbedding(path, key);
      if (!embedding) return { embedding: null, notice: null };
      this.#keep(key, embedding);
      return { embedding, notice: await this.#markUsed(cacheFolder, path) };
    } catch (error) {
      return { embedding: null, notice: `A stored image embedding can't be read and is computed again: ${error}` };
    }
  }

  async add({ key, cacheFolder }: EmbeddingAddress, embedding: ImageEmbedding): Promise<Notice> {
    this.#keep(key, embedding);
    if (cacheFolder === null) return null;
    try {
      const path = embeddingPath(cacheFolder, key, this.#tag);
      await writeEmbedding(path, key, embedding);
      await this.#folder(cacheFolder).added(path);
      return null;
    } catch (error) {
      return `The image embedding can't be stored and will be computed again next time: ${error}`;
    }
  }

  async #markUsed(cacheFolder: string, path: string): Promise<Notice> {
    try {
      await this.#folder(cacheFolder).markUsed(path);
      return null;
    } catch (error) {
      return `A stored image embedding can't be marked as used and will be removed earlier than others: ${error}`;
    }
  }

  #folder(cacheFolder: string): EmbeddingFolder {
    let folder = this.#folders.get(cacheFolder);
    if (!folder) {
      folder = new EmbeddingFolder(cacheFolder, this.#diskBytes);
      this.#folders.set(cacheFolder, folder);
    }
    return folder;
  }

  #keep(key: string, embedding: ImageEmbedding): void {
    const known = this.#kept.get(key);
    if (known) this.#bytes -= embeddingBytes(known);
    this.#kept.delete(key);
    this.#kept.set(key, embedding);
    this.#bytes += embeddingBytes(embedding);
    for (const [oldest, old] of this.#kept) {
      if (this.#bytes <= this.#budgetBytes || oldest === key) return;
      this.#kept.delete(oldest);
      this.#bytes -= embeddingBytes(old);
    }
  }
}
