import { segmentSteps } from '../../../native-models/automatic/segmentPlane.ts';
import { chooseModel, findModels } from '../../../native-models/packages/findModels.ts';
import { openPredictor, type Predictor } from '../../../native-models/predictor/predictor.ts';
import type { SessionNeeds } from '../../../native-models/runtime/sessions.ts';
import { LamellaError } from '../errors.ts';
import { CandidateLogits } from './candidateLogits.ts';
import { chooseDevice } from './chooseDevice.ts';
import { embeddingTag } from './embeddingFile.ts';
import { EmbeddingStore } from './embeddingStore.ts';
import { knowingWhole } from './knowingWhole.ts';
import type { CallMessage, CallName, Calls, ProcessState, SegmentedMasks, SimilarMasks } from './messages.ts';
import { modelInfo } from './modelInfo.ts';
import { ExamplePlanes } from './examplePlanes.ts';
import { pointsPerStep } from './pointsPerStep.ts';
import { similarMasks } from './similarMasks.ts';
import { SteppedRuns } from './steppedRuns.ts';

interface Opened {
  predictor: Predictor;
  embeddings: EmbeddingStore;
}

/** What the inference process does for each call. It owns all sessions and embeddings. */
export class InferenceCalls {
  #opened: Opened | null = null;
  readonly #logits = new CandidateLogits();
  readonly #needs: SessionNeeds;
  readonly #lastMs: Pick<ProcessState, 'encodeMs' | 'promptMs'> = { encodeMs: null, promptMs: null };
  readonly #segmenting = new SteppedRuns<SegmentedMasks>();
  readonly #examples = new ExamplePlanes();
  readonly #searching = new SteppedRuns<SimilarMasks>();

  constructor(needs: SessionNeeds = {}) {
    this.#needs = needs;
  }

  state(): ProcessState {
    const device = this.#opened?.predictor.device ?? null;
    return { device, residentBytes: process.memoryUsage.rss(), ...this.#lastMs };
  }

  answer(message: CallMessage): Promise<Calls[CallName]['answer']> {
    switch (message.call) {
      case 'open':
        return this.#open(message.request);
      case 'locate':
        return this.#locate(message.request);
      case 'encode':
        return this.#encode(message.request);
      case 'show-input':
        return this.#showInput(message.request);
      case 'predict':
        return this.#predict(message.request);
      case 'segment-begin':
        return this.#beginSegmenting(message.request);
      case 'segment-step':
        return this.#segmenting.step(message.request.runId);
      case 'segment-end':
        return this.#segmenting.end(message.request.runId);
      case 'similar-learn-add':
        return this.#addExamples(message.request);
      case 'similar-learn':
        return this.#examples.learn(message.request.runId);
      case 'similar-learn-end':
        return this.#examples.end(message.request.runId);
      case 'similar-begin':
        return this.#beginSearching(message.request);
      case 'similar-step':
        return this.#searching.step(message.request.runId);
      case 'similar-end':
        return this.#searching.end(message.request.runId);
    }
  }

  async #open(request: Calls['open']['request']): Promise<Calls['open']['answer']> {
    const model = chooseModel(await findModels(request.places), request.model);
    const plan = await chooseDevice(model, request.device, request);
    const predictor = await openPredictor(model, plan, this.#needs);
    const { embeddingBytes, embeddingDiskBytes } = request;
    const embeddings = new EmbeddingStore(embeddingTag(model.description), embeddingBytes, embeddingDiskBytes);
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
    const embedding = await predictor.encodeImage(request.plane, request.valueRange, request.origin);
    const encodeMs = performance.now() - started;
    this.#lastMs.encodeMs = encodeMs;
    return { encodeMs, notice: await embeddings.add(request.address, embedding) };
  }

  async #showInput({ plane, valueRange }: Calls['show-input']['request']): Promise<Calls['show-input']['answer']> {
    return { picture: this.#ready().predictor.showInput(plane, valueRange) };
  }

  async #predict({ address, prompt }: Calls['predict']['request']): Promise<Calls['predict']['answer']> {
    const { predictor, embeddings } = this.#ready();
    const mask = prompt.refine === null ? null : this.#logits.get(prompt.refine, address.imageKey);
    const { embedding, notice } = await embeddings.findForPrompt(address);
    if (!embedding) return { prediction: null, notice };
    const { points, box } = prompt;
    const { candidates, decodeMs } = await predictor.predict(embedding, { points, box, mask });
    this.#lastMs.promptMs = decodeMs;
    const shown = candidates.map(({ lowRes, ...candidate }) => ({
      id: this.#logits.add(address.imageKey, lowRes),
      ...candidate,
    }));
    return { prediction: { candidates: shown, decodeMs }, notice };
  }

  async #beginSegmenting(request: Calls['segment-begin']['request']): Promise<Calls['segment-begin']['answer']> {
    const { predictor, embeddings } = this.#ready();
    const { runId, address, plane, valueRange, settings } = request;
    const { embedding, notice } = await embeddings.find(address);
    if (!embedding) return { found: false, notice };
    const known = knowingWhole(predictor, plane, embedding);
    const parameters = { ...settings.parameters, pointsPerBatch: pointsPerStep(predictor.device) };
    this.#segmenting.begin(runId, segmentSteps(known, plane, valueRange, { ...settings, parameters }));
    return { found: true, notice };
  }

  async #addExamples(request: Calls['similar-learn-add']['request']): Promise<Calls['similar-learn-add']['answer']> {
    const { embedding, notice } = await this.#ready().embeddings.find(request.address);
    if (!embedding) return { found: false, notice };
    this.#examples.add(request.runId, { embedding, objects: request.objects });
    return { found: true, notice };
  }

  async #beginSearching(request: Calls['similar-begin']['request']): Promise<Calls['similar-begin']['answer']> {
    const { predictor, embeddings } = this.#ready();
    const { embedding, notice } = await embeddings.find(request.address);
    if (!embedding) return { found: false, notice };
    const search = { ...request.search, pointsPerBatch: pointsPerStep(predictor.device) };
    this.#searching.begin(request.runId, similarMasks(predictor, embedding, request.learned, search));
    return { found: true, notice };
  }

  #ready(): Opened {
    if (!this.#opened) throw new LamellaError('internal', 'The inference process was asked before it was opened.');
    return this.#opened;
  }
}
