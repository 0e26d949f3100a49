import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/**
 * The beginning of a download, `FILE.part`, and beside it what makes its end fit: the address and the server's name for
 * this version of the file. Without such a name a rest could belong to another version; then it begins anew.
 */
const noteSchema = z.object({ address: z.string(), validator: z.string() });

export interface Beginning {
  bytes: number;
  /** ETag or Last-Modified, for If-Range. */
  validator: string;
}

export const partPath = (path: string) => `${path}.part`;
const notePath = (path: string) => `${path}.part.json`;

/** What is there of `path` and can be gone on with; null: begin anew. */
export async function readBeginning(path: string, address: string): Promise<Beginning | null> {
  try {
    const note = noteSchema.parse(JSON.parse(await readFile(notePath(path), 'utf8')));
    const { size } = await stat(partPath(path));
    return note.address === address && size > 0 ? { bytes: size, validator: note.validator } : null;
  } catch {
    return null;
  }
}

/** Opens the part for what comes next: at its end for a rest, empty otherwise. */
export async function openPart(path: string, address: string, headers: Headers, atBytes: number) {
  const file = await open(partPath(path), atBytes > 0 ? 'r+' : 'w');
  try {
    const validator = validatorOf(headers);
    if (validator === null) await rm(notePath(path), { force: true });
    else await writeFile(notePath(path), JSON.stringify({ address, validator }));
    return file;
  } catch (cause) {
    await file.close();
    throw cause;
  }
}

export async function forgetPart(path: string): Promise<void> {
  await rm(partPath(path), { force: true });
  await forgetNote(path);
}

export const forgetNote = (path: string) => rm(notePath(path), { force: true });

/** A weak ETag promises only something alike, which is not enough to put two halves together (RFC 9110, 13.1.5). */
function validatorOf(headers: Headers): string | null {
  const etag = headers.get('etag');
  return etag !== null && !etag.startsWith('W/') ? etag : headers.get('last-modified');
}
