import { isLamellaError, type LamellaError } from '../errors.ts';

/** Missing, refused, damaged or unsupported: one such file must not keep the others from being exported. */
export function isFileTrouble(cause: unknown): cause is LamellaError {
  return isLamellaError(cause) && cause.code.startsWith('file-');
}
