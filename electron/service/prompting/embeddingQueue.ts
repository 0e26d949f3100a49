import type { EmbeddingView, PlaneAddress } from '../api/contract.ts';
import type { EncodeTimes } from './encodeTimes.ts';
import { isLamellaError, LamellaError } from '../errors.ts';
import type { EmbeddingSource, InferenceClient } from '../inference/contract.ts';
import { firstPlane } from '../micrographs/contract.ts';

const progressEveryMs = 200;
const noEmbedding: EmbeddingView = { status: 'none', progress: null, error: null, encodeMs: null };

export interface EmbeddingQueueNeeds {
  client: Pick<InferenceClient, 'embed'>;
  /** What the embedding of a plane is made from, with the display range in use now. */
  source(imageId: number, plane: PlaneAddress): Promise<EmbeddingSource>;
  /** Throws `not-found` for an image that the project does not have. */
  requireImage(imageId: number): void;
  /** What is likely to be looked at next, the next slice or image; it is prepared ahead. */
  next(imageId: number, plane: PlaneAddress): PlaneOfImage | null;
  announce(imageId: number, embedding: EmbeddingView, plane: PlaneAddress): void;
  encodeTimes: EncodeTimes;
  reportDefect(cause: unknown): void;
}

export interface PlaneOfImage {
  imageId: number;
  plane: PlaneAddress;
}

/** A plane that waits for its embedding or whose embedding is being made. */
interface Waiting extends PlaneOfImage {
  abort: AbortController;
  /** The display range changed while the encoder ran: what comes out is not what is wanted any more. */
  outdated: boolean;
  ended: Promise<void>;
  resolve(): void;
  reject(cause: unknown): void;
}

/** The image embeddings of one project: which are wanted, in which order, and how far each is. */
export class EmbeddingQueue {
  /** By {@link keyOf}. */
  readonly #views = new Map<string, PlaneOfImage & { view: EmbeddingView }>();
  readonly #waiting: Waiting[] = [];
  /** The plane that somebody looked at last. */
  #requested: PlaneOfImage | null = null;
  #running: Waiting | null = null;
  #closed = false;

  constructor(private readonly needs: EmbeddingQueueNeeds) {}

  view(imageId: number, plane: PlaneAddress = firstPlane): EmbeddingView {
    return this.#viewOf({ imageId, plane });
  }

  /** Every plane whose embedding is not 'none'. */
  views(): (PlaneOfImage & { view: EmbeddingView })[] {
    return [...this.#views.values()];
  }

  /** Puts the plane at the head of the queue, and what is likely to follow behind it. */
  request(imageId: number, plane: PlaneAddress = firstPlane): EmbeddingView {
    this.needs.requireImage(imageId);
    const asked = { imageId, plane };
    this.#requested = asked;
    const next = this.needs.next(imageId, plane);
    if (next && this.#wanted(next)) this.#putFirst(next);
    if (this.#wanted(asked)) this.#putFirst(asked);
    void this.#work();
    return this.#viewOf(asked);
  }

  /** Prepares these planes in their order, behind everything that is asked for by itself. */
  prepare(planes: readonly PlaneOfImage[]): void {
    for (const imageId of new Set(planes.map((asked) => asked.imageId))) this.needs.requireImage(imageId);
    // Of a long stack there are thousands: none is searched for among the others.
    const known = new Set(this.#waiting.map(keyOf));
    if (this.#running && !this.#running.abort.signal.aborted) known.add(keyOf(this.#running));
    for (const asked of planes) {
      const key = keyOf(asked);
      if (known.has(key) || this.#viewOf(asked).status === 'ready') continue;
      known.add(key);
      this.#waiting.push(newEntry(asked));
      this.#set(asked, { ...noEmbedding, status: 'queued' });
    }
    void this.#work();
  }

  /** Takes back what waits; what the encoder runs on is finished, unless it is cancelled by itself. */
  cancelWaiting(): void {
    for (const entry of this.#waiting.splice(0)) {
      this.#set(entry, noEmbedding);
      entry.reject(new LamellaError('cancelled', 'Preparing the images was cancelled.'));
    }
  }

  /** Resolves when the embedding is ready; asks for it if nobody did. Abort: `superseded`; else the encoder's error. */
  async whenReady(imageId: number, signal: AbortSignal, plane: PlaneAddress = firstPlane): Promise<void> {
    if (this.view(imageId, plane).status === 'ready') return;
    this.request(imageId, plane);
    const entry = this.#entry({ imageId, plane });
    if (!entry) return;
    await new Promise<void>((resolve, reject) => {
      const giveUp = () => reject(new LamellaError('superseded', 'A newer prompt took this one’s place.'));
      if (signal.aborted) giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      entry.ended.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
    });
  }

  cancel(imageId: number, plane: PlaneAddress = firstPlane): EmbeddingView {
    this.needs.requireImage(imageId);
    const entry = this.#entry({ imageId, plane });
    if (entry) {
      const at = this.#waiting.indexOf(entry);
      if (at >= 0) this.#waiting.splice(at, 1);
      entry.abort.abort();
      this.#set(entry, { ...noEmbedding, status: 'cancelled' });
      entry.reject(new LamellaError('cancelled', 'Preparing the image was cancelled.'));
    }
    return this.view(imageId, plane);
  }

  /** The display range (or the file) changed: the embeddings that are there belong to other values. */
  outdate(imageId: number): void {
    if (this.#running?.imageId === imageId) this.#running.outdated = true;
    for (const one of this.views()) if (one.imageId === imageId && !this.#entry(one)) this.#set(one, noEmbedding);
  }

  /**
   * Another model takes over: no embedding that is there is of use. What runs begins anew, what waits goes on waiting,
   * and the plane asked for last is asked for again.
   */
  outdateAll(): void {
    if (this.#running) this.#running.outdated = true;
    for (const one of this.views()) if (!this.#entry(one)) this.#set(one, noEmbedding);
    const requested = this.#requested;
    // In the next turn: the caller changes the model in this one.
    if (requested) setImmediate(() => this.#requestAgain(requested));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const entry of this.#waiting.splice(0)) entry.reject(new LamellaError('cancelled', 'The project was closed.'));
    const running = this.#running;
    if (!running) return;
    running.abort.abort();
    await running.ended.catch(() => undefined);
  }

  /** The image may have gone meanwhile. */
  #requestAgain(requested: PlaneOfImage): void {
    if (this.#closed || this.#requested !== requested) return;
    try {
      this.request(requested.imageId, requested.plane);
    } catch (cause) {
      if (!isLamellaError(cause) || cause.code !== 'not-found') this.needs.reportDefect(cause);
    }
  }

  #viewOf(one: PlaneOfImage): EmbeddingView {
    return this.#views.get(keyOf(one))?.view ?? noEmbedding;
  }

  #entry(one: PlaneOfImage): Waiting | undefined {
    const key = keyOf(one);
    const running = this.#running;
    if (running && keyOf(running) === key && !running.abort.signal.aborted) return running;
    return this.#waiting.find((entry) => keyOf(entry) === key);
  }

  #wanted(one: PlaneOfImage): boolean {
    return this.#viewOf(one).status !== 'ready' && this.#running !== this.#entry(one);
  }

  #putFirst(one: PlaneOfImage): void {
    const known = this.#waiting.find((entry) => keyOf(entry) === keyOf(one));
    if (known) this.#waiting.splice(this.#waiting.indexOf(known), 1);
    this.#waiting.unshift(known ?? newEntry(one));
    if (!known) this.#set(one, { ...noEmbedding, status: 'queued' });
  }

  async #work(): Promise<void> {
    if (this.#running || this.#closed) return;
    for (let entry = this.#waiting.shift(); entry; entry = this.#waiting.shift()) {
      this.#running = entry;
      try {
        await this.#encode(entry);
        entry.resolve();
      } catch (cause) {
        this.#fail(entry, cause);
      } finally {
        this.#running = null;
      }
    }
  }

  async #encode(entry: Waiting): Promise<void> {
    const { imageId, plane } = entry;
    let encodeMs: number | null = null;
    do {
      entry.outdated = false;
      const startedAt = performance.now();
      const tell = () => {
        if (entry.abort.signal.aborted) return;
        const progress = this.needs.encodeTimes.share(performance.now() - startedAt);
        this.#set(entry, { status: 'encoding', progress, error: null, encodeMs: null });
      };
      tell();
      const timer = setInterval(tell, progressEveryMs);
      try {
        const source = await this.needs.source(imageId, plane);
        entry.abort.signal.throwIfAborted();
        ({ encodeMs } = await this.needs.client.embed(source, entry.abort.signal));
      } catch (cause) {
        // The encoder was stopped because another model takes over: that one encodes.
        if (!entry.outdated || !isLamellaError(cause) || cause.code !== 'superseded') throw cause;
        encodeMs = null;
      } finally {
        clearInterval(timer);
      }
      if (encodeMs !== null) this.needs.encodeTimes.learn(performance.now() - startedAt);
    } while (entry.outdated && !entry.abort.signal.aborted);
    if (!entry.abort.signal.aborted) {
      this.#set(entry, { status: 'ready', progress: 1, error: null, encodeMs });
    }
  }

  #fail(entry: Waiting, cause: unknown): void {
    if (entry.abort.signal.aborted) {
      entry.reject(new LamellaError('cancelled', 'Preparing the image was cancelled.'));
      return;
    }
    if (!isLamellaError(cause)) this.needs.reportDefect(cause);
    const error = isLamellaError(cause) ? cause : new LamellaError('internal', String(cause), { cause });
    this.#set(entry, { status: 'failed', progress: null, error: error.toBody(), encodeMs: null });
    entry.reject(error);
  }

  #set({ imageId, plane }: PlaneOfImage, view: EmbeddingView): void {
    const key = keyOf({ imageId, plane });
    if (view.status === 'none') this.#views.delete(key);
    else this.#views.set(key, { imageId, plane, view });
    if (!this.#closed) this.needs.announce(imageId, view, plane);
  }
}

function keyOf({ imageId, plane: { c, z, t } }: PlaneOfImage): string {
  return `${imageId} ${c ?? '*'} ${z} ${t}`;
}

function newEntry({ imageId, plane }: PlaneOfImage): Waiting {
  const { promise, resolve, reject } = withResolvers();
  // Whoever waits sees the rejection; when nobody does, the view tells it.
  promise.catch(() => undefined);
  return { imageId, plane, abort: new AbortController(), outdated: false, ended: promise, resolve, reject };
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers() {
  let resolve!: () => void;
  let reject!: (cause: unknown) => void;
  const promise = new Promise<void>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}
