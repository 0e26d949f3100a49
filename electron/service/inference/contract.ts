import type { Mask } from '../../../native-models/masks/mask.ts';
import type { PixelPlane, ValueRange } from '../../../native-models/predictor/pixels.ts';
import type { DeviceInfo } from '../../../native-models/runtime/device.ts';
import type { ModelInfo, PredictRequest } from '../api/contract.ts';

export interface InferenceStatus {
  state: 'starting' | 'ready' | 'failed';
  message: string | null;
  activeModel: ModelInfo | null;
  device: DeviceInfo | null;
}

/** What an embedding is made from. Equal keys mean equal embeddings (for one model). */
export interface EmbeddingSource {
  /** sha256 of the file + plane + value range, hex; names the embedding in memory and on disk. */
  key: string;
  /** Folder of the project's cache for embeddings; null keeps it in memory only. */
  cacheFolder: string | null;
  valueRange: ValueRange;
  /** Called only when the embedding is neither in memory nor on disk. */
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
  /** Abort: LamellaError `cancelled`. An encoder that runs is stopped by ending the process. */
  embed(source: EmbeddingSource, signal: AbortSignal): Promise<EmbeddingOutcome>;
  /**
   * Embeds first if need be. `refine` is the id of a candidate of the same source; when its logits are gone (process
   * ended), LamellaError `not-found`, and the caller's remedy is to prompt without it.
   * Abort (newer prompt): LamellaError `superseded`.
   */
  predict(source: EmbeddingSource, prompt: PredictRequest, signal: AbortSignal): Promise<Prediction>;
  /** Process id, for tests and for the memory report; null while none runs. */
  pid(): number | null;
  close(): Promise<void>;
}
