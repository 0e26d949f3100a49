import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import { buildPyramid, type Pyramid } from './pyramid.ts';

interface Entry {
  plane: Promise<PixelPlane>;
  pyramid: Promise<Pyramid> | null;
  /** 0 until decoded. */
  bytes: number;
}

/**
 * Decoded planes and their pyramids, least recently used go first. Requests for one key share one decode. A plane
 * that alone exceeds the budget is kept until another one comes. A failed decode is forgotten, so the next request
 * looks at the file again.
 */
export class PlaneCache {
  readonly #budgetBytes: number;
  readonly #entries = new Map<string, Entry>();

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /** Bytes held by what is decoded now. */
  get bytes(): number {
    let bytes = 0;
    for (const entry of this.#entries.values()) bytes += entry.bytes;
    return bytes;
  }

  /** `read` is called only when the plane is not held and nobody else is reading it. */
  plane(key: string, read: () => Promise<PixelPlane>): Promise<PixelPlane> {
    return this.#entry(key, read).plane;
  }

  /** The plane's pyramid; its level 0 is the plane. */
  pyramid(key: string, read: () => Promise<PixelPlane>): Promise<Pyramid> {
    const entry = this.#entry(key, read);
    entry.pyramid ??= this.#buildPyramid(key, entry);
    return entry.pyramid;
  }

  /** Forgets a key: its file has changed or is gone. */
  drop(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  #entry(key: string, read: () => Promise<PixelPlane>): Entry {
    const held = this.#entries.get(key);
    if (held) {
      // A Map keeps the order of insertion: put again, it is the most recently used.
      this.#entries.delete(key);
      this.#entries.set(key, held);
      return held;
    }
    const entry: Entry = { plane: read(), pyramid: null, bytes: 0 };
    this.#entries.set(key, entry);
    entry.plane.then(
      (plane) => this.#account(key, entry, plane.data.byteLength),
      () => this.#forget(key, entry),
    );
    return entry;
  }

  async #buildPyramid(key: string, entry: Entry): Promise<Pyramid> {
    const pyramid = await buildPyramid(await entry.plane);
    this.#account(
      key,
      entry,
      pyramid.levels.reduce((bytes, level) => bytes + level.data.byteLength, 0),
    );
    return pyramid;
  }

  #account(key: string, entry: Entry, bytes: number): void {
    entry.bytes = Math.max(entry.bytes, bytes);
    let total = this.bytes;
    for (const [otherKey, other] of this.#entries) {
      if (total <= this.#budgetBytes) return;
      if (otherKey === key || other.bytes === 0) continue;
      this.#entries.delete(otherKey);
      total -= other.bytes;
    }
  }

  #forget(key: string, entry: Entry): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }
}
