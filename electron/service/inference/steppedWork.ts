import { randomUUID } from 'node:crypto';
import type { AutomaticProgress } from '../../../native-models/automatic/generateMasks.ts';
import type { SimilarModel } from '../../../native-models/similar/index.ts';
import type { ModelInfo } from '../api/contract.ts';
import { LamellaError } from '../errors.ts';
import type { EmbeddingSource, ExampleImage, InferenceClient } from './contract.ts';
import type { Encodings } from './encodings.ts';
import { priorities } from './jobQueue.ts';
import type { Begun, EmbeddingAddress, Notice, SegmentedMasks, SimilarMasks, Step } from './messages.ts';
import { modelKey } from './modelKey.ts';
import type { ProcessLink } from './processLink.ts';
import type { ProcessRunner } from './processRunner.ts';

const never = new AbortController().signal;

/** How a run is begun, gone on with and ended in one process. */
interface SteppedCalls<Result> {
  begin(link: ProcessLink, address: EmbeddingAddress): Promise<Begun>;
  step(link: ProcessLink): Promise<Step<Result>>;
  end(link: ProcessLink): Promise<unknown>;
}

/**
 * Work on whole images, as InferenceClient describes it: each step is a task of its own, and the least urgent, so that
 * prompts and encodes overtake it. A run lives and dies with the process that it was begun in.
 */
export class SteppedWork implements Pick<InferenceClient, 'model' | 'segment' | 'learnSimilar' | 'searchSimilar'> {
  readonly #runner: ProcessRunner;
  readonly #encodings: Encodings;
  readonly #notify: (notice: Notice) => void;

  constructor(runner: ProcessRunner, encodings: Encodings, notify: (notice: Notice) => void) {
    this.#runner = runner;
    this.#encodings = encodings;
    this.#notify = notify;
  }

  async model(signal: AbortSignal): Promise<ModelInfo> {
    return (await this.#run(signal, (link) => link.opened)).model;
  }

  async *segment(
    model: ModelInfo,
    source: EmbeddingSource,
    settings: Parameters<InferenceClient['segment']>[2],
    signal: AbortSignal,
  ): AsyncGenerator<AutomaticProgress, SegmentedMasks> {
    const runId = randomUUID();
    const { valueRange } = source;
    const { sizeImage, ...plane } = await source.readPixels();
    // Crops and regions are cut out of the plane itself, which is not at hand.
    if (sizeImage && (sizeImage.widthPx !== plane.widthPx || sizeImage.heightPx !== plane.heightPx)) throw tooLarge();
    return yield* this.#steps(model, source, signal, {
      begin: (link, address) => link.call('segment-begin', { runId, address, plane, valueRange, settings }),
      step: (link) => link.call('segment-step', { runId }),
      end: (link) => link.call('segment-end', { runId }),
    });
  }

  async learnSimilar(
    model: ModelInfo,
    examples: AsyncIterable<ExampleImage>,
    signal: AbortSignal,
  ): Promise<SimilarModel> {
    const runId = randomUUID();
    const links = new Set<ProcessLink>();
    try {
      for await (const { source, objects } of examples) {
        await this.#begin(model, source, signal, (link, address) => {
          links.add(link);
          return link.call('similar-learn-add', { runId, address, objects });
        });
      }
      // Examples that a process has taken with it can't be learned from by the next one.
      const [first] = links;
      if (!first) throw new LamellaError('edit-refused', 'There is nothing to learn from.');
      return (await this.#runIn(first, signal, () => first.call('similar-learn', { runId }))).learned;
    } finally {
      for (const link of links) this.#end(link, () => link.call('similar-learn-end', { runId }));
    }
  }

  searchSimilar(
    model: ModelInfo,
    source: EmbeddingSource,
    learned: SimilarModel,
    search: Parameters<InferenceClient['searchSimilar']>[3],
    signal: AbortSignal,
  ): AsyncGenerator<AutomaticProgress, SimilarMasks> {
    const runId = randomUUID();
    return this.#steps(model, source, signal, {
      begin: (link, address) => link.call('similar-begin', { runId, address, learned, search }),
      step: (link) => link.call('similar-step', { runId }),
      end: (link) => link.call('similar-end', { runId }),
    });
  }

  async *#steps<Result>(
    model: ModelInfo,
    source: EmbeddingSource,
    signal: AbortSignal,
    calls: SteppedCalls<Result>,
  ): AsyncGenerator<AutomaticProgress, Result> {
    const begunIn = new Set<ProcessLink>();
    try {
      const link = await this.#begin(model, source, signal, (current, address) => {
        begunIn.add(current);
        return calls.begin(current, address);
      });
      for (;;) {
        const { progress, result } = await this.#runIn(link, signal, () => calls.step(link));
        if (progress === null) return result;
        yield progress;
      }
    } finally {
      for (const link of begunIn) this.#end(link, () => calls.end(link));
    }
  }

  /** Begins something on an image, embedding it first if need be. Gives the process that has begun it. */
  async #begin(
    model: ModelInfo,
    source: EmbeddingSource,
    signal: AbortSignal,
    begin: (link: ProcessLink, address: EmbeddingAddress) => Promise<Begun>,
  ): Promise<ProcessLink> {
    const { key, imageKey, cacheFolder } = source;
    // Twice: the embedding may be lost between encoding and beginning, as with a prompt.
    for (let attempt = 0; attempt < 3; attempt++) {
      await this.#encodings.embed(source, signal, priorities.background);
      const { link, found, notice } = await this.#run(signal, async (current) => {
        if (modelKey((await current.opened).model) !== modelKey(model)) throw modelChanged();
        return { link: current, ...(await begin(current, { key, imageKey, cacheFolder })) };
      });
      this.#notify(notice);
      if (found) return link;
    }
    throw new LamellaError('inference-failed', 'The image embedding was lost again and again.', {
      remedy: 'Try again; if it goes on, memory may be short.',
    });
  }

  /** A task in the process of `link`; when that has gone, its own error tells why. */
  async #runIn<T>(link: ProcessLink, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const answer = await this.#run(signal, async (current) => (current === link ? { value: await work() } : null));
    // Outside the task: the runner would take the error for one of the process that has taken over.
    return answer ? answer.value : work();
  }

  #run<T>(signal: AbortSignal, work: (link: ProcessLink) => Promise<T>): Promise<T> {
    return this.#runner.run({
      priority: priorities.background,
      signal,
      abortError: cancelled,
      endsProcessOnAbort: false,
      work,
    });
  }

  /** Nobody waits for it: a process that has ended has forgotten the run. */
  #end(link: ProcessLink, end: () => Promise<unknown>): void {
    if (link.hasEnded) return;
    this.#run(never, async (current) => current === link && (await end())).catch(() => undefined);
  }
}

function cancelled(): LamellaError {
  return new LamellaError('cancelled', 'Looking for objects was cancelled.');
}

function tooLarge(): LamellaError {
  return new LamellaError('file-unsupported', 'The picture is too large to look for everything in it at once.', {
    remedy: 'Cut it into parts of at most 64 megapixels, or prompt for the objects.',
  });
}

function modelChanged(): LamellaError {
  return new LamellaError('superseded', 'Another model was chosen.');
}
