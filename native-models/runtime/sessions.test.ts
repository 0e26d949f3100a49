import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ModelPackage, readModelPackage } from '../packages/modelPackage.ts';
import { type DeviceInfo, type DevicePlan, fallbackNotice, type Provider } from './device.ts';
import { whyUnavailable } from './providers.ts';
import { onlyOn, openSessions } from './sessions.ts';
import { disguisedProviders } from './testing.ts';

const embeddedModel = resolve(import.meta.dirname, '../embedded/lamella-v3');
let model: ModelPackage;
let damaged: ModelPackage;

beforeAll(async () => {
  model = await readModelPackage(embeddedModel, 'embedded');
  const folder = await mkdtemp(join(tmpdir(), 'lamella sessions ö-'));
  await cp(join(embeddedModel, 'encoder.onnx'), join(folder, 'encoder.onnx'));
  await writeFile(join(folder, 'decoder.onnx'), 'this is no graph');
  damaged = { ...model, folder };
});
afterAll(() => rm(damaged.folder, { recursive: true, force: true }));

const unavailable = (['dml', 'coreml', 'cuda'] as const).filter((provider) => whyUnavailable(provider) !== null);

/** As chosen on Windows, where everything has proved itself. */
const plan: DevicePlan = { order: ['cuda', 'dml', 'cpu'], forced: false, passedOver: [], threads: 2 };
const everywhere = () => null;

describe('opening a model', () => {
  it('takes the first provider that opens and tells why each before it was passed over', async () => {
    const opened: Provider[] = [];
    const create = disguisedProviders({ dml: { openFails: 'no adapter' } }, opened);
    const withReason = { ...plan, passedOver: [{ provider: 'webgpu', reason: 'slow' }] } as const;
    const needs = { create, unavailable: (provider: Provider) => (provider === 'cuda' ? 'no library' : null) };
    const sessions = await openSessions(model, withReason, needs);
    expect(sessions.device).toEqual({
      provider: 'cpu',
      name: 'CPU (2 threads)',
      passedOver: [
        { provider: 'webgpu', reason: 'slow' },
        { provider: 'cuda', reason: 'no library' },
        { provider: 'dml', reason: 'no adapter' },
      ],
    });
    expect(opened).toEqual(['cpu']);
    await sessions.close();
  });

  it('tells what it is about to open: a driver may end the process', async () => {
    const opening: Provider[] = [];
    const create = disguisedProviders({ cuda: { openFails: 'no driver' } });
    const needs = { create, unavailable: everywhere, onOpening: (provider: Provider) => void opening.push(provider) };
    await (await openSessions(model, plan, needs)).close();
    expect(opening).toEqual(['cuda', 'dml']);
  });

  it('on a provider that is asked for passes over none', async () => {
    const sessions = await openSessions(model, 'cpu');
    const { device, encoder, decoder } = sessions;
    expect(device).toEqual({ provider: 'cpu', name: expect.stringMatching(/^CPU \(\d+ threads?\)$/), passedOver: [] });
    expect(encoder.inputNames).toEqual(['image']);
    expect(decoder.outputNames).toEqual(expect.arrayContaining(['low_res_masks', 'iou_predictions']));
    await sessions.close();
    for (const session of [encoder, decoder]) await expect(session.release()).rejects.toThrow(/disposed/);
  });

  // Each platform's own provider is on no other, so at least one can't be had anywhere.
  it.each(unavailable)('on %s, which is not here, fails and takes no other', async (provider) => {
    await expect(openSessions(model, provider)).rejects.toMatchObject({
      ...{ name: 'ModelError', code: 'inference-failed', path: model.folder },
      message: `The model ${model.description.name} can't be opened (${provider}: ${whyUnavailable(provider)}).`,
      remedy: expect.stringContaining('LAMELLA_PROVIDER') as string,
    });
  });

  it('with a graph that no provider reads fails with the reason of each', async () => {
    const failed = { name: 'ModelError', code: 'inference-failed', path: damaged.folder };
    await expect(openSessions(damaged, 'cpu')).rejects.toMatchObject({
      ...failed,
      message: expect.stringMatching(/\(cpu: [^;]*decoder\.onnx[^;]*\)\.$/) as string,
    });
    const needs = { create: disguisedProviders({}), unavailable: everywhere };
    await expect(openSessions(damaged, plan, needs)).rejects.toMatchObject({
      ...failed,
      message: expect.stringMatching(/\(cuda: .+; dml: .+; cpu: .+\)\.$/) as string,
    });
  });
});

describe('a device that fails in the middle of work', () => {
  const image = () => {
    const side = model.description.inputSize;
    return { image: new Tensor('float32', new Float32Array(3 * side * side).fill(0.5), [1, 3, side, side]) };
  };
  const bytesOf = ({ image_embeddings: { data } = {} as Tensor }: InferenceSession.ReturnType) =>
    Buffer.from((data as Float32Array).buffer);
  const broken = () => {
    throw new Error('broken');
  };
  const lost = (_: string, before: number) => {
    if (before === 1) throw new Error('/src/cuda_call.cc:133 CudaCall() was false. out of memory\nand more');
  };

  it('is replaced by the next one, which does the run again, and people are told', async () => {
    const opened: Provider[] = [];
    const told: string[] = [];
    const sessions = await openSessions(model, plan, {
      create: disguisedProviders({ cuda: { beforeRun: lost }, dml: { openFails: 'no adapter' } }, opened),
      unavailable: everywhere,
      onFallback: (failed, device) => void told.push(fallbackNotice(failed, device.name)),
    });
    const first = await sessions.run('encoder', image(), ['image_embeddings']);
    expect(sessions.device.provider).toBe('cuda');
    const again = await sessions.run('encoder', image(), ['image_embeddings']);
    expect(bytesOf(again).equals(bytesOf(first))).toBe(true);
    expect(sessions.device).toMatchObject({
      provider: 'cpu',
      passedOver: [
        { provider: 'cuda', reason: 'out of memory', failedInUse: true },
        { provider: 'dml', reason: 'no adapter' },
      ],
    });
    expect(told).toEqual(['CUDA failed (out of memory); Lamella goes on with CPU (2 threads).']);
    expect(opened).toEqual(['cuda', 'cpu']);
    await sessions.close();
  });

  it('and was asked for is not replaced', async () => {
    const create = disguisedProviders({ cuda: { beforeRun: lost } });
    const sessions = await openSessions(model, onlyOn('cuda', 1), { create, unavailable: everywhere });
    await sessions.run('encoder', image(), ['image_embeddings']);
    await expect(sessions.run('encoder', image(), ['image_embeddings'])).rejects.toThrow('out of memory');
    expect(sessions.device.provider).toBe('cuda');
    await sessions.close();
  });

  it('and is the last one fails the run', async () => {
    const create = disguisedProviders({
      cuda: { beforeRun: lost },
      dml: { beforeRun: broken },
      cpu: { beforeRun: broken },
    });
    const sessions = await openSessions(model, plan, { create, unavailable: everywhere });
    await sessions.run('encoder', image(), ['image_embeddings']);
    await expect(sessions.run('encoder', image(), ['image_embeddings'])).rejects.toThrow('broken');
    expect(sessions.device.passedOver.map(({ provider }) => provider)).toEqual(['cuda', 'dml']);
    await sessions.close();
  });
});

/** Opens the embedded model on WebGPU in a process of its own, whose Vulkan has the named driver only. */
async function openOnWebgpu(driver: string): Promise<DeviceInfo | { message: string }> {
  const entry = `
    import { readModelPackage } from './native-models/packages/modelPackage.ts';
    import { openSessions } from './native-models/runtime/sessions.ts';
    try {
      const sessions = await openSessions(await readModelPackage(process.argv[2], 'embedded'), 'webgpu');
      console.log(JSON.stringify(sessions.device));
      await sessions.close();
    } catch (error) {
      console.log(JSON.stringify({ message: error.message }));
    }`;
  const root = resolve(import.meta.dirname, '../..');
  const { outputFiles } = await build({
    ...{ stdin: { contents: entry, resolveDir: root, loader: 'ts' }, write: false, bundle: true },
    ...{ platform: 'node', format: 'esm', target: 'node20', packages: 'external', logLevel: 'error' },
  });
  const child = spawn(process.execPath, ['--input-type=module', '-', embeddedModel], {
    cwd: root,
    env: { ...process.env, VK_DRIVER_FILES: driver },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.end(outputFiles[0]!.text);
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk as string;
  return JSON.parse(text) as DeviceInfo | { message: string };
}

const softwareDriver = '/usr/lib/chromium/vk_swiftshader_icd.json';

describe.skipIf(process.platform !== 'linux' || whyUnavailable('webgpu') !== null)('WebGPU on request', () => {
  it('fails where there is no adapter, and the CPU does not take its place', async () => {
    const { message } = (await openOnWebgpu('/nonexistent.json')) as { message: string };
    expect(message).toMatch(/\(webgpu: .*adapter.*\)\.$/i);
    expect(message).not.toMatch(/cpu|\.cc:/);
  });

  it.skipIf(!existsSync(softwareDriver))('opens both graphs where there is one', async () => {
    const device = await openOnWebgpu(softwareDriver);
    expect(device).toEqual({ provider: 'webgpu', name: 'WebGPU', passedOver: [] });
  });
});
