import { ModelError } from '../../../native-models/packages/modelError.ts';
import { isLamellaError, LamellaError } from '../errors.ts';

/** A model's error as one of the service's; ours pass through, anything else is a defect of Lamella. */
export function fromModelError(error: unknown): LamellaError {
  if (isLamellaError(error)) return error;
  if (error instanceof ModelError) {
    return new LamellaError(error.code, error.message, {
      ...(error.path === undefined ? {} : { path: error.path }),
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
      cause: error,
    });
  }
  return new LamellaError('internal', error instanceof Error ? error.message : String(error), { cause: error });
}
