import type { AutomaticProgress } from '../../../native-models/automatic/generateMasks.ts';
import type { MaskRecord } from '../../../native-models/automatic/record.ts';
import type { AutomaticSettings } from '../../../native-models/automatic/segmentPlane.ts';
import type { Mask } from '../../../native-models/masks/mask.ts';
import type { ModelPlace } from '../../../native-models/packages/findModels.ts';
import type { PixelPlane, ValueRange } from '../../../native-models/predictor/pixels.ts';
import type { Point } from '../../../native-models/predictor/spaces.ts';
import type { DeviceInfo, PassedOver, Provider } from '../../../native-models/runtime/device.ts';
import type { ExampleObject, SimilarModel, SimilarProposal } from '../../../native-models/similar/index.ts';
import type { ErrorBody, ModelInfo, PredictRequest } from '../api/contract.ts';
import type { DeviceWish } from './chooseDevice.ts';
import type { TrialRecord } from './trialMemory.ts';

/** Names an embedding, in memory and in `cacheFolder` (null: memory only). */
export interface EmbeddingAddress {
  key: string;
  /** Names the plane in its display range: equal for the whole's embedding and for those of its parts. */
  imageKey: string;
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

/** One step of work that takes many: how far it is, or what came of it. */
export type Step<Result> = { progress: AutomaticProgress; result: null } | { progress: null; result: Result };

/** Masks of everything in a plane. */
export interface SegmentedMasks {
  /** Best first. */
  records: MaskRecord[];
  /** Points that were decoded. */
  prompts: number;
}

/** Objects of a plane that are like the examples. */
export interface SimilarMasks {
  /** Surest first. */
  proposals: SimilarProposal[];
  /** Points that were decoded. */
  prompts: number;
}

/** Where objects like the examples are looked for. */
export interface SimilarSearch {
  widthPx: number;
  heightPx: number;
  /** What is there already and is not found again. */
  known: Mask[];
}

export interface Begun {
  /** false: the embedding is neither in memory nor on disk, and nothing was begun; encode first. */
  found: boolean;
  notice: Notice;
}

type Nothing = Record<string, never>;

/** What the service asks of the inference process, and what comes back. One call at a time. */
export interface Calls {
  /** First call of a process. */
  open: {
    request: {
      places: ModelPlace[];
      model: string | null;
      device: DeviceWish;
      /** Devices that failed in use since the service was started. */
      failed: PassedOver[];
      /** Trials since then. */
      recent: TrialRecord[];
      /** Where it is noted which devices have proved themselves. */
      dataFolder: string;
      /** Of memory. */
      embeddingBytes: number;
      /** Of each project's cache folder. */
      embeddingDiskBytes: number;
    };
    answer: { model: ModelInfo; device: DeviceInfo };
  };
  /** Is the embedding in memory or on disk? It is loaded on the way. */
  locate: { request: { address: EmbeddingAddress }; answer: { found: boolean; notice: Notice } };
  encode: {
    /** `origin`: where in the whole plane these pixels begin. */
    request: { address: EmbeddingAddress; plane: PixelPlane; valueRange: ValueRange; origin: Point };
    answer: { encodeMs: number; notice: Notice };
  };
  /** What the encoder would be given, as a picture. */
  'show-input': { request: { plane: PixelPlane; valueRange: ValueRange }; answer: { picture: PixelPlane } };
  predict: {
    request: { address: EmbeddingAddress; prompt: PredictRequest };
    /** null: the embedding is neither in memory nor on disk; encode first. */
    answer: { prediction: { candidates: PredictedCandidate[]; decodeMs: number } | null; notice: Notice };
  };
  /** Begins to look for masks of everything in a plane. No step is done yet. */
  'segment-begin': {
    request: {
      runId: string;
      address: EmbeddingAddress;
      plane: PixelPlane;
      valueRange: ValueRange;
      /** The process chooses how many points it decodes together. */
      settings: AutomaticSettings;
    };
    answer: Begun;
  };
  /** One batch of the decoder. The result comes with the last. */
  'segment-step': { request: { runId: string }; answer: Step<SegmentedMasks> };
  /** Forgets the run, wherever it is. */
  'segment-end': { request: { runId: string }; answer: Nothing };
  /** One more image whose objects teach. */
  'similar-learn-add': {
    request: { runId: string; address: EmbeddingAddress; objects: ExampleObject[] };
    answer: Begun;
  };
  /** What was added, learned. */
  'similar-learn': { request: { runId: string }; answer: { learned: SimilarModel } };
  /** Forgets what was added. */
  'similar-learn-end': { request: { runId: string }; answer: Nothing };
  /** Begins to look for what is like the examples. No step is done yet. */
  'similar-begin': {
    request: { runId: string; address: EmbeddingAddress; learned: SimilarModel; search: SimilarSearch };
    answer: Begun;
  };
  /** As segment-step and segment-end. */
  'similar-step': { request: { runId: string }; answer: Step<SimilarMasks> };
  'similar-end': { request: { runId: string }; answer: Nothing };
}

export type CallName = keyof Calls;

/** To the process. */
export type CallMessage = { [K in CallName]: { id: number; call: K; request: Calls[K]['request'] } }[CallName];

/** How the process stands, told with each of its replies. */
export interface ProcessState {
  /** null before the model is opened. */
  device: DeviceInfo | null;
  /** Memory that it holds. */
  residentBytes: number;
  /** Of the last image and the last prompt; null before the first. */
  encodeMs: number | null;
  promptMs: number | null;
}

/** From the process. */
export type ReplyMessage = { id: number; state: ProcessState } & (
  | { answer: Calls[CallName]['answer']; error?: never }
  | { error: ErrorBody; answer?: never }
);

/** From the process, unasked: a driver may end it while this provider is opened. */
export interface OpeningMessage {
  opening: Provider;
}
