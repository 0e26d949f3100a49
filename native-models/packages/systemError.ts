import { ModelError } from './modelError.ts';

/**
 * An error of the operating system about `path` as one of ours, where it is of a kind that people can do something
 * about; everything else (ours, an abort, a defect) as it is.
 */
export function fromSystem(cause: unknown, path: string, doing: string): unknown {
  switch ((cause as NodeJS.ErrnoException | undefined)?.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new ModelError('file-missing', `${doing}: ${path} is not there.`, {
        path,
        remedy: 'Check that it was not moved or renamed, or that the drive is connected.',
        cause,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'EBUSY':
      return new ModelError('file-unreadable', `${doing}: access to ${path} is refused.`, {
        path,
        remedy: 'Ask for the rights to it, or close the program that uses it.',
        cause,
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return new ModelError('disk-full', `${doing}: no space left for ${path}.`, {
        path,
        remedy: 'Free some space on this drive and try again; nothing half done was left behind.',
        cause,
      });
    default:
      return cause;
  }
}
