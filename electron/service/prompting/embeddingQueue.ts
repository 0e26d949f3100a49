import type { EmbeddingView } from '../api/contract.ts';
import type { EncodeTimes } from './encodeTimes.ts';
import { isLamellaError, LamellaError } from '../errors.ts';
import type { EmbeddingSource, InferenceClient } from '../inference/contract.ts';

const progressEveryMs = 200;
const noEmbedding: EmbeddingView = { status: 'none', progress: null, error: null, encodeMs: null };

export interface EmbeddingQueueNeeds {
  client: Pick<InferenceClient, 'embed'>;
  /** What the embedding of an image is made from, with the display range in use now. */
  source(imageId: number): Promise<EmbeddingSource>;
  /** Throws `not-found` for an image that the project does not have. */
  requireImage(imageId: number): void;
  /** The next image in the list that can be shown; it is prepared ahead. */
  nextImage(imageId: number): number | null;
  announce(imageId: number, embedding: EmbeddingView): void;
  encodeTimes: EncodeTimes;
  reportDefect(cause: unknown): void;
}

/** An image that waits for its embedding or whose embedding is being made. */
interface Waiting {
  imageId: number;
  abort: AbortController;
  /** The display range changed while the encoder ran: what comes out is not what is wanted any more. */
  outdated: boolean;
  ended: Promise<void>;
  resolve(): void;
  reject(cause: unknown): void;
}

/** The image embeddings of one project: which are wanted, in which order, and how far each is. */
export class EmbeddingQueue {
  readonly #views = new Map<number, EmbeddingView>();
  readonly #waiting: Waiting[] = [];
  /** The image that somebody looked at last. */
  #requested: number | null = null;
  #running: Waiting | null = null;
  #closed = false;

  constructor(private readonly needs: EmbeddingQueueNeeds) {}

  view(imageId: number): EmbeddingView {
    return this.#views.get(imageId) ?? noEmbedding;
  }

  /** Every image whose embedding is not 'none'. */
  views(): [imageId: number, embedding: EmbeddingView][] {
    return [...this.#views];
  }

  /** Puts the image at the head of the queue, and the next one in the list behind it. */
  request(imageId: number): EmbeddingView {
    this.needs.requireImage(imageId);
    this.#requested = imageId;
    const next = this.needs.nextImage(imageId);
    if (next !== null && this.#wanted(next)) this.#putFirst(next);
    if (this.#wanted(imageId)) this.#putFirst(imageId);
    void this.#work();
    return this.view(imageId);
  }

  /** Prepares these images in their order, behind everything that is asked for by itself. */
  prepare(imageIds: readonly number[]): void {
    for (const imageId of imageIds) {
      this.needs.requireImage(imageId);
      if (!this.#wanted(imageId) || this.#entry(imageId)) continue;
      this.#waiting.push(newEntry(imageId));
      this.#set(imageId, { ...noEmbedding, status: 'queued' });
    }
    void this.#work();
  }

  /** Takes back what waits; what the encoder runs on is finished, unless it is cancelled by itself. */
  cancelWaiting(): void {
    for (const { imageId, reject } of this.#waiting.splice(0)) {
      this.#set(imageId, noEmbedding);
      reject(new LamellaError('cancelled', 'Preparing the images was cancelled.'));
    }
  }

  /** Resolves when the embedding is ready; asks for it if nobody did. Abort: `superseded`; else the encoder's error. */
  async whenReady(imageId: number, signal: AbortSignal): Promise<void> {
    if (this.view(imageId).status === 'ready') return;
    this.request(imageId);
    const entry = this.#entry(imageId);
    if (!entry) return;
    await new Promise<void>((resolve, reject) => {
      const giveUp = () => reject(new LamellaError('superseded', 'A newer prompt took this one’s place.'));
      if (signal.aborted) giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      entry.ended.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
    });
  }

  cancel(imageId: number): EmbeddingView {
    this.needs.requireImage(imageId);
    const entry = this.#entry(imageId);
    if (entry) {
      const at = this.#waiting.indexOf(entry);
      if (at >= 0) this.#waiting.splice(at, 1);
      entry.abort.abort();
      this.#set(imageId, { ...noEmbedding, status: 'cancelled' });
      entry.reject(new LamellaError('cancelled', 'Preparing the image was cancelled.'));
    }
    return this.view(imageId);
  }

  /** The display range (or the file) changed: the embedding that is there belongs to other values. */
  outdate(imageId: number): void {
    if (this.#running?.imageId === imageId) this.#running.outdated = true;
    else if (!this.#entry(imageId) && this.#views.has(imageId)) this.#set(imageId, noEmbedding);
  }

  /**
   * Another model takes over: no embedding that is there is of use. What runs begins anew, what waits goes on waiting,
   * and the image asked for last is asked for again.
   */
  outdateAll(): void {
    if (this.#running) this.#running.outdated = true;
    for (const [imageId] of this.views()) if (!this.#entry(imageId)) this.#set(imageId, noEmbedding);
    const requested = this.#requested;
    // In the next turn: the caller changes the model in this one.
    if (requested !== null) setImmediate(() => this.#requestAgain(requested));
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
  #requestAgain(imageId: number): void {
    if (this.#closed || this.#requested !== imageId) return;
    try {
      this.request(imageId);
    } catch (cause) {
      if (!isLamellaError(cause) || cause.code !== 'not-found') this.needs.reportDefect(cause);
    }
  }

  #entry(imageId: number): Waiting | undefined {
    if (this.#running?.imageId === imageId && !this.#running.abort.signal.aborted) return this.#running;
    return this.#waiting.find((entry) => entry.imageId === imageId);
  }

  #wanted(imageId: number): boolean {
    return this.view(imageId).status !== 'ready' && this.#running !== this.#entry(imageId);
  }

  #putFirst(imageId: number): void {
    const at = this.#waiting.findIndex((entry) => entry.imageId === imageId);
    const entry = at >= 0 ? this.#waiting.splice(at, 1)[0]! : newEntry(imageId);
    this.#waiting.unshift(entry);
    if (at < 0) this.#set(imageId, { ...noEmbedding, status: 'queued' });
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
    const { imageId } = entry;
    let encodeMs: number | null = null;
    do {
      entry.outdated = false;
      const startedAt = performance.now();
      const tell = () => {
        if (entry.abort.signal.aborted) return;
        const progress = this.needs.encodeTimes.share(performance.now() - startedAt);
        this.#set(imageId, { status: 'encoding', progress, error: null, encodeMs: null });
      };
      tell();
      const timer = setInterval(tell, progressEveryMs);
      try {
        const source = await this.needs.source(imageId);
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
      this.#set(imageId, { status: 'ready', progress: 1, error: null, encodeMs });
    }
  }

  #fail(entry: Waiting, cause: unknown): void {
    if (entry.abort.signal.aborted) {
      entry.reject(new LamellaError('cancelled', 'Preparing the image was cancelled.'));
      return;
    }
    if (!isLamellaError(cause)) this.needs.reportDefect(cause);
    const error = isLamellaError(cause) ? cause : new LamellaError('internal', String(cause), { cause });
    this.#set(entry.imageId, { status: 'failed', progress: null, error: error.toBody(), encodeMs: null });
    entry.reject(error);
  }

  #set(imageId: number, embedding: EmbeddingView): void {
    if (embedding.status === 'none') this.#views.delete(imageId);
    else this.#views.set(imageId, embedding);
    if (!this.#closed) this.needs.announce(imageId, embedding);
  }
}

function newEntry(imageId: number): Waiting {
  const { promise, resolve, reject } = withResolvers();
  // Whoever waits sees the rejection; when nobody does, the view tells it.
  promise.catch(() => undefined);
  return { imageId, abort: new AbortController(), outdated: false, ended: promise, resolve, reject };
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
