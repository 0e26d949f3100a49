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
  | 'inference-failed';

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
