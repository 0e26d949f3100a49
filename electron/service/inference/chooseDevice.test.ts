import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ModelPackage, readModelPackage } from '../../../native-models/packages/modelPackage.ts';
import type { Provider } from '../../../native-models/runtime/device.ts';
import type { ProviderTrial } from '../../../native-models/trials/tryProvider.ts';
import { findAppRoot } from '../appRoot.ts';
import { chooseDevice, type DeviceKnowledge } from './chooseDevice.ts';
import { machineFacts } from './machineFacts.ts';
import { recallTrials, recordOf, rememberTrials } from './trialMemory.ts';

const auto = { provider: null, threads: null };
const env = { VK_DRIVER_FILES: '/usr/share/vulkan/icd.d/radeon.json' };
const slow = 'it is slower than the CPU';
let model: ModelPackage;
let dataFolder: string;

beforeEach(async () => {
  model = await readModelPackage(
    join(findAppRoot(import.meta.url), 'native-models', 'embedded', 'lamella-v3'),
    'embedded',
  );
  dataFolder = await mkdtemp(join(tmpdir(), 'lamella devices ö-'));
});
afterEach(() => rm(dataFolder, { recursive: true, force: true }));

const trial = (provider: Provider, reason: string | null): ProviderTrial => ({
  ...{ provider, reason, difference: reason === null ? 1e-4 : null },
  times: { encodeMs: 10, promptMs: 1 },
  cpu: { encodeMs: 100, promptMs: 10 },
});

const remember = (trials: ProviderTrial[]) =>
  rememberTrials(dataFolder, recordOf(model.description, machineFacts(env, null), trials));

/** On Windows with every library, whatever this computer is. */
const choose = (wish = auto as Parameters<typeof chooseDevice>[1], knowledge: Partial<DeviceKnowledge> = {}) =>
  chooseDevice(model, wish, {
    ...{ dataFolder, env, failed: [], platform: 'win32', unavailable: () => null },
    ...knowledge,
  });

describe('the device of a model', () => {
  it('that is new to this computer is the CPU, until others are tried', async () => {
    const unavailable = (provider: Provider) => (provider === 'cuda' ? 'no library' : null);
    expect(await choose(auto, { unavailable })).toMatchObject({
      order: ['cpu'],
      forced: false,
      passedOver: [{ provider: 'cuda', reason: 'no library' }],
    });
  });

  it('is the best that proved itself; those after it stand by', async () => {
    await remember([trial('cuda', slow), trial('dml', null), trial('webgpu', null)]);
    const plan = await choose();
    expect(plan.order).toEqual(['dml', 'webgpu', 'cpu']);
    expect(plan.passedOver).toEqual([{ provider: 'cuda', reason: slow }]);
  });

  it('is not one whose library has gone', async () => {
    await remember([trial('cuda', null), trial('dml', null), trial('webgpu', slow)]);
    const unavailable = (provider: Provider) => (provider === 'cuda' ? 'its library is not installed' : null);
    expect((await choose(auto, { unavailable })).order).toEqual(['dml', 'cpu']);
  });

  it('is not one that failed in use', async () => {
    await remember([trial('cuda', null), trial('dml', null), trial('webgpu', slow)]);
    const lost = { provider: 'cuda', reason: 'device lost', failedInUse: true } as const;
    const plan = await choose(auto, { failed: [lost] });
    expect(plan.order).toEqual(['dml', 'cpu']);
    expect(plan.passedOver).toEqual([lost, { provider: 'webgpu', reason: slow }]);
  });

  it('is the one that is asked for, tried or not, and no other', async () => {
    await remember([trial('webgpu', slow)]);
    for (const provider of ['webgpu', 'tensorrt', 'cpu']) {
      const plan = await choose({ provider, threads: null });
      expect(plan).toMatchObject({ order: [provider], forced: true, passedOver: [] });
    }
    await expect(choose({ provider: 'gpu', threads: null })).rejects.toMatchObject({ code: 'inference-failed' });
  });

  it('has as many threads as are asked for, at most one for each CPU', async () => {
    expect((await choose({ provider: 'cpu', threads: 1 })).threads).toBe(1);
    expect((await choose({ provider: 'cpu', threads: 1000 })).threads).toBe(availableParallelism());
    expect((await choose()).threads).toBeGreaterThanOrEqual(1);
  });
});

describe('trials are remembered', () => {
  const facts = machineFacts(env, null);
  const recall = (now = facts) => recallTrials(dataFolder, model.description, now);

  it('for the same computer and model', async () => {
    await remember([trial('webgpu', null)]);
    expect(await recall()).toMatchObject({ name: 'lamella-v3', trials: [{ provider: 'webgpu', reason: null }] });
  });

  it('until something changes that they rest on', async () => {
    await remember([trial('webgpu', null)]);
    for (const name of ['onnxruntime', 'system', 'processor', 'VK_DRIVER_FILES', 'a new fact']) {
      expect(await recall({ ...facts, [name]: 'another' }), name).toBe(null);
    }
    const { VK_DRIVER_FILES: _, ...without } = facts;
    expect(await recall(without)).toBe(null);
    expect(await recall(machineFacts(env, 1))).toBe(null);
    const altered = structuredClone(model.description);
    altered.files.decoder.sha256 = 'f'.repeat(64);
    expect(await recallTrials(dataFolder, altered, facts)).toBe(null);
  });

  it('of several models, the newest of each', async () => {
    const other = structuredClone(model.description);
    other.files.encoder.sha256 = 'e'.repeat(64);
    await remember([trial('webgpu', slow)]);
    await rememberTrials(dataFolder, recordOf(other, facts, [trial('cuda', null)]));
    await remember([trial('webgpu', null)]);
    expect((await recall())?.trials).toEqual([trial('webgpu', null)]);
    expect((await recallTrials(dataFolder, other, facts))?.trials).toEqual([trial('cuda', null)]);
    const { records } = JSON.parse(await readFile(join(dataFolder, 'providers.json'), 'utf8')) as {
      records: unknown[];
    };
    expect(records).toHaveLength(2);
  });

  it.each(['', 'no JSON', '{"version": 2, "records": []}', '{"version": 1, "records": [{"model": "a"}]}'])(
    'but not from a note that says %j',
    async (text) => {
      await writeFile(join(dataFolder, 'providers.json'), text);
      expect(await recall()).toBe(null);
      await remember([trial('webgpu', null)]);
      expect(await recall()).not.toBe(null);
    },
  );

  it('in this run also where they can’t be written', async () => {
    await writeFile(join(dataFolder, 'no folder'), '');
    const blocked = join(dataFolder, 'no folder');
    const record = recordOf(model.description, facts, [trial('dml', null), trial('webgpu', slow)]);
    await expect(rememberTrials(blocked, record)).rejects.toMatchObject({ name: 'LamellaError' });
    const { order } = await choose(auto, { dataFolder: blocked, recent: [record] });
    expect(order).toEqual(['dml', 'cpu']);
  });
});
