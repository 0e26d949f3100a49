import { createHash } from 'node:crypto';
import { mkdtemp, realpath, rmdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, normalize, relative, sep } from 'node:path';
import type { Notice } from '../api/contract.ts';
import { fromSystemError, LamellaError } from '../errors.ts';
import { isMicrographFile, isMicrographFolder } from '../micrographs/index.ts';
import { conversionOf } from '../micrographs/otherFormats.ts';
import { isProjectFolder } from '../project/index.ts';

export const projectFileName = 'project.lamella';

/** What opening these paths means, found out before anything is written. */
export interface OpeningPlan {
  /** The folder that holds (or will hold) project.lamella. */
  folder: string;
  name: string;
  /** Folder whose micrographs all belong to the project; null: only `files`. */
  scan: string | null;
  /** Micrographs named one by one. */
  files: string[];
  readOnly: boolean;
  notices: Notice[];
}

/**
 * The opening rules: a project folder (or its project.lamella) is opened as it is; a folder of micrographs becomes a
 * project itself; files make a project of their folder with only these files. Where the folder can't be written to, a
 * new project goes to the data folder, and an old one is opened for looking.
 */
export async function planOpening(paths: readonly string[], dataFolder: string): Promise<OpeningPlan> {
  const given = await Promise.all(paths.map(resolveGiven));
  const first = given[0];
  if (!first) throw new LamellaError('bad-request', 'Nothing to open was named.');
  if (given.length === 1 && first.isFolder) return planFolder(first.path, first.path, [], dataFolder);
  if (given.length === 1 && basename(first.path) === projectFileName) {
    return planFolder(dirname(first.path), dirname(first.path), [], dataFolder);
  }
  const files = checkFiles(given);
  return planFolder(dirname(first.path), null, files, dataFolder);
}

/** Micrograph files among these paths, folders taken apart by the caller. */
export async function resolveFiles(paths: readonly string[]): Promise<{ folders: string[]; files: string[] }> {
  const given = await Promise.all(paths.map(resolveGiven));
  const folders = given.filter((path) => path.isFolder).map((path) => path.path);
  return { folders, files: checkFiles(given.filter((path) => !path.isFolder)) };
}

/** A path as a person types it: `~/` is the home folder; it must be whole, because a server has no "here". */
export function absolutePath(path: string): string {
  const expanded = path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
  if (!isAbsolute(expanded) || expanded.includes('\0')) {
    throw new LamellaError('bad-request', `${path} is not a whole path.`, {
      path,
      remedy: 'Give the path from the root of the drive on, such as /home/me/micrographs or C:\\micrographs.',
    });
  }
  return normalize(expanded);
}

/** Whether `path` is `folder` or lies below it, by their names. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way));
}

/** Folder in the data folder that stands for `source`: the same for the same folder, another for every other. */
export function standInFolder(dataFolder: string, source: string): string {
  const hash = createHash('sha256').update(source).digest('hex').slice(0, 8);
  return join(dataFolder, 'projects', `${folderName(source)}-${hash}`);
}

interface GivenPath {
  path: string;
  isFolder: boolean;
}

async function resolveGiven(path: string): Promise<GivenPath> {
  const whole = absolutePath(path);
  try {
    const real = await realpath(whole);
    // An OME-Zarr folder is one micrograph.
    return { path: real, isFolder: (await stat(real)).isDirectory() && !isMicrographFolder(real) };
  } catch (cause) {
    throw fromSystemError(cause, whole, 'Opening');
  }
}

function checkFiles(given: readonly GivenPath[]): string[] {
  for (const { path, isFolder } of given) {
    if (isFolder) {
      throw new LamellaError('bad-request', 'A folder and other things cannot be opened together.', {
        path,
        remedy: 'Open one folder, or several files.',
      });
    }
    if (!isMicrographFile(path)) {
      throw new LamellaError('file-unsupported', `${path} is not a kind of file that Lamella reads.`, {
        path,
        remedy: conversionOf(path) ?? 'Convert it to TIFF, OME-TIFF, OME-Zarr, PNG or JPEG.',
      });
    }
  }
  return [...new Set(given.map(({ path }) => path))];
}

async function planFolder(
  folder: string,
  scan: string | null,
  files: string[],
  dataFolder: string,
): Promise<OpeningPlan> {
  const plan = { folder, name: folderName(folder), scan, files, readOnly: false, notices: [] };
  if (await canWriteInto(folder)) return plan;
  if (await isProjectFolder(folder)) {
    return {
      ...plan,
      readOnly: true,
      notices: [
        {
          level: 'warning',
          message: `${folder} cannot be written to: the project can be looked at, edits are refused.`,
          path: folder,
          remedy: 'Copy the folder to a place of your own and open it there.',
        },
      ],
    };
  }
  const standIn = standInFolder(dataFolder, folder);
  return {
    ...plan,
    folder: standIn,
    notices: [
      {
        level: 'info',
        message: `${folder} cannot be written to, so its objects are kept in ${standIn}.`,
        path: standIn,
      },
    ],
  };
}

/** Tried, not asked: rights, read-only drives and network shares all answer the same way to a real attempt. */
export async function canWriteInto(folder: string): Promise<boolean> {
  try {
    await rmdir(await mkdtemp(join(folder, '.lamella-')));
    return true;
  } catch (cause) {
    const error = fromSystemError(cause, folder, 'Opening');
    // /proc and the like refuse with ENOENT although they are there.
    if (error.code === 'file-unreadable' || error.code === 'file-missing') return false;
    // A full disk is no reason to look for another place: what is there can be looked at, and space can be made.
    if (error.code === 'disk-full') return true;
    throw error;
  }
}

function folderName(folder: string): string {
  return basename(folder) || 'drive';
}
