import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { type TileAddress, tileKey } from './tileGrid.ts';
import { tilePicture } from './tilePicture.ts';
import { sameTransfer, type Transfer } from './transfer.ts';

/** `isProvisional`: something better can be had a little later. */
type LoadTile = (
  level: number,
  tx: number,
  ty: number,
  signal: AbortSignal,
) => Promise<PixelPlane & { isProvisional?: boolean }>;

/** Pictures kept: 1 MiB each at 512². */
const keptPictures = 192;
/** Requests at a time; more would only queue in the browser, where they can't be reordered. */
const requestsAtATime = 6;
/** Milliseconds after which a tile that only stands in is asked for again. */
const againMs = 700;

interface Picture {
  tile: PixelPlane;
  /** null: no picture has been made yet; that is done when it is drawn. */
  transfer: Transfer | null;
  canvas: HTMLCanvasElement;
}

/**
 * The pictures of a plane's tiles. What the view needs is asked for by {@link show}, nearest to the middle first;
 * requests that are no longer needed are given up.
 */
export class TileStore {
  readonly #load: LoadTile;
  readonly #arrived: () => void;
  readonly #pictures = new Map<string, Picture>();
  readonly #running = new Map<string, AbortController>();
  /** Tiles that could not be loaded (it has been reported); asked for again when the canvas is mounted anew. */
  readonly #failed = new Set<string>();
  /** Pictures that only stand in, with the timer until they are asked for again; null: it is time to. */
  readonly #standIns = new Map<string, ReturnType<typeof setTimeout> | null>();
  #wanted: TileAddress[] = [];

  constructor(load: LoadTile, arrived: () => void) {
    this.#load = load;
    this.#arrived = arrived;
  }

  /** What is to be on screen now, most urgent first. */
  show(wanted: readonly TileAddress[]): void {
    this.#wanted = [...wanted];
    const keys = new Set(wanted.map(tileKey));
    for (const [key, request] of this.#running) if (!keys.has(key)) request.abort();
    this.#ask();
  }

  /** The picture of a tile as it is to be shown; null while it is not there. */
  picture(address: TileAddress, transfer: Transfer): HTMLCanvasElement | null {
    const key = tileKey(address);
    const found = this.#pictures.get(key);
    if (!found) return null;
    this.#pictures.delete(key);
    this.#pictures.set(key, found);
    if (!found.transfer || !sameTransfer(found.transfer, transfer)) {
      found.canvas = tilePicture(found.tile, transfer);
      found.transfer = transfer;
    }
    return found.canvas;
  }

  /** Asks for nothing any more; the pictures that are there can still be drawn. */
  stop(): void {
    this.#wanted = [];
    for (const request of this.#running.values()) request.abort();
    for (const timer of this.#standIns.values()) if (timer !== null) clearTimeout(timer);
    this.#standIns.clear();
  }

  #ask(): void {
    for (const address of this.#wanted) {
      if (this.#running.size >= requestsAtATime) return;
      const key = tileKey(address);
      const isThere = this.#pictures.has(key) && this.#standIns.get(key) !== null;
      if (!isThere && !this.#running.has(key) && !this.#failed.has(key)) void this.#fetch(address, key);
    }
  }

  async #fetch({ level, tx, ty }: TileAddress, key: string): Promise<void> {
    const request = new AbortController();
    this.#running.set(key, request);
    try {
      const tile = await this.#load(level, tx, ty, request.signal);
      if (request.signal.aborted) return;
      this.#pictures.set(key, { tile, transfer: null, canvas: document.createElement('canvas') });
      this.#standIns.delete(key);
      if (tile.isProvisional) this.#askAgainLater(key);
      this.#dropOldest();
      this.#arrived();
    } catch {
      // loadTile has told the user; an aborted request is nobody's failure.
      if (!request.signal.aborted) this.#failed.add(key);
    } finally {
      this.#running.delete(key);
      this.#ask();
    }
  }

  #askAgainLater(key: string): void {
    const timer = setTimeout(() => {
      this.#standIns.set(key, null);
      this.#ask();
    }, againMs);
    this.#standIns.set(key, timer);
  }

  #dropOldest(): void {
    for (const key of this.#pictures.keys()) {
      if (this.#pictures.size <= keptPictures) return;
      this.#pictures.delete(key);
    }
  }
}
