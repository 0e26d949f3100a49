import type { ErrorBody, ErrorCode } from '../../electron/service/errors.ts';

/** What went wrong with a request; `code` is the service's own, or 'unreachable' when there was no answer at all. */
export class ServiceFailure extends Error {
  readonly code: ErrorCode | 'unreachable';
  readonly path: string | undefined;
  readonly remedy: string | undefined;

  constructor(body: Omit<ErrorBody, 'code'> & { code: ErrorCode | 'unreachable' }, cause?: unknown) {
    super(body.message, cause === undefined ? {} : { cause });
    this.name = 'ServiceFailure';
    this.code = body.code;
    this.path = body.path;
    this.remedy = body.remedy;
  }
}

export function isServiceFailure(value: unknown): value is ServiceFailure {
  return value instanceof ServiceFailure;
}

/** The caller gave the request up itself (AbortController). */
export function isAbort(value: unknown): boolean {
  return value instanceof DOMException && value.name === 'AbortError';
}

/** Whatever was thrown, as a failure that can be shown; a defect of the page itself becomes `internal`. */
export function toFailure(thrown: unknown): ServiceFailure {
  if (isServiceFailure(thrown)) return thrown;
  return new ServiceFailure(
    { code: 'internal', message: thrown instanceof Error ? thrown.message : String(thrown) },
    thrown,
  );
}
