import { LamellaError } from '../errors.ts';
import type { EmbeddingOutcome, EmbeddingSource } from './contract.ts';
import { priorities } from './jobQueue.ts';
import type { Notice } from './messages.ts';
import type { ProcessRunner } from './processRunner.ts';

/** One embedding on its way, shared by everyone who waits for it. */
interface Encoding {
  outcome: Promise<EmbeddingOutcome>;
  /** The task that waits or runs; a prompt that joins makes it urgent. */
  urgency: { priority: number };
  waiting: number;
  stop: AbortController;
}

/**
 * Makes sure that embeddings are there: in memory, on disk, or by reading the pixels and encoding them. The pixels are
 * read outside the process's queue, so that a slow disk holds up no prompt on another image.
 */
export class Encodings {
  readonly #runner: ProcessRunner;
  readonly #notify: (notice: Notice) => void;
  readonly #byKey = new Map<string, Encoding>();

  constructor(runner: ProcessRunner, notify: (notice: Notice) => void) {
    this.#runner = runner;
    this.#notify = notify;
  }

  /**
   * On behalf of the user's list, or of work on whole folders; an abort stops the encoder unless somebody else waits for
   * it.
   */
  async embed(
    source: EmbeddingSource,
    signal: AbortSignal,
    priority: number = priorities.encode,
  ): Promise<EmbeddingOutcome> {
    const encoding = this.#join(source, priority);
    try {
      return await settledOrAborted(encoding.outcome, signal, cancelled);
    } finally {
      encoding.waiting--;
      if (signal.aborted && encoding.waiting === 0) encoding.stop.abort();
    }
  }

  /** On behalf of a prompt; when the prompt is given up, the encoder goes on, because the next prompt needs it too. */
  async embedForPrompt(source: EmbeddingSource, signal: AbortSignal, aborted: () => LamellaError): Promise<void> {
    const encoding = this.#join(source, priorities.neededEncode);
    try {
      await settledOrAborted(encoding.outcome, signal, aborted);
    } finally {
      encoding.waiting--;
    }
  }

  #join(source: EmbeddingSource, priority: number): Encoding {
    let encoding = this.#byKey.get(source.key);
    if (!encoding || encoding.stop.signal.aborted) encoding = this.#begin(source, priority);
    encoding.urgency.priority = Math.min(encoding.urgency.priority, priority);
    encoding.waiting++;
    return encoding;
  }

  #begin(source: EmbeddingSource, priority: number): Encoding {
    const stop = new AbortController();
    const urgency = { priority };
    const encoding: Encoding = { outcome: this.#encode(source, urgency, stop.signal), urgency, waiting: 0, stop };
    this.#byKey.set(source.key, encoding);
    const forget = () => {
      if (this.#byKey.get(source.key) === encoding) this.#byKey.delete(source.key);
    };
    // Everyone who waits hears of a failure; when all have left, nobody needs to.
    encoding.outcome.then(forget, forget);
    return encoding;
  }

  async #encode(
    source: EmbeddingSource,
    urgency: { priority: number },
    signal: AbortSignal,
  ): Promise<EmbeddingOutcome> {
    const { key, imageKey, cacheFolder, valueRange, origin } = source;
    const address = { key, imageKey, cacheFolder };
    const task = {
      get priority() {
        return urgency.priority;
      },
      signal,
      abortError: cancelled,
    };
    const located = await this.#runner.run({
      ...task,
      endsProcessOnAbort: false,
      work: (link) => link.call('locate', { address }),
    });
    this.#notify(located.notice);
    if (located.found) return { encodeMs: null };
    const plane = await source.readPixels();
    const encoded = await this.#runner.run({
      ...task,
      endsProcessOnAbort: true,
      work: (link) => link.call('encode', { address, plane, valueRange, origin }),
    });
    this.#notify(encoded.notice);
    return { encodeMs: encoded.encodeMs };
  }
}

function cancelled(): LamellaError {
  return new LamellaError('cancelled', 'The image embedding was cancelled.');
}

/** The promise's outcome, or `aborted()` at once when the signal comes first. */
function settledOrAborted<T>(promise: Promise<T>, signal: AbortSignal, aborted: () => LamellaError): Promise<T> {
  if (signal.aborted) return Promise.reject(aborted());
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(aborted());
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
