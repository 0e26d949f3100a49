/** The wire's contract for models: those that are there, the catalogue, and what can be done with them. */
import { z } from 'zod';
import type { DeviceInfo, ErrorBody, ModelInfo, SessionView, TaskView } from './contract.ts';

/** A model that can be used. */
export interface ModelView extends ModelInfo {
  /** As model.json names it, 'sam-vit' … */
  architecture: string;
  /** Of all its files. */
  bytes: number;
  folder: string;
  /** Whether it is the one that the workbench is set to use. */
  chosen: boolean;
  removable: boolean;
}

/** A checkpoint that can be downloaded. */
export interface CatalogueView {
  name: string;
  title: string;
  goodFor: string;
  address: string;
  /** null: not known before the download. */
  bytes: number | null;
  /** false: nobody states a hash; it is shown and kept at the first download. */
  verified: boolean;
  licence: string;
  reference: string;
  /** Where the file is looked for before the network is: people may put it there. */
  path: string;
  /** A model of this name is there. */
  added: boolean;
}

export interface ModelProblem extends ErrorBody {
  /** Under this name what is left of an added model can be removed; null: it is about something else. */
  model: string | null;
}

export interface ModelsView {
  models: ModelView[];
  /** Packages, and a setting, that can't be used. */
  problems: ModelProblem[];
  /** Why the chosen model can't be used; null when it can. No other takes its place. */
  chosenProblem: ErrorBody | null;
  catalogue: CatalogueView[];
  /** Tasks that run. */
  tasks: ModelTaskView[];
}

export const modelPrecision = z.enum(['fp32', 'fp16', 'int8']);
export type ModelPrecision = z.infer<typeof modelPrecision>;

/** Either a path on the service's computer, or the id of what was uploaded before. */
export const addModelRequest = z
  .object({
    path: z.string().min(1).nullable(),
    upload: z.uuid().nullable(),
    /** null: by the file's name. */
    name: z.string().min(1).nullable(),
    precision: modelPrecision,
    /** Path of a JSON file with hyper-parameters that no tensor shape tells; an upload may bring one along. */
    configPath: z.string().min(1).nullable(),
  })
  .refine((request) => (request.path === null) !== (request.upload === null), 'a path or an upload');
export type AddModelRequest = z.infer<typeof addModelRequest>;

export const downloadModelRequest = z.object({ precision: modelPrecision });
export type DownloadModelRequest = z.infer<typeof downloadModelRequest>;

export const chooseModelRequest = z.object({ name: z.string().min(1) });

/** What a file was uploaded to: further files of the same model go to the same id. */
export interface ModelUploadView {
  upload: string;
}

export interface VerificationView {
  name: string;
  ok: boolean;
  device: string | null;
  checks: { what: string; state: 'ok' | 'failed' | 'skipped'; detail: string }[];
}

export type ModelTaskResult =
  | {
      type: 'added';
      name: string;
      /** For people. */
      architecture: string;
      /** Tensors of the checkpoint that the model has no use for. */
      leftOut: string[];
      /** Of a downloaded file whose hash nobody states: this is it, and it was seen for the first time. */
      unverifiedSha256: string | null;
    }
  | { type: 'verified'; report: VerificationView };
export type ModelTaskView = TaskView<ModelTaskResult>;

/** Events of the models, whether a project is open or not. */
export type ModelEvent =
  /** The list or the choice has changed: fetch it anew. */
  | { type: 'models' }
  | { type: 'task'; task: ModelTaskView }
  | { type: 'session'; activeModel: ModelInfo | null; device: DeviceInfo | null; inference: SessionView['inference'] };
