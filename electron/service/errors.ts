/**
 * The closed family of errors that cross a boundary (wire, command line, process). Each says what happened, to which
 * file, and what to do about it; programs match on `code`, people read `message` and `remedy`.
 */
export const errorCodes = {
  /** The request itself is malformed (schema, unknown field). */
  'bad-request': 400,
  /** Token missing or wrong, or a foreign Host/Origin. */
  'not-allowed': 403,
  /** Project, image, object or candidate that is not (or no longer) there. */
  'not-found': 404,
  /** A file or folder that should be on disk is not. */
  'file-missing': 404,
  /** The operating system refuses to read or write. */
  'file-unreadable': 403,
  /** The file is cut short or its content contradicts its header. */
  'file-damaged': 422,
  /** A file of a kind that Lamella does not read (yet). */
  'file-unsupported': 415,
  /** No space left where the project is kept. */
  'disk-full': 507,
  /** Another program or window owns the project for writing. */
  'project-locked': 423,
  /** The project's database can't be read as it is. */
  'project-damaged': 422,
  /** The edit contradicts the project's state (locked object, class in use, nothing left …). */
  'edit-refused': 409,
  /** A newer prompt took this one's place. */
  superseded: 409,
  /** Cancelled by the user. */
  cancelled: 409,
  /** The model's folder is incomplete, altered or not understood. */
  'model-invalid': 422,
  /** A checkpoint file is damaged, or holds what no checkpoint needs. */
  'checkpoint-invalid': 422,
  /** A sound checkpoint of an architecture that is not known, or whose tensors don't make it up. */
  'checkpoint-unsupported': 415,
  /** What was asked of a model can't be granted: a name that is taken, one that is not the user's to remove. */
  'model-refused': 409,
  /** A file of the catalogue can't be fetched, or is not the one that was meant. */
  'download-failed': 502,
  /** The inference process ended or a session failed; the next request starts it again. */
  'inference-failed': 502,
  /** A defect of Lamella itself. */
  internal: 500,
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** What is sent over the wire: `{ error: ErrorBody }`. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  /** The file or folder concerned, as the user knows it. */
  path?: string;
  /** What the user can do. */
  remedy?: string;
}

export class LamellaError extends Error {
  readonly code: ErrorCode;
  readonly path: string | undefined;
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, message: string, more: { path?: string; remedy?: string; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? {} : { cause: more.cause });
    this.name = 'LamellaError';
    this.code = code;
    this.path = more.path;
    this.remedy = more.remedy;
  }

  get status(): number {
    return errorCodes[this.code];
  }

  toBody(): ErrorBody {
    const body: ErrorBody = { code: this.code, message: this.message };
    if (this.path !== undefined) body.path = this.path;
    if (this.remedy !== undefined) body.remedy = this.remedy;
    return body;
  }
}

export function isLamellaError(value: unknown): value is LamellaError {
  return value instanceof LamellaError;
}

/** Turns an error of the operating system about `path` into one of ours; ours pass through unchanged. */
export function fromSystemError(cause: unknown, path: string, doing: string): LamellaError {
  if (isLamellaError(cause)) return cause;
  const errno = (cause as NodeJS.ErrnoException | undefined)?.code;
  switch (errno) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new LamellaError('file-missing', `${doing}: ${path} is not there.`, {
        path,
        remedy: 'Check that it was not moved or renamed, or that the drive is connected.',
        cause,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new LamellaError('file-unreadable', `${doing}: access to ${path} is refused.`, {
        path,
        remedy: 'Ask for the rights to this folder, or copy the files to a folder of your own.',
        cause,
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return new LamellaError('disk-full', `${doing}: no space left for ${path}.`, {
        path,
        remedy: 'Free some space on this drive; what was saved before is safe.',
        cause,
      });
    default:
      return new LamellaError(
        'internal',
        `${doing}: ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
        {
          path,
          cause,
        },
      );
  }
}
