/**
 * What goes wrong with a model, in the words of this folder: native-models knows nothing of the service, which turns
 * these into its own errors of the same code.
 */
export type ModelErrorCode =
  /** The model's folder is incomplete, altered or not understood. */
  | 'model-invalid'
  /** No model of that name. */
  | 'not-found'
  /** A session could not be opened or a run failed. */
  | 'inference-failed'
  /** A checkpoint file is damaged, or holds what no checkpoint needs. */
  | 'checkpoint-invalid'
  /** A sound checkpoint of an architecture that is not known, or whose tensors don't make it up. */
  | 'checkpoint-unsupported'
  /** What was asked for can't be granted: a name that is taken, a model that is not the user's to remove. */
  | 'model-refused'
  /** A file of the catalogue can't be fetched, or is not the one that was meant. */
  | 'download-failed'
  /** A file or folder that should be on disk is not. */
  | 'file-missing'
  /** The operating system refuses to read or write. */
  | 'file-unreadable'
  /** No space left where models are kept. */
  | 'disk-full';

export class ModelError extends Error {
  readonly code: ModelErrorCode;
  /** File or folder concerned. */
  readonly path: string | undefined;
  /** What the user can do. */
  readonly remedy: string | undefined;

  constructor(code: ModelErrorCode, message: string, more: { path?: string; remedy?: string; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? {} : { cause: more.cause });
    this.name = 'ModelError';
    this.code = code;
    this.path = more.path;
    this.remedy = more.remedy;
  }
}
