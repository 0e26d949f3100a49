import { randomUUID } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fromSystemError } from './errors.ts';

/**
 * Writes a small file so that it is the old one or the new one at every moment, a pulled plug included. Its folder is
 * made where it is missing.
 * @throws LamellaError of the file system; `doing` for its message.
 */
export async function writeAtomically(path: string, text: string, doing: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    // Of its own: two writers of one file may be here at once, and the last rename counts.
    const temporary = `${path}.${randomUUID()}.new`;
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    throw fromSystemError(cause, path, doing);
  }
}
