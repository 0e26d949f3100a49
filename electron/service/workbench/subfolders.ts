import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Notice } from '../api/contract.ts';
import { fromSystemError, isLamellaError } from '../errors.ts';
import { findMicrographs, isMicrographFolder, naturalOrder } from '../micrographs/index.ts';
import { isProjectFolder } from '../project/index.ts';

/** Levels below a folder that are gone through. */
const mostLevels = 3;
/** Folders that are gone through: a drive or a home folder is no folder of micrographs. */
const mostFolders = 500;
/** Folders that hold annotations of micrographs rather than micrographs. */
const ofAnnotations = /^(masks?|labels?|annotations?|segmentations?|ground[ _-]?truth|gt)$/i;

export interface InSubfolders {
  files: string[];
  /** What was found where and what was left out, for the user; null where nothing was found. */
  notice: Notice | null;
}

/**
 * Micrographs in the subfolders of a folder that has none of its own (one a sample, one a day), folder by folder in
 * natural order. Hidden folders, a project's cache and folders of annotations are left out; one that can't be read is
 * named.
 * @throws LamellaError file-missing, file-unreadable, of `folder` itself
 */
export async function micrographsInSubfolders(folder: string): Promise<InSubfolders> {
  const files: string[] = [];
  const holding: string[] = [];
  const leftOut: string[] = [];
  const waiting = (await foldersIn(folder)).map((path) => ({ path, level: 1 }));
  let seen = 0;
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { path, level } = next;
    if (++seen > mostFolders) {
      leftOut.push(`all after the first ${mostFolders}`);
      break;
    }
    if (ofAnnotations.test(relative(join(path, '..'), path))) {
      leftOut.push(relative(folder, path));
      continue;
    }
    try {
      const found = await findMicrographs(path);
      if (found.length > 0) holding.push(path);
      for (const file of found) files.push(file);
      if (level < mostLevels) {
        waiting.unshift(...(await foldersIn(path)).map((below) => ({ path: below, level: level + 1 })));
      }
    } catch (cause) {
      if (!isLamellaError(cause)) throw cause;
      leftOut.push(`${relative(folder, path)} (it can’t be read)`);
    }
  }
  return { files, notice: files.length === 0 ? null : noticeOf(folder, files.length, holding.length, leftOut) };
}

/** In natural order, without those that are a micrograph, hidden or a project's own. */
async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw fromSystemError(cause, folder, 'Reading the folder');
  });
  const isOwn = (name: string) => name === 'cache' && isProjectFolder(folder);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !isMicrographFolder(entry.name))
    .filter(({ name }) => !isOwn(name))
    .map(({ name }) => name)
    .sort(naturalOrder.compare)
    .map((name) => join(folder, name));
}

function noticeOf(folder: string, count: number, folders: number, leftOut: readonly string[]): Notice {
  const images = count === 1 ? 'One image' : `${count} images`;
  const from = folders === 1 ? 'a subfolder' : `${folders} subfolders`;
  const without = leftOut.length === 0 ? '' : ` Left out: ${leftOut.slice(0, 5).join(', ')}${more(leftOut)}.`;
  return {
    level: leftOut.length === 0 ? 'info' : 'warning',
    message: `${images} of ${from} came into this project, because none lies directly in the folder.${without}`,
    path: folder,
    ...(leftOut.length > 0 && { remedy: 'Drop a folder that was left out onto the window to have its images, too.' }),
  };
}

function more(names: readonly string[]): string {
  return names.length > 5 ? ` and ${names.length - 5} more` : '';
}
