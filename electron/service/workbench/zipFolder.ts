import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { LamellaError } from '../errors.ts';

/** The zip format without its 64-bit extension, which fflate does not write. */
const maxBytes = 0xffff_0000;
const maxFiles = 0xffff;
/** Everything else (PNG, JPEG, compressed TIFF) is stored: deflating it again costs time and saves nothing. */
const compressible = new Set(['.json', '.txt', '.csv', '.xml', '.yaml', '.md']);

/** The files below `folder` as a zip that is made while it is read. Throws `edit-refused` when they are too many. */
export async function zipFolder(folder: string): Promise<ReadableStream<Uint8Array>> {
  const files: string[] = [];
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.push(path);
    bytes += (await stat(path)).size;
  }
  if (bytes > maxBytes || files.length > maxFiles) {
    throw new LamellaError('edit-refused', 'This export is too large for a zip file (4 GB or 65535 files).', {
      remedy: 'Export into a folder instead.',
    });
  }
  files.sort();
  return Readable.toWeb(Readable.from(zipChunks(folder, files), { objectMode: true })) as ReadableStream<Uint8Array>;
}

async function* zipChunks(folder: string, files: readonly string[]): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  const take = () => {
    const chunks = ready;
    ready = [];
    return chunks;
  };
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    ready.push(chunk);
  });
  for (const path of files) {
    const name = relative(folder, path).split(sep).join('/');
    const entry = compressible.has(extname(path)) ? new ZipDeflate(name, { level: 6 }) : new ZipPassThrough(name);
    zip.add(entry);
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      entry.push(chunk as Uint8Array);
      yield* take();
    }
    entry.push(new Uint8Array(0), true);
    yield* take();
  }
  zip.end();
  yield* take();
}
