import { basename } from 'node:path';
import { LamellaError } from '../errors.ts';

/** The file contradicts itself or is cut short. `what` completes "FILE …". */
export function fileDamaged(path: string, what: string, cause?: unknown): LamellaError {
  return new LamellaError('file-damaged', `${basename(path)} ${what}.`, {
    path,
    remedy:
      'Copy the file again from the instrument or the backup; if another program opens it, save it as TIFF there.',
    cause,
  });
}

/** The file is sound as far as is known, but of a kind that is not read. `what` completes "FILE …". */
export function fileUnsupported(
  path: string,
  what: string,
  remedy = 'Open it in another program (Fiji, for example) and save it as 8-bit, 16-bit or 32-bit float TIFF.',
): LamellaError {
  return new LamellaError('file-unsupported', `${basename(path)} ${what}.`, { path, remedy });
}
