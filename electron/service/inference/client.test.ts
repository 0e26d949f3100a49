import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ModelDescription } from '../../../native-models/packages/description.ts';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { PredictRequest } from '../api/contract.ts';
import { embeddingTag } from './embeddingFile.ts';
import { createInferenceClient, type InferenceClientOptions } from './client.ts';
import type { EmbeddingSource, InferenceClient, InferenceStatus } from './contract.ts';
import { findAppRoot } from '../appRoot.ts';
import { buildInferenceProcess } from './testing.ts';

const appRoot = findAppRoot(import.meta.url);
const click: PredictRequest = { points: [{ x: 60, y: 50, label: 1 }], box: null, refine: null };
const forever = new AbortController().signal;
let entry: string;
let folder: string;
const clients: InferenceClient[] = [];

beforeAll(async () => {
  entry = await buildInferenceProcess();
  folder = await mkdtemp(join(tmpdir(), 'lamella inference ä-'));
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function open(options: Partial<InferenceClientOptions> = {}): InferenceClient {
  const client = createInferenceClient({ appRoot, dataFolder: folder, entry, env: {}, ...options });
  clients.push(client);
  return client;
}

/** A bright disc on a dark ground, and how often its pixels were asked for. */
function disc(key: string, cacheFolder: string | null = null): EmbeddingSource & { reads: number } {
  const plane: PixelPlane = { widthPx: 160, heightPx: 120, samples: 1, data: new Uint8Array(160 * 120) };
  plane.data.forEach((_, at) => {
    plane.data[at] = Math.hypot((at % 160) - 60, Math.floor(at / 160) - 50) < 30 ? 210 : 40;
  });
  return {
    key,
    cacheFolder,
    imageKey: key,
    origin: { x: 0, y: 0 },
    valueRange: [0, 255],
    reads: 0,
    async readPixels() {
      this.reads++;
      return plane;
    },
  };
}

function ready(client: InferenceClient): Promise<InferenceStatus> {
  return new Promise((resolve) => {
    const stop = client.onStatus((status) => {
      if (status.state === 'starting') return;
      stop();
      resolve(status);
    });
  });
}

describe('inference client', () => {
  it('opens the embedded model ahead of the first request and says what it runs on', async () => {
    const client = open();
    const status = await ready(client);
    expect(status).toMatchObject({ state: 'ready', activeModel: { origin: 'embedded', family: 'sam2' } });
    expect(status.device?.name).not.toBe('');
    expect(await client.models()).toContainEqual(status.activeModel);
  });

  it('answers a prompt with candidates, encoding first; reads the pixels once', async () => {
    const client = open();
    const source = disc('a1');
    const prediction = await client.predict(source, click, forever);
    expect(prediction.candidates.length).toBeGreaterThan(0);
    for (const { mask, area, predictedIou } of prediction.candidates) {
      expect(area).toBe(mask.data.reduce((sum, value) => sum + value, 0));
      expect(mask.data.length).toBe(mask.width * mask.height);
      expect(Number.isFinite(predictedIou)).toBe(true);
    }
    const [best] = prediction.candidates;
    const refined = await client.predict(source, { ...click, refine: best!.id }, forever);
    expect(refined.candidates.length).toBeLessThanOrEqual(3);
    expect(await client.embed(source, forever)).toEqual({ encodeMs: null });
    expect(source.reads).toBe(1);
  });

  it('knows a candidate on its own image only', async () => {
    const client = open();
    const { candidates } = await client.predict(disc('b1'), click, forever);
    await client.embed(disc('b2'), forever);
    const refine = candidates[0]!.id;
    await expect(client.predict(disc('b2'), { ...click, refine }, forever)).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('fails the request during which the process is killed, and works again on the next one', async () => {
    const client = open();
    const source = disc('c1');
    const before = await client.predict(source, click, forever);
    const pid = client.pid()!;
    const running = client.predict(source, click, forever);
    process.kill(pid, 'SIGKILL');
    await expect(running).rejects.toMatchObject({ code: 'inference-failed' });
    expect(client.status().state).toBe('failed');

    const after = await client.predict(source, click, forever);
    expect(client.pid()).not.toBe(pid);
    expect(client.status()).toMatchObject({ state: 'ready', message: null });
    expect(after.candidates.map(({ mask }) => mask)).toEqual(before.candidates.map(({ mask }) => mask));
    await expect(client.predict(source, { ...click, refine: before.candidates[0]!.id }, forever)).rejects.toMatchObject(
      { code: 'not-found' },
    );
  });

  it('fails an encode during which the process is killed, and works again on the next one', async () => {
    const client = open();
    await ready(client);
    const source = disc('c2');
    const running = client.embed(source, forever);
    process.kill(client.pid()!, 'SIGKILL');
    await expect(running).rejects.toMatchObject({ code: 'inference-failed' });
    expect((await client.embed(source, forever)).encodeMs).toBeGreaterThan(0);
  });

  it('lets the newest prompt win over those that wait', async () => {
    const client = open();
    const source = disc('d1');
    const prompts = [1, 2, 3, 4].map((x) =>
      client.predict(source, { ...click, points: [{ x: 50 + x, y: 50, label: 1 }] }, forever),
    );
    const outcomes = await Promise.allSettled(prompts);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled']);
    for (const outcome of outcomes.slice(0, 3)) {
      expect(outcome).toMatchObject({ reason: { code: 'superseded' } });
    }
    expect(source.reads).toBe(1);
  });

  it('gives up a prompt that its caller aborts, and keeps the embedding that it began', async () => {
    const client = open();
    const source = disc('d2');
    const abort = new AbortController();
    const given = client.predict(source, click, abort.signal);
    abort.abort();
    await expect(given).rejects.toMatchObject({ code: 'superseded' });
    await expect(client.predict(source, click, AbortSignal.abort())).rejects.toMatchObject({ code: 'superseded' });
    expect((await client.predict(source, click, forever)).candidates.length).toBeGreaterThan(0);
  });

  it('puts a prompt before encodes that have not begun', async () => {
    const client = open();
    const shown = disc('e1');
    await client.embed(shown, forever);
    const order: string[] = [];
    const work = [
      client.embed(disc('e2'), forever).then(() => order.push('encode 2')),
      client.embed(disc('e3'), forever).then(() => order.push('encode 3')),
      client.predict(shown, click, forever).then(() => order.push('prompt')),
    ];
    await Promise.all(work);
    expect(order[0]).toBe('prompt');
  });

  it('stops an encoder that runs when its embed is cancelled, without harm to what waits', async () => {
    const client = open();
    const source = disc('f1');
    await client.embed(disc('f0'), forever);
    const pid = client.pid();
    const abort = new AbortController();
    const pixels = source.readPixels.bind(source);
    let begun: (() => void) | undefined;
    const reading = new Promise<void>((resolve) => {
      begun = resolve;
    });
    source.readPixels = async () => {
      begun?.();
      return pixels();
    };
    const embedding = client.embed(source, abort.signal);
    await reading;
    // The encode is posted within this turn, after the pixels were read; the encoder takes far longer than a turn.
    await new Promise((resolve) => setImmediate(resolve));
    const waiting = client.predict(disc('f0'), click, forever);
    abort.abort();
    await expect(embedding).rejects.toMatchObject({ code: 'cancelled' });
    expect((await waiting).candidates.length).toBeGreaterThan(0);
    expect(client.pid()).not.toBe(pid);
    expect(client.status().state).toBe('ready');
  });

  it('keeps embeddings on disk and computes a damaged one again', async () => {
    const cacheFolder = join(folder, 'cache', 'embeddings');
    const first = open();
    const source = disc('0a0b', cacheFolder);
    const before = await first.predict(source, click, forever);
    await first.close();
    const [file] = await readdir(cacheFolder);
    expect(file).toMatch(/^0a0b-[0-9a-f]{12}\.bin$/);

    const second = open();
    expect(await second.embed(source, forever)).toEqual({ encodeMs: null });
    const read = await second.predict(source, click, forever);
    expect(read.candidates.map(({ mask }) => mask)).toEqual(before.candidates.map(({ mask }) => mask));
    expect(source.reads).toBe(1);
    await second.close();

    const path = join(cacheFolder, file!);
    const whole = await readFile(path);
    const flipped = Buffer.from(whole);
    flipped[whole.length >> 1]! ^= 1;
    for (const damaged of [
      flipped,
      whole.subarray(0, 5000),
      Buffer.alloc(0),
      Buffer.from('LMEMBED1\xff\xff\xff\xff'),
    ]) {
      await writeFile(path, damaged);
      const client = open();
      expect((await client.embed(source, forever)).encodeMs).toBeGreaterThan(0);
      expect(whole.equals(await readFile(path))).toBe(true);
      await client.close();
    }
    expect(await readdir(cacheFolder)).toEqual([file]);
  });

  it('removes what was used longest ago when the disk’s share is full, and computes it again', async () => {
    const cacheFolder = join(folder, 'limited', 'embeddings');
    const measured = open();
    await measured.embed(disc('aa', cacheFolder), forever);
    await measured.close();
    const [file] = await readdir(cacheFolder);
    const { size } = await stat(join(cacheFolder, file!));
    // Room for two; the third makes the one that was used longest ago go.
    const client = open({ embeddingBytes: 1, embeddingDiskBytes: Math.floor(size * 2.5) });
    await client.embed(disc('bb', cacheFolder), forever);
    expect(await client.embed(disc('aa', cacheFolder), forever)).toEqual({ encodeMs: null });
    await client.embed(disc('cc', cacheFolder), forever);
    expect((await readdir(cacheFolder)).map((name) => name.slice(0, 2)).sort()).toEqual(['aa', 'cc']);
    expect((await client.embed(disc('bb', cacheFolder), forever)).encodeMs).toBeGreaterThan(0);
  });

  it('goes on when the cache folder can not be written, and says so', async () => {
    const blocked = join(folder, 'a file');
    await writeFile(blocked, '');
    const client = open();
    expect((await client.embed(disc('aa', join(blocked, 'cache')), forever)).encodeMs).toBeGreaterThan(0);
    expect(client.status().state).toBe('ready');
    expect(client.status().message).toMatch(/can't be stored/);
  });

  it('passes on why the pixels could not be read', async () => {
    const client = open();
    const source = { ...disc('ab'), readPixels: () => Promise.reject(new RangeError('cut short')) };
    await expect(client.predict(source, click, forever)).rejects.toThrow('cut short');
    expect((await client.embed(disc('ab'), forever)).encodeMs).toBeGreaterThan(0);
  });

  it('changes the model at once: what runs is superseded, what waits is answered by the other', async () => {
    const models = join(folder, 'models');
    await cp(join(appRoot, 'native-models', 'embedded', 'lamella-v3'), join(models, 'other'), { recursive: true });
    const described = join(models, 'other', 'model.json');
    const description = JSON.parse(await readFile(described, 'utf8')) as object;
    await writeFile(described, JSON.stringify({ ...description, name: 'other' }));
    const client = open();
    await client.embed(disc('ad'), forever);
    const pid = client.pid();
    const running = client.predict(disc('ad'), click, forever);
    const waiting = client.embed(disc('ae'), forever);
    client.useModel('other');
    expect(client.status()).toMatchObject({ state: 'starting', activeModel: null });
    await expect(running).rejects.toMatchObject({ code: 'superseded' });
    expect((await waiting).encodeMs).toBeGreaterThan(0);
    expect((await client.predict(disc('ae'), click, forever)).model).toBe('other');
    expect(client.pid()).not.toBe(pid);
    client.useModel(null);
    expect((await client.predict(disc('ad'), click, forever)).model).toBe('lamella-v3');
    client.useModel('nobody');
    await expect(client.embed(disc('ad'), forever)).rejects.toMatchObject({ code: 'not-found' });
    expect(client.status()).toMatchObject({ state: 'failed', activeModel: null });
    expect(client.status().message).toContain('Known models: lamella-v3');
  });

  it('keeps embeddings of graphs apart whose weights lie beside them', () => {
    const file = { path: 'a', sha256: '1', bytes: 1 };
    const described = { inputSize: 1024, preparation: {} } as ModelDescription;
    const tag = (sha256: string) =>
      embeddingTag({ ...described, files: { encoder: file, decoder: file, encoderWeights: { ...file, sha256 } } });
    expect(tag('2')).not.toBe(tag('3'));
    expect(tag('2')).not.toBe(embeddingTag({ ...described, files: { encoder: file, decoder: file } }));
  });

  it('says which model or provider is not there', async () => {
    await expect(open({ model: 'nobody' }).embed(disc('ac'), forever)).rejects.toMatchObject({ code: 'not-found' });
    const forced = open({ env: { LAMELLA_PROVIDER: 'dml' } });
    await expect(forced.embed(disc('ac'), forever)).rejects.toMatchObject({ code: 'inference-failed' });
    expect(forced.status()).toMatchObject({ state: 'failed', message: expect.stringContaining('dml') });
    const unbuilt = open({ entry: join(folder, 'nothing.mjs') });
    await expect(unbuilt.embed(disc('ac'), forever)).rejects.toMatchObject({ code: 'inference-failed' });
  });
});
