import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { type TileAddress, tileKey } from './tileGrid.ts';
import { tilePicture } from './tilePicture.ts';
import { sameTransfer, type ShownChannel } from './transfer.ts';

/** A tile of one channel. `isProvisional`: something better can be had a little later. */
type LoadTile = (
  c: number | null,
  level: number,
  tx: number,
  ty: number,
  signal: AbortSignal,
) => Promise<PixelPlane & { isProvisional?: boolean }>;

/** Pictures kept with the samples that they are painted from: 192 of 512², of one channel in 16 bits. */
const budgetBytes = 288 * 2 ** 20;
/** Requests at a time, of all channels; more would only queue in the browser, where they can't be reordered. */
const requestsAtATime = 6;
/** Milliseconds after which a tile that only stands in is asked for again. */
const againMs = 700;

interface Picture {
  /** One a channel. */
  planes: PixelPlane[];
  bytes: number;
  /** null: nothing has been painted yet; that is done when it is drawn. */
  painted: { shown: readonly ShownChannel[]; canvas: HTMLCanvasElement } | null;
}

/**
 * The pictures of a slice's tiles; of several channels they show the sum. What the view needs is asked for by
 * {@link show}, nearest to the middle first; requests that are no longer needed are given up.
 */
export class TileStore {
  readonly #load: LoadTile;
  readonly #channels: readonly (number | null)[];
  readonly #arrived: () => void;
  readonly #pictures = new Map<string, Picture>();
  readonly #running = new Map<string, AbortController>();
  /** Tiles that could not be loaded (it has been reported); asked for again when the canvas is mounted anew. */
  readonly #failed = new Set<string>();
  /** Pictures that only stand in, with the timer until they are asked for again; null: it is time to. */
  readonly #standIns = new Map<string, ReturnType<typeof setTimeout> | null>();
  #wanted: ReadonlyMap<string, TileAddress> = new Map();
  #bytes = 0;

  constructor(load: LoadTile, channels: readonly (number | null)[], arrived: () => void) {
    this.#load = load;
    this.#channels = channels;
    this.#arrived = arrived;
  }

  get isEmpty(): boolean {
    return this.#pictures.size === 0;
  }

  /** What is to be on screen now, most urgent first. */
  show(wanted: readonly TileAddress[]): void {
    this.#wanted = new Map(wanted.map((address) => [tileKey(address), address]));
    for (const [key, request] of this.#running) if (!this.#wanted.has(key)) request.abort();
    this.#ask();
  }

  has(address: TileAddress): boolean {
    return this.#pictures.has(tileKey(address));
  }

  /**
   * The picture of a tile as it is to be shown; null while it is not there. Where other channels are to be shown than
   * this store has, it is the one that was painted last.
   */
  picture(address: TileAddress, shown: readonly ShownChannel[]): HTMLCanvasElement | null {
    const key = tileKey(address);
    const found = this.#pictures.get(key);
    if (!found) return null;
    this.#pictures.delete(key);
    this.#pictures.set(key, found);
    if (this.#isOf(shown) && !(found.painted && sameShown(found.painted.shown, shown))) {
      const transfers = shown.map(({ transfer }) => transfer);
      found.painted = { shown, canvas: tilePicture(found.planes, transfers) };
    }
    return found.painted?.canvas ?? null;
  }

  /** Asks for nothing any more; the pictures that are there can still be drawn. */
  stop(): void {
    this.#wanted = new Map();
    for (const request of this.#running.values()) request.abort();
    for (const timer of this.#standIns.values()) if (timer !== null) clearTimeout(timer);
    this.#standIns.clear();
  }

  #isOf(shown: readonly ShownChannel[]): boolean {
    return shown.length === this.#channels.length && shown.every(({ c }, i) => c === this.#channels[i]);
  }

  #ask(): void {
    for (const [key, address] of this.#wanted) {
      if (this.#running.size > 0 && (this.#running.size + 1) * this.#channels.length > requestsAtATime) return;
      const isThere = this.#pictures.has(key) && this.#standIns.get(key) !== null;
      if (!isThere && !this.#running.has(key) && !this.#failed.has(key)) void this.#fetch(address, key);
    }
  }

  async #fetch({ level, tx, ty }: TileAddress, key: string): Promise<void> {
    const request = new AbortController();
    this.#running.set(key, request);
    try {
      const planes = await Promise.all(this.#channels.map((c) => this.#load(c, level, tx, ty, request.signal)));
      if (request.signal.aborted) return;
      this.#keep(key, planes);
      this.#standIns.delete(key);
      if (planes.some(({ isProvisional }) => isProvisional)) this.#askAgainLater(key);
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

  #keep(key: string, planes: PixelPlane[]): void {
    this.#drop(key);
    const bytes = planes.reduce((sum, { data }) => sum + data.byteLength, 4 * planes[0]!.widthPx * planes[0]!.heightPx);
    this.#pictures.set(key, { planes, bytes, painted: null });
    this.#bytes += bytes;
  }

  #drop(key: string): void {
    this.#bytes -= this.#pictures.get(key)?.bytes ?? 0;
    this.#pictures.delete(key);
  }

  /** What is on screen stays, however much it is: it would be asked for again at once. */
  #dropOldest(): void {
    for (const key of this.#pictures.keys()) {
      if (this.#bytes <= budgetBytes) return;
      if (!this.#wanted.has(key)) this.#drop(key);
    }
  }
}

function sameShown(a: readonly ShownChannel[], b: readonly ShownChannel[]): boolean {
  return a === b || a.every(({ transfer }, i) => sameTransfer(transfer, b[i]!.transfer));
}
