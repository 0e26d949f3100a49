import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import shipped from '../catalogue.json' with { type: 'json' };
import { addFromCatalogue } from './addFromCatalogue.ts';
import { catalogueEntry, readCatalogue } from './catalogue.ts';
import { type Downloadable, downloadFile } from './download.ts';
import { recordedHash } from './downloadRecord.ts';
import { ModelError } from './modelError.ts';

const content = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 31 + (at >> 7)) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');
const noWait = [0, 0, 0];

let folder: string;
let server: Server;
let requests: IncomingMessage[];
/** How the server answers at the moment. */
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'lamella downloads ö-')), 'downloads');
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(join(folder, '..'), { recursive: true, force: true });
});

function wanted(more: Partial<Downloadable> = {}): Downloadable {
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}/a.pt`, file: 'a.pt', bytes: content.length, sha256, ...more };
}

/** A server that knows ranges. `cutAfter`: it ends the connection after so many bytes of the first answers. */
function serving(file: Buffer, etag: string | null, cutAfter: number[] = []) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const { range, 'if-range': ifRange } = request.headers;
    const from = range !== undefined && ifRange === etag ? Number(/^bytes=(\d+)-$/.exec(range)![1]) : 0;
    if (etag !== null) response.setHeader('etag', etag);
    if (from >= file.length) {
      response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
      return;
    }
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': file.length - from,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` } : {}),
    });
    const cut = cutAfter.shift();
    if (cut === undefined) response.end(file.subarray(from));
    else {
      response.write(file.subarray(from, from + cut));
      // Not before all of it is in the part: what is on its way when a connection breaks is lost.
      const part = join(folder, 'a.pt.part');
      const arrived = async () => (await stat(part).catch(() => null))?.size === from + cut;
      void vi.waitUntil(arrived, { timeout: 30_000, interval: 5 }).then(() => response.destroy());
    }
  };
}

const files = async () => (await readdir(folder)).sort();

async function failureOf(work: Promise<unknown>): Promise<ModelError> {
  const failure = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(ModelError);
  return failure as ModelError;
}

describe('a download', () => {
  it('is checked, told as it comes, and kept under its name only', async () => {
    answer = serving(content, '"1"');
    const told: (number | null)[][] = [];
    const done = await downloadFile(wanted(), folder, { onProgress: (...progress) => told.push(progress) });
    const path = join(folder, 'a.pt');
    expect(done).toEqual({ path, bytes: content.length, sha256, verification: 'published' });
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(await files()).toEqual(['a.pt', 'downloads.json']);
    expect(told.at(-1)).toEqual([content.length, content.length]);
    expect(told.map(([bytes]) => bytes)).toEqual([...told].map(([bytes]) => bytes!).sort((a, b) => a! - b!));
  });

  it('goes on where the connection was lost, again and again', async () => {
    answer = serving(content, '"1"', [100_000, 50_000]);
    expect(await downloadFile(wanted(), folder, { retryDelaysMs: noWait })).toMatchObject({ sha256 });
    expect(requests.map(({ headers }) => [headers.range, headers['if-range']])).toEqual([
      [undefined, undefined],
      ['bytes=100000-', '"1"'],
      ['bytes=150000-', '"1"'],
    ]);
  });

  it('goes on at the next attempt where it was given up before', async () => {
    answer = serving(content, '"1"', [100_000]);
    const failure = await failureOf(downloadFile(wanted(), folder, { retryDelaysMs: [] }));
    expect(failure).toMatchObject({ code: 'download-failed', path: join(folder, 'a.pt') });
    expect(failure.message).toContain('100000 bytes came and are kept');
    expect((await stat(join(folder, 'a.pt.part'))).size).toBe(100_000);

    expect(await downloadFile(wanted(), folder)).toMatchObject({ sha256 });
    expect(requests.at(-1)!.headers.range).toBe('bytes=100000-');
    expect(await files()).toEqual(['a.pt', 'downloads.json']);
  });

  it('begins anew where the file has changed meanwhile, or has no name for its versions', async () => {
    for (const [before, after] of [
      ['"old"', '"new"'],
      ['W/"weak"', 'W/"weak"'],
      [null, null],
    ] as const) {
      answer = serving(Buffer.alloc(content.length, 7), before, [100_000]);
      await failureOf(downloadFile(wanted(), folder, { retryDelaysMs: [] }));
      answer = serving(content, after);
      expect(await downloadFile(wanted(), folder)).toMatchObject({ sha256 });
      await rm(folder, { recursive: true });
    }
  });

  it('takes a part that is whole already', async () => {
    answer = serving(content, '"1"', [content.length - 1]);
    await failureOf(downloadFile(wanted(), folder, { retryDelaysMs: [] }));
    await writeFile(join(folder, 'a.pt.part'), content);
    expect(await downloadFile(wanted(), folder)).toMatchObject({ sha256 });
  });

  it('stops when it is aborted, keeps what came, and goes on later', async () => {
    answer = (_, response) => {
      response.writeHead(200, { etag: '"1"', 'content-length': content.length });
      response.write(content.subarray(0, 100_000));
    };
    const abort = new AbortController();
    const onProgress = (bytes: number) => {
      if (bytes === 100_000) abort.abort();
    };
    const download = downloadFile(wanted(), folder, { signal: abort.signal, onProgress });
    await expect(download).rejects.toMatchObject({ name: 'AbortError' });
    answer = serving(content, '"1"');
    expect(await downloadFile(wanted(), folder)).toMatchObject({ sha256 });
    expect(requests.at(-1)!.headers.range).toBe('bytes=100000-');
  });

  it('of another content is refused and leaves nothing', async () => {
    answer = serving(Buffer.alloc(content.length, 7), '"1"');
    const failure = await failureOf(downloadFile(wanted(), folder));
    expect(failure).toMatchObject({ code: 'download-failed', remedy: expect.stringContaining('/a.pt') as string });
    expect(failure.message).toContain(sha256);
    expect(await files()).toEqual([]);
  });

  it('of another size is refused before it is fetched', async () => {
    answer = serving(content, '"1"');
    const failure = await failureOf(downloadFile(wanted({ bytes: 5 }), folder));
    expect(failure.message).toContain(`${content.length} bytes, not 5`);
    expect(await files()).toEqual([]);
  });

  it('says where to look when the server has no such file', async () => {
    answer = (_, response) => response.writeHead(404).end('nothing');
    const failure = await failureOf(downloadFile(wanted(), folder));
    expect(failure).toMatchObject({ code: 'download-failed', remedy: expect.stringContaining(join(folder, 'a.pt')) });
    expect(failure.message).toContain('404');
  });

  it('says what to fetch and where to put it when there is no network, at once; then takes the file from there', async () => {
    answer = serving(content, '"1"');
    const entry = wanted();
    server.close();
    await once(server, 'close');
    const failure = await failureOf(downloadFile(entry, folder));
    expect(failure.message).toContain('ECONNREFUSED');
    expect(failure.remedy).toContain(entry.address);
    expect(failure.remedy).toContain(join(folder, 'a.pt'));

    await writeFile(join(folder, 'a.pt'), content);
    expect(await downloadFile(entry, folder)).toMatchObject({ verification: 'published', sha256 });
    await writeFile(join(folder, 'a.pt'), content.subarray(1));
    expect(await failureOf(downloadFile(entry, folder))).toMatchObject({ code: 'download-failed' });
    expect(await files()).toContain('a.pt');
  });

  it('without a stated hash is told as such, and compared with what came before', async () => {
    const entry = wanted({ sha256: null, bytes: null });
    answer = serving(content, '"1"');
    expect(await downloadFile(entry, folder)).toMatchObject({ verification: 'first', sha256 });
    expect(await recordedHash(folder, entry.address)).toBe(sha256);
    await rm(join(folder, 'a.pt'));
    expect(await downloadFile(entry, folder)).toMatchObject({ verification: 'recorded' });
    await rm(join(folder, 'a.pt'));
    answer = serving(Buffer.alloc(10), '"2"');
    expect((await failureOf(downloadFile(entry, folder))).message).toContain('which this address gave before');
  });
});

describe('the catalogue', () => {
  it('that ships names https addresses, each model and file once', async () => {
    const entries = await readCatalogue({});
    expect(entries.map(({ name }) => name)).toEqual(shipped.map(({ name }) => name));
    for (const { address, reference, licence } of entries) {
      expect(address).toMatch(/^https:\/\//);
      expect(reference).toMatch(/^https:\/\/github\.com\//);
      expect(licence).not.toBe('');
    }
    for (const key of ['name', 'file', 'address'] as const) {
      expect(new Set(entries.map((entry) => entry[key])).size).toBe(entries.length);
    }
    expect(() => catalogueEntry(entries, 'nix')).toThrow('no model called nix');
  });

  it('takes entries of a lab’s own first, and says what is wrong with them', async () => {
    const own = join(folder, '..', 'own.json');
    const mirrored = { ...shipped[0]!, address: 'http://mirror.lab/mobile_sam.pt' };
    await writeFile(own, JSON.stringify([mirrored]));
    const entries = await readCatalogue({ LAMELLA_CATALOGUE: own });
    expect(entries).toHaveLength(shipped.length);
    expect(entries[0]).toEqual(mirrored);
    await writeFile(own, JSON.stringify([{ ...mirrored, address: 'ftp://mirror.lab/a' }]));
    expect(await failureOf(readCatalogue({ LAMELLA_CATALOGUE: own }))).toMatchObject({
      code: 'model-invalid',
      path: own,
    });
  });

  it('gives a checkpoint out of a zip archive to be added, and keeps it only where that fails', async () => {
    const zip = Buffer.from(zipSync({ 'weights/b.pt': content, 'other.txt': Buffer.from('x') }));
    answer = serving(zip, '"1"');
    const entry = { ...catalogueEntry(await readCatalogue({}), 'efficient-sam-s') };
    Object.assign(entry, { address: wanted().address, file: 'b.pt.zip', member: 'b.pt' });
    const folders = { models: 'unused', downloads: folder };
    const failing = () => Promise.reject(new ModelError('checkpoint-unsupported', 'unknown'));
    await failureOf(addFromCatalogue(entry, folders, failing, {}, { precision: 'fp32' }));
    expect(await files()).toEqual(['b.pt', 'b.pt.zip', 'downloads.json']);

    const seen: unknown[] = [];
    const adding = async (file: string, _: string, options: object) => {
      seen.push((await readFile(file)).equals(content), options);
      return { model: {} as never, architecture: '', leftOut: [] };
    };
    const added = await addFromCatalogue(entry, folders, adding, {}, { precision: 'int8' });
    expect(added.download).toMatchObject({ verification: 'recorded' });
    expect(seen).toMatchObject([true, { name: 'efficient-sam-s', precision: 'int8', licence: 'Apache-2.0' }]);
    expect(await files()).toEqual(['downloads.json']);
  });
});
