import { embeddingBytes, type ImageEmbedding } from '../../../native-models/predictor/embedding.ts';
import { EmbeddingFolder } from './embeddingFolder.ts';
import { embeddingPath, readEmbedding, writeEmbedding } from './embeddingFile.ts';
import type { EmbeddingAddress, Notice } from './messages.ts';

interface Found {
  embedding: ImageEmbedding | null;
  notice: Notice;
}

interface Kept {
  embedding: ImageEmbedding;
  imageKey: string;
}

/**
 * Embeddings in memory within a budget, and on disk behind it. Those used longest ago go first; the one that came last
 * stays. Those of the image that was prompted last go after all others: a run over a folder brings hundreds while a
 * person works on one.
 */
export class EmbeddingStore {
  readonly #tag: string;
  readonly #budgetBytes: number;
  readonly #diskBytes: number;
  readonly #folders = new Map<string, EmbeddingFolder>();
  /** Used longest ago first. */
  readonly #kept = new Map<string, Kept>();
  #promptedImage: string | null = null;
  #bytes = 0;

  /** `tag`: see embeddingTag; `budgetBytes` of memory, `diskBytes` of each project's cache folder. */
  constructor(tag: string, budgetBytes: number, diskBytes: number) {
    this.#tag = tag;
    this.#budgetBytes = budgetBytes;
    this.#diskBytes = diskBytes;
  }

  /** As {@link find}, for a prompt. */
  findForPrompt(address: EmbeddingAddress): Promise<Found> {
    this.#promptedImage = address.imageKey;
    return this.find(address);
  }

  async find({ key, imageKey, cacheFolder }: EmbeddingAddress): Promise<Found> {
    const known = this.#kept.get(key);
    if (known) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return { embedding: known.embedding, notice: null };
    }
    if (cacheFolder === null) return { embedding: null, notice: null };
    const path = embeddingPath(cacheFolder, key, this.#tag);
    try {
      const embedding = await readEmbedding(path, key);
      if (!embedding) return { embedding: null, notice: null };
      this.#keep(key, { embedding, imageKey });
      return { embedding, notice: await this.#markUsed(cacheFolder, path) };
    } catch (error) {
      return { embedding: null, notice: `A stored image embedding can't be read and is computed again: ${error}` };
    }
  }

  async add({ key, imageKey, cacheFolder }: EmbeddingAddress, embedding: ImageEmbedding): Promise<Notice> {
    this.#keep(key, { embedding, imageKey });
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

  #keep(key: string, kept: Kept): void {
    this.#drop(key);
    this.#kept.set(key, kept);
    this.#bytes += embeddingBytes(kept.embedding);
    const isPrompted = ({ imageKey }: Kept) => imageKey === this.#promptedImage;
    const others = [...this.#kept].filter(([other]) => other !== key);
    for (const prompted of [false, true]) {
      for (const [oldest, old] of others) {
        if (this.#bytes <= this.#budgetBytes) return;
        if (isPrompted(old) === prompted) this.#drop(oldest);
      }
    }
  }

  #drop(key: string): void {
    const known = this.#kept.get(key);
    if (!known) return;
    this.#kept.delete(key);
    this.#bytes -= embeddingBytes(known.embedding);
  }
}
