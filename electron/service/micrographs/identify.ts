import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { MicrographFacts } from '../api/contract.ts';
import { fromSystemError } from '../errors.ts';
import { describeMicrograph } from './describe.ts';

/**
 * What a file is: hash of its bytes (hex; names its embeddings) and its facts. Reads the whole file once, in pieces (of an
 * OME-Zarr folder: every file in it).
 * @throws LamellaError file-missing, file-unreadable, file-damaged, file-unsupported
 */
export async function identifyMicrograph(path: string): Promise<{ sha256: string; facts: MicrographFacts }> {
  const facts = await describeMicrograph(path);
  const isFolder = (await stat(path)).isDirectory();
  return { sha256: isFolder ? await hashFolder(path) : await hashFile(path), facts };
}

/** Of an OME-Zarr folder: of the names and the hashes of all its files, in one order everywhere. */
async function hashFolder(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    const entries = await readdir(path, { withFileTypes: true, recursive: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const names = new Map(files.map((file) => [relative(path, file).split(sep).join('/'), file]));
    for (const name of [...names.keys()].sort()) hash.update(`${name} ${await hashFile(names.get(name)!)}\n`);
  } catch (cause) {
    throw fromSystemError(cause, path, `Reading ${basename(path)}`);
  }
  return hash.digest('hex');
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  } catch (cause) {
    throw fromSystemError(cause, path, `Reading ${basename(path)}`);
  }
  return hash.digest('hex');
}
