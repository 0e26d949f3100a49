import { totalmem } from 'node:os';
import { join } from 'node:path';
import { maskArea } from '../../../native-models/masks/mask.ts';
import { findModels } from '../../../native-models/packages/findModels.ts';
import type { PredictRequest } from '../api/contract.ts';
import { LamellaError } from '../errors.ts';
import type { DeviceWish } from './chooseDevice.ts';
import type { EmbeddingSource, InferenceClient, Prediction } from './contract.ts';
import { Encodings } from './encodings.ts';
import { type ForkInference, forkNodeProcess } from './inferenceChild.ts';
import { priorities } from './jobQueue.ts';
import type { Calls, Notice } from './messages.ts';
import { modelPlaces } from './modelFolders.ts';
import { modelInfo } from './modelInfo.ts';
import { ProcessRunner } from './processRunner.ts';
import { SteppedWork } from './steppedWork.ts';

export interface InferenceClientOptions {
  /** See findAppRoot. */
  appRoot: string;
  dataFolder: string;
  /** Name of the model; the embedded one when left out. */
  model?: string | null;
  /** Where models are to run; what LAMELLA_PROVIDER says when left out. */
  device?: DeviceWish;
  /** The built inference process; dist/inference-process.mjs of the appRoot when left out. */
  entry?: string;
  /** How it is started; Node's child_process when left out. */
  fork?: ForkInference;
  /** LAMELLA_MODELS and LAMELLA_PROVIDER are read from here. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Memory for embeddings in the process; an eighth of the machine's, at most 1 GiB, when left out. */
  embeddingBytes?: number;
  /** Disk for embeddings in the cache of each project; 4 GiB when left out: some hundred images. */
  embeddingDiskBytes?: number;
}

const gibibyte = 1024 ** 3;

/** Starts the inference process at once, so that it is ready when the first image is. */
export function createInferenceClient(options: InferenceClientOptions): InferenceClient {
  const env = options.env ?? process.env;
  const places = modelPlaces(options.appRoot, options.dataFolder, env);
  const runner = new ProcessRunner(
    options.fork ?? forkNodeProcess,
    options.entry ?? join(options.appRoot, 'dist', 'inference-process.mjs'),
    {
      places,
      model: options.model ?? null,
      device: options.device ?? { provider: env.LAMELLA_PROVIDER ?? null, threads: null },
      failed: [],
      recent: [],
      dataFolder: options.dataFolder,
      embeddingBytes: options.embeddingBytes ?? Math.min(gibibyte, Math.floor(totalmem() / 8)),
      embeddingDiskBytes: options.embeddingDiskBytes ?? 4 * gibibyte,
    },
  );
  const notify = (notice: Notice) => {
    if (notice !== null) runner.notify(notice);
  };
  const encodings = new Encodings(runner, notify);
  const prompts = new Prompts(runner, encodings, notify);
  const stepped = new SteppedWork(runner, encodings, notify);
  runner.warmUp();
  return {
    status: () => runner.status,
    onStatus: (listener) => runner.onStatus(listener),
    models: async () => (await findModels(places)).models.map(modelInfo),
    useModel: (name) => runner.useModel(name),
    useDevice: (change) => runner.useDevice(change),
    onNotice: (listener) => runner.onNotice(listener),
    tell: (notice) => runner.tell(notice),
    processState: () => runner.processState,
    failedDevices: () => runner.failed,
    embed: (source, signal) => encodings.embed(source, signal),
    showInput: async (source, signal) => {
      const plane = await source.readPixels();
      const { picture } = await runner.run({
        priority: priorities.prompt,
        signal,
        abortError: () => new LamellaError('cancelled', 'The picture is not wanted any more.'),
        endsProcessOnAbort: false,
        work: (link) => link.call('show-input', { plane, valueRange: source.valueRange }),
      });
      return picture;
    },
    predict: (source, prompt, signal) => prompts.predict(source, prompt, signal),
    model: (signal) => stepped.model(signal),
    segment: (model, source, settings, signal) => stepped.segment(model, source, settings, signal),
    learnSimilar: (model, examples, signal) => stepped.learnSimilar(model, examples, signal),
    searchSimilar: (model, source, learned, search, signal) =>
      stepped.searchSimilar(model, source, learned, search, signal),
    pid: () => runner.pid,
    close: () => runner.close(),
  };
}

/** Prompts: the newest on an image takes the place of one that has not reached the decoder. */
class Prompts {
  readonly #runner: ProcessRunner;
  readonly #encodings: Encodings;
  readonly #notify: (notice: Notice) => void;
  /** By the image's key: what makes a prompt that waits give way. */
  readonly #waiting = new Map<string, AbortController>();

  constructor(runner: ProcessRunner, encodings: Encodings, notify: (notice: Notice) => void) {
    this.#runner = runner;
    this.#encodings = encodings;
    this.#notify = notify;
  }

  async predict(source: EmbeddingSource, prompt: PredictRequest, callerSignal: AbortSignal): Promise<Prediction> {
    const started = performance.now();
    const giveWay = new AbortController();
    this.#waiting.get(source.imageKey)?.abort();
    this.#waiting.set(source.imageKey, giveWay);
    const signal = AbortSignal.any([callerSignal, giveWay.signal]);
    try {
      const { prediction, begunAt } = await this.#decode(source, prompt, signal, giveWay);
      const { activeModel, device } = this.#runner.status;
      return {
        candidates: prediction.candidates.map((candidate) => ({ ...candidate, area: maskArea(candidate.mask) })),
        model: activeModel?.name ?? '',
        device: device?.name ?? '',
        ms: { wait: begunAt - started, decode: prediction.decodeMs, total: performance.now() - started },
      };
    } finally {
      this.#forget(source.imageKey, giveWay);
    }
  }

  async #decode(source: EmbeddingSource, prompt: PredictRequest, signal: AbortSignal, giveWay: AbortController) {
    const { key, imageKey, cacheFolder } = source;
    // Twice: the process may die between encoding and decoding, and then both are done once more.
    for (let attempt = 0; attempt < 3; attempt++) {
      let begunAt = 0;
      const answer: Calls['predict']['answer'] = await this.#runner.run({
        priority: priorities.prompt,
        signal,
        abortError: superseded,
        endsProcessOnAbort: false,
        work: (link) => {
          begunAt = performance.now();
          this.#forget(imageKey, giveWay);
          return link.call('predict', { address: { key, imageKey, cacheFolder }, prompt });
        },
      });
      this.#notify(answer.notice);
      if (answer.prediction) return { prediction: answer.prediction, begunAt };
      if (this.#waiting.has(imageKey)) throw superseded();
      this.#waiting.set(imageKey, giveWay);
      await this.#encodings.embedForPrompt(source, signal, superseded);
    }
    throw new LamellaError('inference-failed', 'The image embedding was lost again and again.', {
      remedy: 'Try again; if it goes on, memory may be short.',
    });
  }

  #forget(imageKey: string, giveWay: AbortController): void {
    if (this.#waiting.get(imageKey) === giveWay) this.#waiting.delete(imageKey);
  }
}

function superseded(): LamellaError {
  return new LamellaError('superseded', 'A newer prompt took the place of this one.');
}
