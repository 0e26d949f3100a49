import { chooseModel, findModels } from '../../../native-models/packages/findModels.ts';
import { openPredictor, type Predictor } from '../../../native-models/predictor/predictor.ts';
import { parseProvider } from '../../../native-models/runtime/providers.ts';
import { LamellaError } from '../errors.ts';
import { CandidateLogits } from './candidateLogits.ts';
import { embeddingTag } from './embeddingFile.ts';
import { EmbeddingStore } from './embeddingStore.ts';
import type { CallMessage, CallName, Calls } from './messages.ts';
import { modelInfo } from './modelInfo.ts';

interface Opened {
  predictor: Predictor;
  embeddings: EmbeddingStore;
}

/** What the inference process does for each call. It owns all sessions and embeddings. */
export class InferenceCalls {
  #opened: Opened | null = null;
  readonly #logits = new CandidateLogits();

  answer(message: CallMessage): Promise<Calls[CallName]['answer']> {
    switch (message.call) {
      case 'open':
        return this.#open(message.request);
      case 'locate':
        return this.#locate(message.request);
      case 'encode':
        return this.#encode(message.request);
      case 'predict':
        return this.#predict(message.request);
    }
  }

  async #open(request: Calls['open']['request']): Promise<Calls['open']['answer']> {
    const model = chooseModel(await findModels(request.places), request.model);
    const predictor = await openPredictor(model, parseProvider(request.provider ?? undefined));
    const embeddings = new EmbeddingStore(embeddingTag(model.description), request.embeddingBytes);
    this.#opened = { predictor, embeddings };
    return { model: modelInfo(model), device: predictor.device };
  }

  async #locate({ address }: Calls['locate']['request']): Promise<Calls['locate']['answer']> {
    const { embedding, notice } = await this.#ready().embeddings.find(address);
    return { found: embedding !== null, notice };
  }

  async #encode(request: Calls['encode']['request']): Promise<Calls['encode']['answer']> {
    const { predictor, embeddings } = this.#ready();
    const started = performance.now();
    const embedding = await predictor.encodeImage(request.plane, request.valueRange);
    const encodeMs = performance.now() - started;
    return { encodeMs, notice: await embeddings.add(request.address, embedding) };
  }

  async #predict({ address, prompt }: Calls['predict']['request']): Promise<Calls['predict']['answer']> {
    const { predictor, embeddings } = this.#ready();
    const mask = prompt.refine === null ? null : this.#logits.get(prompt.refine, address.key);
    const { embedding, notice } = await embeddings.find(address);
    if (!embedding) return { prediction: null, notice };
    const { points, box } = prompt;
    const { candidates, decodeMs } = await predictor.predict(embedding, { points, box, mask });
    const shown = candidates.map(({ lowResLogits, ...candidate }) => ({
      id: this.#logits.add(address.key, lowResLogits),
      ...candidate,
    }));
    return { prediction: { candidates: shown, decodeMs }, notice };
  }

  #ready(): Opened {
    if (!this.#opened) throw new LamellaError('internal', 'The inference process was asked before it was opened.');
    return this.#opened;
  }
}
