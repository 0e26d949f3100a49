import type { AutomaticProgress } from '../../../native-models/automatic/generateMasks.ts';
import type { AutomaticSettings } from '../../../native-models/automatic/segmentPlane.ts';
import type { Mask } from '../../../native-models/masks/mask.ts';
import type { PixelPlane, ValueRange } from '../../../native-models/predictor/pixels.ts';
import type { Point } from '../../../native-models/predictor/spaces.ts';
import type { DeviceInfo, PassedOver } from '../../../native-models/runtime/device.ts';
import type { ExampleObject, SimilarModel } from '../../../native-models/similar/index.ts';
import type { ModelInfo, Notice, PredictRequest } from '../api/contract.ts';
import type { DeviceWish } from './chooseDevice.ts';
import type { TrialRecord } from './trialMemory.ts';
import type { ProcessState, SegmentedMasks, SimilarMasks, SimilarSearch } from './messages.ts';

export interface InferenceStatus {
  state: 'starting' | 'ready' | 'failed';
  message: string | null;
  activeModel: ModelInfo | null;
  device: DeviceInfo | null;
}

export interface DeviceChange {
  wish: DeviceWish;
  /** Devices that failed in use get another chance. */
  again: boolean;
  /** Trials since the start. */
  recent: readonly TrialRecord[];
}

/** What an embedding is made from. Equal keys mean equal embeddings (for one model). */
export interface EmbeddingSource {
  /** sha256 of the file + plane + value range (+ part), hex; names the embedding in memory and on disk. */
  key: string;
  /** As `key`, of the whole plane: candidates of a plane can be refined on each of its embeddings. */
  imageKey: string;
  /** Where in the plane the part begins that is encoded, image space; (0, 0) for the whole. */
  origin: Point;
  /** Folder of the project's cache for embeddings; null keeps it in memory only. */
  cacheFolder: string | null;
  valueRange: ValueRange;
  /** Pixels of the part. Called only when the embedding is neither in memory nor on disk. */
  readPixels(): Promise<PixelPlane>;
}

export interface EmbeddingOutcome {
  /** null when it came from memory or disk. */
  encodeMs: number | null;
}

export interface Candidate {
  /** Unique in this service; the low-res logits are kept under it in the inference process. */
  id: string;
  /** Full resolution, tight window. */
  mask: Mask;
  predictedIou: number;
  stability: number;
  area: number;
}

export interface Prediction {
  candidates: Candidate[];
  model: string;
  device: string;
  ms: { wait: number; decode: number; total: number };
}

/** An image with judged objects, for learning what is wanted. */
export interface ExampleImage {
  source: EmbeddingSource;
  objects: ExampleObject[];
}

/**
 * The service's side of the inference process. One encode at a time; prompts go before encodes that have not begun.
 * When the process dies, running requests fail with `inference-failed`, it is started again at the next request, and
 * embeddings are read from disk or computed again.
 */
export interface InferenceClient {
  status(): InferenceStatus;
  onStatus(listener: (status: InferenceStatus) => void): () => void;
  models(): Promise<ModelInfo[]>;
  /**
   * From now on this model answers (null: the one that ships); whether it can be opened is told by the status. Work
   * that runs on the model of before is rejected with LamellaError `superseded`.
   */
  useModel(name: string | null): void;
  /**
   * From now on models run where `wish` says, once the task that runs is done; `segment` is rejected with `superseded`.
   */
  useDevice(change: DeviceChange): void;
  /** What everyone should know who works here: a device that failed, one that takes over. */
  onNotice(listener: (notice: Notice) => void): () => void;
  tell(notice: Notice): void;
  /** How the inference process stood at its last reply; null while none runs. */
  processState(): ProcessState | null;
  /** Devices that failed in use, and are not taken again. */
  failedDevices(): readonly PassedOver[];
  /** Abort: LamellaError `cancelled`. An encoder that runs is stopped by ending the process. */
  embed(source: EmbeddingSource, signal: AbortSignal): Promise<EmbeddingOutcome>;
  /** What the encoder is given of these pixels: 8 bits, before normalisation, without padding. */
  showInput(source: EmbeddingSource, signal: AbortSignal): Promise<PixelPlane>;
  /**
   * Embeds first if need be. `refine` is the id of a candidate of the same source; when its logits are gone (process
   * ended), LamellaError `not-found`, and the caller's remedy is to prompt without it.
   * Abort (newer prompt): LamellaError `superseded`.
   */
  predict(source: EmbeddingSource, prompt: PredictRequest, signal: AbortSignal): Promise<Prediction>;
  /** What answers now, as soon as it is opened. @throws LamellaError: why it can't be; `cancelled` on abort. */
  model(signal: AbortSignal): Promise<ModelInfo>;
  /**
   * Masks of everything in a plane, batch by batch; embeds first if need be. Between two batches everything else goes
   * first. When the process dies in the middle the run fails with `inference-failed`; when it is another model than
   * `model` that answers, with `superseded`. Abort: `cancelled`, and nobody waits for the batch that runs.
   */
  segment(
    model: ModelInfo,
    source: EmbeddingSource,
    settings: AutomaticSettings,
    signal: AbortSignal,
  ): AsyncGenerator<AutomaticProgress, SegmentedMasks>;
  /** What the judged objects have in common, by their images' embeddings. Fails as {@link segment} does. */
  learnSimilar(model: ModelInfo, examples: AsyncIterable<ExampleImage>, signal: AbortSignal): Promise<SimilarModel>;
  /** As {@link segment}, what is like the examples. */
  searchSimilar(
    model: ModelInfo,
    source: EmbeddingSource,
    learned: SimilarModel,
    search: SimilarSearch,
    signal: AbortSignal,
  ): AsyncGenerator<AutomaticProgress, SimilarMasks>;
  /** Process id, for tests and for the memory report; null while none runs. */
  pid(): number | null;
  close(): Promise<void>;
}
