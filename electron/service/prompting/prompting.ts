import type { Bbox, Mask } from '../../../native-models/masks/mask.ts';
import { closeUpOf } from '../../../native-models/predictor/closeUp.ts';
import { focusOf } from '../../../native-models/predictor/focus.ts';
import type { PlaneAddress, PredictHeader, PredictRequest } from '../api/contract.ts';
import { firstPlane } from '../micrographs/contract.ts';
import type { AcceptedCandidate } from '../project/contract.ts';
import type { CandidateRegistry } from './candidates.ts';
import type { EmbeddingQueue } from './embeddingQueue.ts';
import type { EncodeTimes } from './encodeTimes.ts';
import { LamellaError } from '../errors.ts';
import type { EmbeddingSource, InferenceClient } from '../inference/contract.ts';

export interface PromptAnswer {
  header: PredictHeader;
  /** One a candidate, the window of its bbox. */
  masks: Mask[];
}

/** Encoding may take so long before close-ups are made only on request: a prompt stays a matter of a blink. */
const quickMs = 500;

export interface PromptingNeeds {
  client: Pick<InferenceClient, 'predict' | 'status'>;
  embeddings: Pick<EmbeddingQueue, 'whenReady'>;
  /** What the embedding of an image, or of a part of it, is made from. */
  source(imageId: number, plane: PlaneAddress, part: Bbox | null): Promise<EmbeddingSource>;
  sizeOf(imageId: number): { widthPx: number; heightPx: number };
  candidates: CandidateRegistry;
  encodeTimes: Pick<EncodeTimes, 'typicalMs'>;
}

/** Prompts of one project. At most one runs per image: a newer one takes its place. */
export class Prompting {
  readonly #running = new Map<number, AbortController>();

  constructor(private readonly needs: PromptingNeeds) {}

  async predict(imageId: number, prompt: PredictRequest): Promise<PromptAnswer> {
    const { client, embeddings, candidates } = this.needs;
    const plane = prompt.plane ?? firstPlane;
    const refined = prompt.refine === null ? null : candidates.get(prompt.refine, { imageId, plane });
    this.#running.get(imageId)?.abort();
    const abort = new AbortController();
    this.#running.set(imageId, abort);
    const startedAt = performance.now();
    try {
      await embeddings.whenReady(imageId, abort.signal, plane);
      const closeUp = this.#closeUp(imageId, prompt, refined);
      const source = await this.needs.source(imageId, plane, closeUp);
      refuseSuperseded(abort.signal);
      const asked = performance.now();
      const prediction = await client.predict(source, prompt, abort.signal);
      refuseSuperseded(abort.signal);
      const { points, box } = prompt;
      candidates.add({ imageId, plane }, { points, box, closeUp }, refined?.prompts.steps ?? [], prediction);
      return {
        header: {
          candidates: prediction.candidates.map(({ id, predictedIou, stability, area, mask }) => ({
            id,
            predictedIou,
            stability,
            area,
            bbox: [mask.x, mask.y, mask.width, mask.height],
          })),
          closeUp,
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

  /** The part of the plane to look at closely; null: the whole shows what is prompted well enough. */
  #closeUp(imageId: number, prompt: PredictRequest, refined: AcceptedCandidate | null): Bbox | null {
    const { client, encodeTimes } = this.needs;
    const { activeModel } = client.status();
    if (!(prompt.closeUps ?? (encodeTimes.typicalMs ?? Number.POSITIVE_INFINITY) < quickMs) || !activeModel)
      return null;
    const focus = focusOf(prompt, refined?.mask ?? null, prompt.view ?? null);
    return focus && closeUpOf({ focus, ...this.needs.sizeOf(imageId), inputSize: activeModel.inputSize });
  }

  close(): void {
    for (const abort of this.#running.values()) abort.abort();
  }
}

function refuseSuperseded(signal: AbortSignal): void {
  if (signal.aborted) throw new LamellaError('superseded', 'A newer prompt took this one’s place.');
}
