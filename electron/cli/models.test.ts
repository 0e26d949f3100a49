import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findAppRoot } from '../service/appRoot.ts';
import { writeChosenModel } from '../service/models/chosenModel.ts';
import { buildCommandLine, type CommandResult, runCommand } from './testing.ts';

const root = findAppRoot(import.meta.url);
const embedded = join(root, 'native-models', 'embedded', 'lamella-v3');
const fixtures = join(root, '..', 'shared', 'fixtures');
const sample = join(root, 'assets', 'samples', 'powder-particles.png');
let entry: string;
let folder: string;
let data: string;

beforeAll(async () => {
  entry = await buildCommandLine();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lamella models ö-'));
  data = join(folder, 'data');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function models(...args: string[]): Promise<CommandResult> {
  return runCommand(entry, data, ['models', ...args]);
}

/** What a command that must succeed printed as its one document. */
async function json<T>(...args: string[]): Promise<T> {
  const { exitCode, stdout, stderr } = await models(...args, '--json');
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

const added = async () => (await readdir(join(data, 'models'))).sort();

describe('lamella models add', () => {
  it('adds a package, verifies it, and removes it again', async () => {
    const { exitCode, stdout, stderr } = await models('add', embedded, '--name', 'mine', '--json');
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ name: 'mine', family: 'sam2', architecture: 'lamella-conv', leftOut: [] },
      ...{ folder: join(data, 'models', 'mine'), precision: 'fp32, stored as fp16', licence: 'Apache-2.0' },
    });
    expect(stderr).toMatch(/100 % trying/);
    expect(await json('list')).toMatchObject([{ origin: 'embedded' }, { name: 'mine', origin: 'user' }]);

    const report = await json<{ checks: { what: string; state: string }[] }>('verify', 'mine');
    expect(report).toMatchObject({ name: 'mine', ok: true, device: { provider: 'cpu' } });
    expect(report.checks.every(({ state }) => state === 'ok')).toBe(true);

    expect(await json('remove', 'mine')).toEqual({ name: 'mine', removed: true });
    expect(await added()).toEqual([]);
  });

  const families = ['sam-vit', 'mobile-sam', 'sam-hq', 'efficient-sam', 'sam2.1-hiera'];
  it.skipIf(!existsSync(fixtures)).each(families)(
    'compiles a checkpoint of %s, by which predict answers',
    async (name) => {
      const place = join(fixtures, name);
      // Where shapes do not tell all.
      const config = existsSync(join(place, 'config.json')) ? ['--config', join(place, 'config.json')] : [];
      const family = name.startsWith('sam2') ? 'sam2' : 'sam';
      expect(await json('add', join(place, 'checkpoint.pt'), '--name', name, ...config)).toMatchObject({
        name,
        family,
      });
      expect(await json('verify', name)).toMatchObject({ ok: true });
      const prompt = ['--point', '300,300', '--model', name, '--json'];
      const { exitCode, stdout, stderr } = await runCommand(entry, data, ['predict', sample, ...prompt]);
      expect(exitCode, stderr).toBe(0);
      const candidates = JSON.parse(stdout) as { rle: { size: [number, number] }; area: number }[];
      expect(candidates.length).toBeGreaterThan(0);
      for (const { rle, area } of candidates) {
        expect(rle.size).toEqual([800, 1024]);
        expect(area).toBeGreaterThan(0);
      }
    },
  );

  it.skipIf(!existsSync(fixtures))('names a model after its file', async () => {
    const found = await json('add', join(fixtures, 'sam-vit', 'checkpoint.pt'));
    expect(found).toMatchObject({ name: 'checkpoint', leftOut: [] });
    expect(await added()).toEqual(['checkpoint']);
  });

  it('refuses a name that is taken, and says how to go on', async () => {
    const refused = await models('add', embedded, '--json');
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toContain('--name');
  });

  it('fails with a message on what is no checkpoint, and leaves nothing', async () => {
    const note = join(folder, 'note.pt');
    await writeFile(note, 'no weights');
    for (const file of [note, join(folder, 'nix.pt')]) {
      const failed = await models('add', file, '--json');
      expect(failed).toMatchObject({ exitCode: 1, stdout: '' });
      expect(failed.stderr).toContain(file);
      expect(failed.stderr).not.toContain('    at ');
    }
    expect(await added()).toEqual([]);
    const config = await models('add', note, '--config', note);
    expect(config).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('not a JSON object') });
  });

  it('takes unknown precisions and missing arguments for wrong usage', async () => {
    for (const args of [['add'], ['add', embedded, '--precision', 'fp8'], ['remove'], ['verify'], ['frobnicate']]) {
      expect(await models(...args), args.join(' ')).toMatchObject({ exitCode: 2, stdout: '' });
    }
  });
});

describe('lamella models remove', () => {
  it('refuses what was not added, and what is not there', async () => {
    expect(await models('remove', 'lamella-v3')).toMatchObject({
      ...{ exitCode: 1, stdout: '', stderr: expect.stringContaining('ships with Lamella') },
    });
    expect(await models('remove', 'nix')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('nix') });
  });

  it('tells that the workbench was set to use it', async () => {
    await json('add', embedded, '--name', 'mine');
    await writeChosenModel(data, 'mine');
    expect(await models('remove', 'mine')).toMatchObject({
      ...{ exitCode: 0, stderr: expect.stringContaining('choose another model') },
    });
  });
});

describe('lamella models verify', () => {
  it('finds an altered file, prints what it found, and fails', async () => {
    await json('add', embedded, '--name', 'mine');
    const path = join(data, 'models', 'mine', 'decoder.onnx');
    const bytes = await readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(path, bytes);
    const { exitCode, stdout, stderr } = await models('verify', 'mine', '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      checks: [{}, { what: 'file decoder', state: 'failed' }, {}],
    });
    expect(stderr).toContain('mine is not as it should be');
    expect((await models('verify', 'mine')).stdout).toContain('FAILED   file decoder');
  });
});

describe('lamella models download', () => {
  let server: Server;
  const mirror = () => join(folder, 'mirror.json');

  /** A catalogue of one entry on this machine. */
  async function serve(answer: (url: string) => Buffer | null): Promise<void> {
    server = createServer((request, response) => {
      const body = answer(request.url!);
      if (body) response.end(body);
      else response.writeHead(200, { etag: '"1"', 'content-length': 1000 }).write('begun');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const own = {
      name: 'own',
      title: 'Own',
      goodFor: 'tests',
      licence: 'MIT',
      reference: '',
      bytes: null,
      sha256: null,
    };
    await writeFile(mirror(), JSON.stringify([{ ...own, file: 'own.pt', address: `http://127.0.0.1:${port}/own.pt` }]));
    vi.stubEnv('LAMELLA_CATALOGUE', mirror());
  }
  afterEach(() => {
    vi.unstubAllEnvs();
    server?.closeAllConnections();
    server?.close();
  });

  it('lists the catalogue', async () => {
    const entries = await json<{ name: string; address: string }[]>('download');
    expect(entries.map(({ name }) => name)).toContain('sam-vit-b');
    expect((await models('download')).stdout).toContain('mobile-sam');
    expect(await models('download', 'nix')).toMatchObject({ exitCode: 1, stdout: '' });
  });

  it('adds what it fetched; without a network it says what to fetch and where to put it', async () => {
    await serve(() => Buffer.from('no weights'));
    const failed = await models('download', 'own', '--json');
    expect(failed).toMatchObject({ exitCode: 1, stdout: '' });
    // The file came and stays for the next attempt; it only is no checkpoint.
    expect(await readFile(join(data, 'downloads', 'own.pt'), 'utf8')).toBe('no weights');
    expect(await added()).toEqual([]);

    await rm(join(data, 'downloads'), { recursive: true });
    server.close();
    server.closeAllConnections();
    const offline = await models('download', 'own');
    expect(offline).toMatchObject({ exitCode: 1, stdout: '' });
    expect(offline.stderr).toContain('ECONNREFUSED');
    expect(offline.stderr).toContain(join(data, 'downloads', 'own.pt'));
  });

  it.skipIf(process.platform === 'win32')('is given up by Ctrl+C, and what came is kept', async () => {
    await serve(() => null);
    const env = { ...process.env, LAMELLA_DATA: data };
    const child = spawn(process.execPath, [entry, 'models', 'download', 'own'], { env });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const part = join(data, 'downloads', 'own.pt.part');
    await vi.waitUntil(async () => (await stat(part).catch(() => null))?.size === 5, { timeout: 20_000 });
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(1);
    expect(stderr).toContain('Given up');
    expect((await stat(part)).size).toBe(5);
  });
});
