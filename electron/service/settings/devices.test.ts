import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readModelPackage } from '../../../native-models/packages/modelPackage.ts';
import type { Notice } from '../api/contract.ts';
import type { DeviceView, SettingsView } from '../api/settings.ts';
import type { EmbeddingSource } from '../inference/contract.ts';
import { createModelJobs } from '../models/modelJobs.ts';
import { bundleForTest } from '../testing/bundle.ts';
import { type DisguiseName, disguiseVariable } from '../testing/disguise.ts';
import { appRoot, type RunningService, startService } from '../testing/startService.ts';
import { tryDevices } from './tryDevices.ts';

const forever = new AbortController().signal;
let entry: string;
let modelEntry: string;
let dataFolder: string;
const running: RunningService[] = [];

beforeAll(async () => {
  entry = await bundleForTest('electron/service/testing/disguised-inference-process.ts');
  modelEntry = await bundleForTest('electron/service/testing/disguised-model-process.ts');
});
beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'lamella settings ö-'));
});
afterEach(async () => {
  delete process.env[disguiseVariable];
  await Promise.all(running.splice(0).map((service) => service.close()));
  await rm(dataFolder, { recursive: true, force: true });
});

interface Started extends RunningService {
  notices: Notice[];
  settings(): Promise<SettingsView>;
  webgpu(): Promise<DeviceView>;
}

/** A service whose WebGPU is in this disguise, in every process that it starts from now on. */
function start(disguise: DisguiseName): Started {
  wear(disguise);
  const service = startService(dataFolder, { entry, modelEntry });
  running.push(service);
  const notices: Notice[] = [];
  service.inference.onNotice((notice) => void notices.push(notice));
  const settings = () => service.json<SettingsView>('GET', '/api/settings');
  const webgpu = async () => (await settings()).devices.find(({ provider }) => provider === 'webgpu')!;
  return { ...service, notices, settings, webgpu };
}

const wear = (disguise: DisguiseName) => {
  process.env[disguiseVariable] = disguise;
};

/** On a busy computer a trial takes long; nothing here is about how long. */
const patience = 300_000;
const wait = { timeout: patience, interval: 100 };

async function runsOn(service: Started, provider: string): Promise<void> {
  await expect.poll(() => service.inference.status().device?.provider, wait).toBe(provider);
}

async function tried(service: Started): Promise<void> {
  await expect.poll(async () => (await service.settings()).triedAt, wait).not.toBe(null);
}

/** Encodes a plane of its own. */
const encode = ({ inference }: RunningService, key: string) => {
  const source: EmbeddingSource = {
    ...{ key, imageKey: key, origin: { x: 0, y: 0 }, cacheFolder: null, valueRange: [0, 255] },
    readPixels: async () => ({ widthPx: 40, heightPx: 30, samples: 1, data: new Uint8Array(1200).fill(90) }),
  };
  return inference.embed(source, forever);
};

describe('a model that is new to this computer', { timeout: patience }, () => {
  it('runs on the CPU at once, and on the device that proves itself from then on', async () => {
    const first = start('sound');
    await runsOn(first, 'cpu');
    await runsOn(first, 'webgpu');
    await expect.poll(() => first.notices, wait).toHaveLength(1);
    expect(first.notices[0]).toEqual({
      level: 'info',
      message: 'lamella-v3 now runs on WebGPU, 10.0 times as fast as on the CPU.',
    });
    expect(await first.webgpu()).toMatchObject({
      ...{ state: 'in-use', reason: null, available: true, difference: 0 },
      times: { encodeMs: 5000, promptMs: 5000 },
    });
    expect((await encode(first, 'a')).encodeMs).toBeGreaterThan(0);
    await first.close();

    // Remembered: a device that would be passed over now is not tried again.
    const second = start('garbage');
    const devices: (string | undefined)[] = [];
    second.inference.onStatus(({ device }) => void devices.push(device?.provider));
    await runsOn(second, 'webgpu');
    expect(devices).not.toContain('cpu');
    expect(second.notices).toEqual([]);
    expect(second.defects).toEqual([]);
  });

  it.each([
    ['garbage', 'it gives other numbers than the CPU'],
    ['crashes', 'its driver ended the process (signal SIGKILL)'],
  ] as const)('stays on the CPU where WebGPU does not prove itself (%s), and says why', async (disguise, reason) => {
    const service = start(disguise);
    await tried(service);
    const { device, failure } = await service.settings();
    expect(failure).toBe(null);
    expect(device?.provider).toBe('cpu');
    expect(await service.webgpu()).toMatchObject({ state: 'passed-over' });
    expect((await service.webgpu()).reason).toContain(reason);
    expect(service.notices).toEqual([]);
    expect((await encode(service, 'a')).encodeMs).toBeGreaterThan(0);
    expect(service.defects).toEqual([]);
  });

  it('is tried again on request, on every device', async () => {
    const service = start('garbage');
    await tried(service);
    wear('sound');
    expect(await service.json<SettingsView>('POST', '/api/settings/retry')).toMatchObject({ trying: true });
    await runsOn(service, 'webgpu');
  });

  it('stays on the CPU where nothing can be tried', async () => {
    const service = startService(dataFolder, { entry });
    running.push(service);
    const settings = () => service.json<SettingsView>('GET', '/api/settings');
    await expect.poll(async () => (await settings()).trialProblem?.message, wait).toContain('not built');
    expect(await settings()).toMatchObject({ triedAt: null, trying: false, device: { provider: 'cpu' } });
    expect(service.defects).toEqual([]);
  });

  it('is kept waiting by no device that hangs', async () => {
    wear('hangs');
    const model = await readModelPackage(join(appRoot, 'native-models', 'embedded', 'lamella-v3'), 'embedded');
    const trials = await tryDevices(model, {
      ...{ modelJobs: createModelJobs(modelEntry), providers: ['webgpu', 'cuda'], threads: 1, signal: forever },
      patience: { beginMs: 300_000, runMs: 1000, runTimes: 0 },
    });
    expect(trials).toMatchObject([
      { provider: 'webgpu', reason: 'it is far slower than the CPU (no answer within 1 s)' },
      { provider: 'cuda', reason: 'not in this test' },
    ]);
  });
});

describe('a device that fails in the middle of work', { timeout: patience }, () => {
  /** The trials of a sound WebGPU are remembered; then it gets the fault. */
  async function startProved(disguise: DisguiseName): Promise<Started> {
    const before = start('sound');
    await runsOn(before, 'webgpu');
    await before.close();
    const service = start(disguise);
    return service;
  }

  it.each([
    ['fails third encode', 'device lost'],
    ['crashes at second encode', 'it ended the inference process, signal SIGKILL'],
  ] as const)('(%s) is replaced, the request done again, and people are told', async (disguise, reason) => {
    const service = await startProved(disguise);
    await runsOn(service, 'webgpu');
    for (const key of ['a', 'b', 'c']) expect((await encode(service, key)).encodeMs).toBeGreaterThan(0);
    const { device } = service.inference.status();
    expect(device?.provider).toBe('cpu');
    const message = `WebGPU failed (${reason}); Lamella goes on with ${device?.name}.`;
    expect(service.notices).toEqual([{ level: 'warning', message }]);
    expect(service.inference.status()).toMatchObject({ state: 'ready', message });
    expect(await service.webgpu()).toMatchObject({ state: 'passed-over', reason });

    wear('sound');
    await service.json('POST', '/api/settings/retry');
    await runsOn(service, 'webgpu');
  });

  it('by ending the process that opens it is replaced, too', async () => {
    const service = await startProved('crashes when opened');
    expect((await encode(service, 'a')).encodeMs).toBeGreaterThan(0);
    expect(service.inference.status().device?.provider).toBe('cpu');
    expect(service.notices).toMatchObject([{ level: 'warning' }]);
  });

  it.each(['fails third encode', 'crashes at second encode'] as const)(
    '(%s) and is forced is not replaced',
    async (disguise) => {
      await writeFile(join(dataFolder, 'settings.json'), JSON.stringify({ provider: 'webgpu' }));
      const service = start(disguise);
      const outcomes = [];
      for (const key of ['a', 'b', 'c']) {
        outcomes.push(
          await encode(service, key).then(
            () => 'done',
            ({ code }) => code as string,
          ),
        );
        if (outcomes.at(-1) !== 'done') break;
      }
      expect(outcomes.at(-1)).toBe('inference-failed');
      expect(service.inference.status().state).toBe('failed');
      expect(service.notices).toEqual([]);
      expect(await encode(service, 'd')).toMatchObject({ encodeMs: expect.any(Number) as number });
      expect(service.inference.status().device?.provider).toBe('webgpu');
    },
  );
});

describe('settings', { timeout: patience }, () => {
  it('are kept, beside the choice of the model and keys of later versions', async () => {
    const path = join(dataFolder, 'settings.json');
    await writeFile(path, JSON.stringify({ model: null, later: [1] }));
    const service = start('sound');
    await runsOn(service, 'cpu');
    const view = await service.json<SettingsView>('PUT', '/api/settings', { provider: 'cpu', threads: 1 });
    expect(view).toMatchObject({ provider: 'cpu', threads: 1, problem: null });
    await expect.poll(() => service.inference.status().device?.name, wait).toBe('CPU (1 thread)');
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ model: null, later: [1], provider: 'cpu', threads: 1 });
  });

  it.each([
    ['{"provider": "abacus", "threads": 1}', 'provider', { provider: 'auto', threads: 1 }],
    ['{"provider": "cpu", "threads": 0}', 'threads', { provider: 'cpu', threads: null }],
    ['{"provi', 'settings.json', { provider: 'auto', threads: null }],
    ['[]', 'settings.json', { provider: 'auto', threads: null }],
  ])('that can’t be understood are at their defaults, and people are told: %s', async (text, named, expected) => {
    await writeFile(join(dataFolder, 'settings.json'), text);
    const service = start('garbage');
    const { problem, provider, threads } = await service.settings();
    expect(problem).toMatchObject({ code: 'file-damaged', message: expect.stringContaining(named) as string });
    expect({ provider, threads }).toEqual(expected);
    const mended = await service.json<SettingsView>('PUT', '/api/settings', { provider: 'auto', threads: null });
    expect(mended.problem).toBe(null);
  });

  it.each([{ provider: 'gpu', threads: null }, { provider: 'cpu', threads: 0 }, { provider: 'cpu' }, {}])(
    'that make no sense are refused: %j',
    async (body) => {
      const service = startService(dataFolder);
      running.push(service);
      expect(await service.failure('PUT', '/api/settings', body)).toMatchObject({ status: 400 });
    },
  );
});
