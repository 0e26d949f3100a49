import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ModelPackage, readModelPackage } from '../packages/modelPackage.ts';
import type { DeviceInfo } from './device.ts';
import { type Provider, providerOrder, whyUnavailable } from './providers.ts';
import { openSessions } from './sessions.ts';

const embeddedModel = resolve(import.meta.dirname, '../embedded/lamella-v1');
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

const unavailable = (['dml', 'coreml', 'cuda'] satisfies Provider[]).filter(
  (provider) => whyUnavailable(provider) !== null,
);

describe('opening a model', () => {
  it('takes the first provider that works and tells why each before it was passed over', async () => {
    const { device, close } = await openSessions(model, null);
    await close();
    const taken = providerOrder.indexOf(device.provider);
    expect(device.passedOver.map(({ provider }) => provider)).toEqual(providerOrder.slice(0, taken));
    for (const { provider, reason } of device.passedOver) {
      expect(reason).toMatch(/\w/);
      const known = whyUnavailable(provider as Provider);
      if (known !== null) expect(reason).toBe(known);
    }
  });

  it('on a provider that is asked for passes over none', async () => {
    const { device, encoder, decoder, close } = await openSessions(model, 'cpu');
    expect(device).toEqual({ provider: 'cpu', name: expect.stringMatching(/^CPU \(\d+ threads?\)$/), passedOver: [] });
    expect(encoder.inputNames).toEqual(['image']);
    expect(decoder.outputNames).toEqual(expect.arrayContaining(['low_res_masks', 'iou_predictions']));
    await close();
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
    const inOrder = new RegExp(`\\(${providerOrder.map((provider) => `${provider}: .+`).join('; ')}\\)\\.$`);
    await expect(openSessions(damaged, null)).rejects.toMatchObject({
      ...failed,
      message: expect.stringMatching(inOrder) as string,
    });
  });
});

/** Opens the embedded model on WebGPU in a process of its own, whose Vulkan has the named driver only. */
async function openOnWebgpu(driver: string): Promise<DeviceInfo | { message: string }> {
  const entry = `
    import { readModelPackage } from './native-models/packages/modelPackage.ts';
    import { openSessions } from './native-models/runtime/sessions.ts';
    try {
      const { device, close } = await openSessions(await readModelPackage(process.argv[2], 'embedded'), 'webgpu');
      await close();
      console.log(JSON.stringify(device));
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
