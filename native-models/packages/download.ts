import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CatalogueEntry } from './catalogue.ts';
import { recordDownload, recordedHash } from './downloadRecord.ts';
import { hashFile } from './hashFile.ts';
import { ModelError } from './modelError.ts';
import { forgetNote, forgetPart, openPart, partPath, readBeginning } from './partialFile.ts';
import { fromSystem } from './systemError.ts';

/** What a download needs of a catalogue's entry. */
export type Downloadable = Pick<CatalogueEntry, 'address' | 'file' | 'bytes' | 'sha256'>;

export interface DownloadOptions {
  onProgress?: (doneBytes: number, totalBytes: number | null) => void;
  signal?: AbortSignal;
  /** Waits before going on after a connection was lost; as many times in a row as there are entries. */
  retryDelaysMs?: readonly number[];
}

export interface DownloadedFile {
  path: string;
  bytes: number;
  sha256: string;
  /**
   * published: the hash is the one that the catalogue states. recorded: nobody states one, but it is the file that came
   * from this address before. first: nobody states one, and nothing came from there before; show the hash.
   */
  verification: 'published' | 'recorded' | 'first';
}

/** A server that sends nothing for so long is given up. */
const silenceMs = 60_000;

/** The connection was lost on the way; what came is kept. */
class Interrupted extends Error {}

/**
 * Fetches a file into `folder`, going on where an earlier attempt ended (Range, If-Range). A file that lies there
 * already, because somebody put it there by hand, is checked and taken without any network.
 * @throws ModelError download-failed: with the address to fetch elsewhere and the place to put the file; disk-full,
 *   file-unreadable; AbortError, what came so far is kept
 */
export async function downloadFile(
  wanted: Downloadable,
  folder: string,
  options: DownloadOptions = {},
): Promise<DownloadedFile> {
  const path = join(folder, wanted.file);
  try {
    await mkdir(folder, { recursive: true });
    if (await exists(path)) return await check(wanted, path, path, folder, options.signal);
    await fetchAll(wanted, path, options);
    const checked = await checkPart(wanted, path, folder, options.signal);
    await rename(partPath(path), path);
    await forgetNote(path);
    await recordDownload(folder, wanted.address, checked.sha256, checked.bytes);
    return { ...checked, path };
  } catch (cause) {
    throw fromSystem(cause, path, `Downloading ${wanted.file}`);
  }
}

/** Until the part is whole: what was lost on the way is asked for again, unless nothing more comes. */
async function fetchAll(wanted: Downloadable, path: string, options: DownloadOptions): Promise<void> {
  const delays = options.retryDelaysMs ?? [1000, 3000, 10_000];
  let cameEver = false;
  for (let failures = 0; ; failures++) {
    const before = await sizeOf(partPath(path));
    try {
      return await fetchRest(wanted, path, options);
    } catch (cause) {
      options.signal?.throwIfAborted();
      if (!(cause instanceof Interrupted)) throw cause;
      const came = await sizeOf(partPath(path));
      if (came > before) {
        cameEver = true;
        failures = 0;
      }
      const delay = delays[failures];
      // Where nothing came at all there is no network, or no such server: people should not wait for that.
      if (!cameEver || delay === undefined) throw unreachable(wanted, path, cause, came);
      await pause(delay, options.signal);
    }
  }
}

async function fetchRest(wanted: Downloadable, path: string, options: DownloadOptions): Promise<void> {
  const beginning = await readBeginning(path, wanted.address);
  const silence = new AbortController();
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new Interrupted('the server fell silent')), silenceMs);
  };
  let timer = setTimeout(() => {}, 0);
  alive();
  try {
    const signal = options.signal ? AbortSignal.any([options.signal, silence.signal]) : silence.signal;
    const response = await ask(wanted.address, beginning, signal);
    if (response.status === 416) {
      await response.body?.cancel();
      // The whole file came before, but nobody looked at it; otherwise it is another file by now.
      if (totalOf(response) === beginning?.bytes) return;
      await forgetPart(path);
      throw new Interrupted('the file has changed');
    }
    await refuseStatus(response, wanted, path);
    const from = response.status === 206 ? (beginning?.bytes ?? 0) : 0;
    const total = totalOf(response) ?? wanted.bytes;
    if (total !== null && wanted.bytes !== null && total !== wanted.bytes) {
      await response.body?.cancel();
      throw wrongFile(wanted, path, `it has ${total} bytes, not ${wanted.bytes}`);
    }
    await receive(response, wanted.address, path, from, total, alive, options);
  } finally {
    clearTimeout(timer);
  }
}

async function ask(
  address: string,
  beginning: { bytes: number; validator: string } | null,
  signal: AbortSignal,
): Promise<Response> {
  // A compressed answer would make every count of bytes wrong.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (beginning) {
    headers.range = `bytes=${beginning.bytes}-`;
    headers['if-range'] = beginning.validator;
  }
  try {
    return await fetch(address, { headers, signal });
  } catch (cause) {
    throw new Interrupted(reasonOf(cause), { cause });
  }
}

async function refuseStatus(response: Response, wanted: Downloadable, path: string): Promise<void> {
  if (response.status === 200 || response.status === 206) return;
  await response.body?.cancel();
  const status = `${response.status} ${response.statusText}`.trim();
  if (response.status >= 500 || response.status === 429) throw new Interrupted(`the server answers ${status}`);
  throw new ModelError('download-failed', `${wanted.address} can't be fetched: the server answers ${status}.`, {
    path,
    remedy: `The file may have moved. Look for it at its source, put it at ${path} and download again, or add it from where it is.`,
  });
}

async function receive(
  response: Response,
  address: string,
  path: string,
  from: number,
  total: number | null,
  alive: () => void,
  { onProgress }: DownloadOptions,
): Promise<void> {
  const file = await openPart(path, address, response.headers, from);
  let done = from;
  try {
    onProgress?.(done, total);
    const reader = response.body?.getReader();
    for (;;) {
      const chunk = await reader?.read().catch((cause: unknown) => {
        throw new Interrupted(reasonOf(cause), { cause });
      });
      if (!chunk || chunk.done) break;
      alive();
      await file.write(chunk.value, 0, chunk.value.length, done);
      done += chunk.value.length;
      onProgress?.(done, total);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (total !== null && done < total) throw new Interrupted(`the connection ended after ${done} of ${total} bytes`);
}

/** Of the whole file, whichever part of it is sent. */
function totalOf({ status, headers }: Response): number | null {
  const text =
    status === 200 ? headers.get('content-length') : /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
  return text == null || !/^\d+$/.test(text) ? null : Number(text);
}

/** A part that is not the file that was meant is of no use to a later attempt either. */
async function checkPart(
  wanted: Downloadable,
  path: string,
  folder: string,
  signal?: AbortSignal,
): Promise<DownloadedFile> {
  try {
    return await check(wanted, partPath(path), path, folder, signal);
  } catch (cause) {
    if (cause instanceof ModelError) await forgetPart(path);
    throw cause;
  }
}

/** `at`: where the content lies now; `path`: where it is kept in the end. */
async function check(
  wanted: Downloadable,
  at: string,
  path: string,
  folder: string,
  signal?: AbortSignal,
): Promise<DownloadedFile> {
  const { size: bytes } = await stat(at);
  if (wanted.bytes !== null && bytes !== wanted.bytes) {
    throw wrongFile(wanted, path, `it has ${bytes} bytes, not ${wanted.bytes}`);
  }
  const sha256 = await hashFile(at, signal);
  const recorded = wanted.sha256 === null ? await recordedHash(folder, wanted.address) : null;
  const expected = wanted.sha256 ?? recorded;
  if (expected !== null && sha256 !== expected) {
    const before = recorded === null ? '' : ', which this address gave before';
    throw wrongFile(wanted, path, `its sha256 is ${sha256}, not ${expected}${before}`);
  }
  return { path, bytes, sha256, verification: wanted.sha256 ? 'published' : recorded ? 'recorded' : 'first' };
}

function wrongFile({ address, file }: Downloadable, path: string, why: string): ModelError {
  return new ModelError('download-failed', `${file} is not the file that the catalogue means: ${why}.`, {
    path,
    remedy:
      `Delete ${path} if it is there and download again. If this stays, the file at ${address} has changed: ` +
      'look at its source before you use it, and add it by hand if you trust it.',
  });
}

function unreachable({ address }: Downloadable, path: string, cause: Error, came: number): ModelError {
  const begun = came === 0 ? '' : ` ${came} bytes came and are kept: downloading again goes on from there.`;
  return new ModelError('download-failed', `${address} can't be reached (${cause.message}).${begun}`, {
    path,
    remedy:
      `Look whether this computer has a network. Otherwise fetch ${address} on one that has, ` +
      `put the file at ${path} and download again, or add it from where it is.`,
    cause,
  });
}

/** fetch says no more than "fetch failed"; the system's reason is below it. */
function reasonOf(cause: unknown): string {
  const below = (cause as { cause?: unknown } | null)?.cause;
  const deepest = below instanceof Error ? below : cause;
  const { code, message } = deepest as NodeJS.ErrnoException;
  return code ?? message ?? String(deepest);
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
  signal?.throwIfAborted();
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw cause;
  }
}
