import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { compileCheckpoint } from '../compiler/compileCheckpoint.ts';
import { whyUnavailable } from '../runtime/providers.ts';
import { fixtures, haveFixtures } from './testing.ts';

/** Debian's Chromium brings a Vulkan driver in software: slow, but it runs the same shaders. */
const softwareDriver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const canRun = haveFixtures && whyUnavailable('webgpu') === null && existsSync(softwareDriver);

/** Runs both graphs of a package on the CPU and on WebGPU; a process of its own, for the driver is chosen at its start. */
const entry = `
  import { InferenceSession, Tensor } from 'onnxruntime-node';
  import { readNpz, relativeError } from './native-models/architectures/testing.ts';
  const [folder, reference] = process.argv.slice(2);
  const expected = readNpz(reference);
  const tensor = ({ data, shape }) => new Tensor('float32', data, shape);
  // MobileSAM's reference does not tell what it made of its picture.
  const wave = () => new Tensor('float32', Float32Array.from({ length: 3 << 20 }, (_, i) => Math.sin(i * 0.37)), [1, 3, 1024, 1024]);
  const picture = expected.get('input_tensor') ?? expected.get('preprocessed');
  const image = picture ? tensor(picture) : wave();
  const errors = {};
  const answers = {};
  for (const provider of ['cpu', 'webgpu']) {
    const open = (role) =>
      InferenceSession.create(folder + '/' + role + '.onnx', { executionProviders: [provider], logSeverityLevel: 3 });
    const [encoder, decoder] = [await open('encoder'), await open('decoder')];
    const embedding = await encoder.run({ image });
    const side = 4 * embedding.image_embeddings.dims[2];
    const prompts = {
      point_coords: new Tensor('float32', Float32Array.of(120, 85, 36, 146, 0, 0), [1, 3, 2]),
      point_labels: new Tensor('float32', Float32Array.of(1, 0, -1), [1, 3]),
      mask_input: new Tensor('float32', new Float32Array(side * side), [1, 1, side, side]),
      has_mask_input: new Tensor('float32', Float32Array.of(0), [1]),
    };
    const known = Object.fromEntries(
      decoder.inputNames.map((name) => [name, prompts[name] ?? answers.cpu?.[name] ?? embedding[name]]),
    );
    answers[provider] = { ...embedding, ...(await decoder.run(known)) };
  }
  for (const [name, { data }] of Object.entries(answers.cpu)) {
    errors[name] = relativeError(answers.webgpu[name].data, data);
  }
  console.log(JSON.stringify(errors));`;

async function compareOnWebgpu(folder: string, reference: string): Promise<Record<string, number>> {
  const root = resolve(import.meta.dirname, '../..');
  const { outputFiles } = await build({
    ...{ stdin: { contents: entry, resolveDir: root, loader: 'ts' }, write: false, bundle: true },
    ...{ platform: 'node', format: 'esm', target: 'node20', packages: 'external', logLevel: 'error' },
  });
  const child = spawn(process.execPath, ['--input-type=module', '-', folder, reference], {
    cwd: root,
    env: { ...process.env, VK_DRIVER_FILES: softwareDriver },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.end(outputFiles[0]!.text);
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk as string;
  return JSON.parse(text) as Record<string, number>;
}

if (!canRun) console.log('No WebGPU driver in software or no fixtures are here: graphs are not run on WebGPU.');

describe.skipIf(!canRun)('on WebGPU', () => {
  const families = ['sam-vit', 'mobile-sam', 'sam-hq', 'efficient-sam', 'sam2.1-hiera'];
  it.each(families)('%s answers as on the CPU', { timeout: 300_000 }, async (name) => {
    const folder = await mkdtemp(join(tmpdir(), 'lamella-webgpu-'));
    const configPath = join(fixtures, name, 'config.json');
    const config = existsSync(configPath)
      ? (JSON.parse(readFileSync(configPath, 'utf8')) as Record<string, unknown>)
      : null;
    const options = { name, precision: 'fp32' as const, config, licence: 'Apache-2.0', source: 'fixture' };
    await compileCheckpoint(join(fixtures, name, 'checkpoint.pt'), folder, options);
    const errors = await compareOnWebgpu(folder, join(fixtures, name, 'expected.npz'));
    expect(Object.keys(errors)).toEqual(expect.arrayContaining(['image_embeddings', 'low_res_masks']));
    for (const [output, error] of Object.entries(errors)) expect(error, output).toBeLessThan(5e-3);
    await rm(folder, { recursive: true, force: true });
  });
});
