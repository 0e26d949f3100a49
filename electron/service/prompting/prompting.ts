import type { Mask } from '../../../native-models/masks/mask.ts';
import type { PredictHeader, PredictRequest } from '../api/contract.ts';
import type { CandidateRegistry } from './candidates.ts';
import type { EmbeddingQueue } from './embeddingQueue.ts';
import { LamellaError } from '../errors.ts';
import type { EmbeddingSource, InferenceClient } from '../inference/contract.ts';

export interface PromptAnswer {
  header: PredictHeader;
  /** One a candidate, the window of its bbox. */
  masks: Mask[];
}

/** Prompts of one project. At most one runs per image: a newer one takes its place. */
export class Prompting {
  readonly #running = new Map<number, AbortController>();

  constructor(
    private readonly client: Pick<InferenceClient, 'predict'>,
    private readonly embeddings: EmbeddingQueue,
    private readonly source: (imageId: number) => Promise<EmbeddingSource>,
    private readonly candidates: CandidateRegistry,
  ) {}

  async predict(imageId: number, prompt: PredictRequest): Promise<PromptAnswer> {
    const earlier = prompt.refine === null ? [] : this.candidates.get(prompt.refine, imageId).prompts.steps;
    this.#running.get(imageId)?.abort();
    const abort = new AbortController();
    this.#running.set(imageId, abort);
    const startedAt = performance.now();
    try {
      await this.embeddings.whenReady(imageId, abort.signal);
      const source = await this.source(imageId);
      refuseSuperseded(abort.signal);
      const asked = performance.now();
      const prediction = await this.client.predict(source, prompt, abort.signal);
      refuseSuperseded(abort.signal);
      this.candidates.add(imageId, prompt, earlier, prediction);
      return {
        header: {
          candidates: prediction.candidates.map(({ id, predictedIou, stability, area, mask }) => ({
            id,
            predictedIou,
            stability,
            area,
            bbox: [mask.x, mask.y, mask.width, mask.height],
          })),
          model: prediction.model,
          device: prediction.device,
          ms: {
            wait: asked - startedAt + prediction.ms.wait,
            decode: prediction.ms.decode,
            total: performance.now() - startedAt,
          },
        },
        masks: prediction.candidates.map(({ mask }) => mask),
      };
    } finally {
      if (this.#running.get(imageId) === abort) this.#running.delete(imageId);
    }
  }

  close(): void {
    for (const abort of this.#running.values()) abort.abort();
  }
}

function refuseSuperseded(signal: AbortSignal): void {
  if (signal.aborted) throw new LamellaError('superseded', 'A newer prompt took this one’s place.');
}
