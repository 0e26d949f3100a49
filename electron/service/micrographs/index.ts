import { open, readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { fromSystemError, LamellaError } from '../errors.ts';
import type { Micrograph, MicrographReader } from './contract.ts';
import { fileDamaged, fileUnsupported } from './fileDamage.ts';
import { jpegReader } from './jpeg.ts';
import { pngReader } from './png.ts';
import { tiffReader } from './tiff.ts';

/** Every kind of file that is read; the first that recognises a file opens it. */
const readers: readonly MicrographReader[] = [pngReader, jpegReader, tiffReader];

/** Lower-case endings with the dot, for file dialogs. */
export const micrographExtensions: readonly string[] = readers.flatMap((reader) => reader.extensions);

const headBytes = 64;
const naturalOrder = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
/** Label images that Lamella's export writes beside the micrographs. */
const labelImage = /_labels\.(tiff?|png)$/i;

/** By the ending of its name; files hidden from the user (dot files) are none. */
export function isMicrographFile(path: string): boolean {
  const name = basename(path);
  return !name.startsWith('.') && micrographExtensions.includes(extname(name).toLowerCase());
}

/**
 * Opens a file by what its first bytes say, whatever its name.
 * @throws LamellaError file-missing, file-unreadable, file-damaged, file-unsupported
 */
export async function openMicrograph(path: string): Promise<Micrograph> {
  const head = await readHead(path);
  if (head.length === 0) throw fileDamaged(path, 'is empty');
  const reader = readers.find((candidate) => candidate.recognises(head));
  if (!reader) {
    throw fileUnsupported(
      path,
      isMicrographFile(path)
        ? `is not what its name says: its content is no ${extname(path).slice(1).toUpperCase()} picture`
        : `is of a kind that is not read (${readers.map(({ format }) => format).join(', ')} are)`,
    );
  }
  return reader.open(path);
}

/**
 * Micrograph files directly in a folder, by natural file name (2 before 10), absolute when `folder` is. Hidden files,
 * subfolders and label images (`…_labels.tif`) are left out.
 * @throws LamellaError file-missing, file-unreadable
 */
export async function findMicrographs(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory() && isMicrographFile(entry.name) && !labelImage.test(entry.name))
      .map((entry) => entry.name)
      .sort((a, b) => naturalOrder.compare(a, b) || (a < b ? -1 : 1))
      .map((name) => join(folder, name));
  } catch (cause) {
    throw fromSystemError(cause, folder, 'Reading the folder');
  }
}

async function readHead(path: string): Promise<Uint8Array> {
  try {
    // Asked before opening: opening a pipe would wait for its writer.
    if (!(await stat(path)).isFile()) {
      throw new LamellaError('file-unsupported', `${path} is a folder or device, not a micrograph file.`, { path });
    }
    const file = await open(path, 'r');
    try {
      const head = new Uint8Array(headBytes);
      const { bytesRead } = await file.read(head, 0, headBytes, 0);
      return head.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fromSystemError(cause, path, `Opening ${basename(path)}`);
  }
}
