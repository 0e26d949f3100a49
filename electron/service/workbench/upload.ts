import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fromSystemError, LamellaError } from '../errors.ts';
import { isMicrographFile } from '../micrographs/index.ts';

/** Larger files are for opening from disk, not for sending through a browser. */
const maxUploadBytes = 4 * 1024 ** 3;

/** An uploaded micrograph; see {@link receiveFile}. */
export async function receiveUpload(
  folder: string,
  name: string,
  body: ReadableStream<Uint8Array>,
  limitBytes: number = maxUploadBytes,
): Promise<string> {
  const fileName = safeFileName(name);
  if (!isMicrographFile(fileName)) {
    throw new LamellaError('file-unsupported', `${fileName} is not a kind of file that Lamella reads.`, {
      path: fileName,
      remedy: 'Convert it to TIFF, OME-TIFF, PNG or JPEG.',
    });
  }
  return receiveFile(folder, fileName, body, limitBytes);
}

/**
 * Writes an uploaded file into `folder` and gives its path. It appears there only when it is whole; the same content
 * under the same name is not stored twice, other content under a name that is taken gets a number.
 * @param fileName see {@link safeFileName}
 */
export async function receiveFile(
  folder: string,
  fileName: string,
  body: ReadableStream<Uint8Array>,
  limitBytes: number = maxUploadBytes,
): Promise<string> {
  const temporary = join(folder, `.upload-${randomUUID()}`);
  try {
    const hash = await writeHashed(temporary, body, limitBytes, fileName);
    return await placeFile(folder, fileName, temporary, hash);
  } catch (cause) {
    throw fromSystemError(cause, join(folder, fileName), 'Receiving an upload');
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The last part of a name, without what a file system of any platform refuses. */
export function safeFileName(name: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? '';
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out.
  const safe = last.replace(/[\u0000-\u001f<>:"|?*\u007f]/g, '_').replace(/^\.+|[. ]+$/g, '');
  if (safe === '' || Buffer.byteLength(safe) > 240) {
    throw new LamellaError('bad-request', `"${name}" cannot be the name of a file.`, { remedy: 'Rename the file.' });
  }
  return safe;
}

async function writeHashed(
  path: string,
  body: ReadableStream<Uint8Array>,
  limitBytes: number,
  name: string,
): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx');
  try {
    let length = 0;
    for await (const chunk of body) {
      length += chunk.length;
      if (length > limitBytes) {
        throw new LamellaError('bad-request', `${name} is larger than an upload may be (${limitBytes} bytes).`, {
          remedy: 'Open it from disk instead, by its path.',
        });
      }
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

async function placeFile(folder: string, name: string, temporary: string, hash: string): Promise<string> {
  const ending = extname(name);
  const stem = name.slice(0, name.length - ending.length);
  for (let number = 1; ; number++) {
    const path = join(folder, number === 1 ? name : `${stem} (${number})${ending}`);
    if (await reserve(path)) {
      await rename(temporary, path);
      return path;
    }
    if ((await hashFile(path)) === hash) return path;
  }
}

/** Makes an empty file that the upload then replaces; false when the name is taken. */
async function reserve(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
