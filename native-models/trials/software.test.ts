import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { fixtures, haveFixtures } from '../architectures/testing.ts';
import { compileCheckpoint } from '../compiler/compileCheckpoint.ts';
import { whyUnavailable } from '../runtime/providers.ts';
import type { Difference } from './difference.ts';
import type { ProviderTrial } from './tryProvider.ts';

const root = resolve(import.meta.dirname, '../..');
/** Debian's Chromium brings a Vulkan driver in software: far too slow to be taken, but it runs the same shaders. */
const softwareDriver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const haveDriver = whyUnavailable('webgpu') === null && existsSync(softwareDriver);
if (!haveDriver) console.log('No WebGPU driver in software is here: no model runs on WebGPU.');
else if (!haveFixtures) console.log('No fixtures are here: no trial is made on WebGPU.');

const trial = `
  import { readModelPackage } from './native-models/packages/modelPackage.ts';
  import { tryProvider } from './native-models/trials/tryProvider.ts';
  const model = await readModelPackage(process.argv[2], 'user');
  console.log(JSON.stringify(await tryProvider(model, 'webgpu', 1)));`;

/**
 * One encoding and, from it, one prompt that is a click and a box, on the CPU and on WebGPU: how far they lie apart. Each
 * further prompt would take a minute or more.
 */
const comparison = `
  import { readModelPackage } from './native-models/packages/modelPackage.ts';
  import { smokePicture, smokePoints } from './native-models/packages/smokePrediction.ts';
  import { openPredictor } from './native-models/predictor/predictor.ts';
  import { onlyOn } from './native-models/runtime/sessions.ts';
  import { differenceOf, whyNoOutputs } from './native-models/trials/difference.ts';
  const model = await readModelPackage(process.argv[2], 'embedded');
  const outputsOn = async (provider) => {
    const predictor = await openPredictor(model, onlyOn(provider, 1));
    const embedding = await predictor.encodeImage(smokePicture(), [0, 255]);
    const outputs = new Map(Object.entries(embedding.tensors).map(([name, { data }]) => [name, data]));
    const box = { x0: 58, y0: 42, x1: 150, y1: 134 };
    const [masks] = await predictor.predictBoxes(embedding, [{ box, point: smokePoints[0] }]);
    for (const { token, logits } of masks) outputs.set('mask ' + token, logits);
    await predictor.close();
    return outputs;
  };
  const [expected, found] = [await outputsOn('cpu'), await outputsOn('webgpu')];
  const why = whyNoOutputs(expected, found);
  const difference = why === null ? differenceOf(expected, found) : null;
  console.log(JSON.stringify({ names: [...expected.keys()], why, difference }));`;

/** Runs a module on a model's folder, in a process of its own, for the driver is chosen at its start. */
async function inSoftware<Answer>(module: string, folder: string): Promise<Answer> {
  const { outputFiles } = await build({
    ...{ stdin: { contents: module, resolveDir: root, loader: 'ts' }, write: false, bundle: true },
    ...{ platform: 'node', format: 'esm', target: 'node20', packages: 'external', logLevel: 'error' },
  });
  const child = spawn(process.execPath, ['--input-type=module', '-', folder], {
    cwd: root,
    env: { ...process.env, VK_DRIVER_FILES: softwareDriver },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.end(outputFiles[0]!.text);
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk as string;
  return JSON.parse(text) as Answer;
}

it.skipIf(!haveDriver || !haveFixtures)(
  'WebGPU in software gives the CPU’s numbers, and is told by its slowness',
  { timeout: 600_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lamella-trial-'));
    const options = {
      name: 'fixture',
      precision: 'fp32' as const,
      config: null,
      licence: 'Apache-2.0',
      source: 'fixture',
    };
    await compileCheckpoint(join(fixtures, 'sam-vit', 'checkpoint.pt'), folder, options);
    const made = await inSoftware<ProviderTrial>(trial, folder);
    await rm(folder, { recursive: true, force: true });
    expect(made.difference).toBeLessThan(5e-3);
    expect(made.cpu).not.toBe(null);
    // Which of two on the same processor is faster, no test can promise.
    if (made.reason !== null) expect(made.reason).toMatch(/^it is slower than the CPU \(image .+\)$/);
  },
);

interface Compared {
  names: string[];
  why: string | null;
  difference: Difference | null;
}

// Two busy cores take three minutes for it.
it.skipIf(!haveDriver)(
  'the model that ships gives the CPU’s embedding and logits on WebGPU in software',
  { timeout: 1_800_000 },
  async () => {
    const compared = await inSoftware<Compared>(comparison, join(root, 'native-models', 'embedded', 'lamella-v3'));
    expect(compared.why).toBe(null);
    expect(compared.names).toEqual([
      ...['image_embeddings', 'high_res_features_0', 'high_res_features_1'],
      ...['mask 0', 'mask 1', 'mask 2', 'mask 3'],
    ]);
    expect(compared.difference!.relative).toBeLessThan(5e-3);
  },
);
