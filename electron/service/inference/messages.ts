import type { Mask } from '../../../native-models/masks/mask.ts';
import type { ModelPlace } from '../../../native-models/packages/findModels.ts';
import type { PixelPlane, ValueRange } from '../../../native-models/predictor/pixels.ts';
import type { DeviceInfo } from '../../../native-models/runtime/device.ts';
import type { ErrorBody, ModelInfo, PredictRequest } from '../api/contract.ts';

/** Names an embedding, in memory and in `cacheFolder` (null: memory only). */
export interface EmbeddingAddress {
  key: string;
  cacheFolder: string | null;
}

/** A cache that could not be read or written: the answer is right, the next one is slower. For people. */
export type Notice = string | null;

export interface PredictedCandidate {
  id: string;
  mask: Mask;
  predictedIou: number;
  stability: number;
}

/** What the service asks of the inference process, and what comes back. One call at a time. */
export interface Calls {
  /** First call of a process. */
  open: {
    request: { places: ModelPlace[]; model: string | null; provider: string | null; embeddingBytes: number };
    answer: { model: ModelInfo; device: DeviceInfo };
  };
  /** Is the embedding in memory or on disk? It is loaded on the way. */
  locate: { request: { address: EmbeddingAddress }; answer: { found: boolean; notice: Notice } };
  encode: {
    request: { address: EmbeddingAddress; plane: PixelPlane; valueRange: ValueRange };
    answer: { encodeMs: number; notice: Notice };
  };
  predict: {
    request: { address: EmbeddingAddress; prompt: PredictRequest };
    /** null: the embedding is neither in memory nor on disk; encode first. */
    answer: { prediction: { candidates: PredictedCandidate[]; decodeMs: number } | null; notice: Notice };
  };
}

export type CallName = keyof Calls;

/** To the process. */
export type CallMessage = { [K in CallName]: { id: number; call: K; request: Calls[K]['request'] } }[CallName];

/** From the process. */
export type ReplyMessage =
  | { id: number; answer: Calls[CallName]['answer']; error?: never }
  | { id: number; error: ErrorBody; answer?: never };
