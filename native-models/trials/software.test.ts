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
import type { ProviderTrial } from './tryProvider.ts';

/** Debian's Chromium brings a Vulkan driver in software: far too slow to be taken, but it runs the same shaders. */
const softwareDriver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const canRun = haveFixtures && whyUnavailable('webgpu') === null && existsSync(softwareDriver);
if (!canRun) console.log('No WebGPU driver in software or no fixtures are here: no trial is made on WebGPU.');

const entry = `
  import { readModelPackage } from './native-models/packages/modelPackage.ts';
  import { tryProvider } from './native-models/trials/tryProvider.ts';
  const model = await readModelPackage(process.argv[2], 'user');
  console.log(JSON.stringify(await tryProvider(model, 'webgpu', 1)));`;

/** In a process of its own, for the driver is chosen at its start. */
async function tryWebgpu(folder: string): Promise<ProviderTrial> {
  const root = resolve(import.meta.dirname, '../..');
  const { outputFiles } = await build({
    ...{ stdin: { contents: entry, resolveDir: root, loader: 'ts' }, write: false, bundle: true },
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
  return JSON.parse(text) as ProviderTrial;
}

it.skipIf(!canRun)(
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
    const trial = await tryWebgpu(folder);
    await rm(folder, { recursive: true, force: true });
    expect(trial.difference).toBeLessThan(5e-3);
    expect(trial.cpu).not.toBe(null);
    // Which of two on the same processor is faster, no test can promise.
    if (trial.reason !== null) expect(trial.reason).toMatch(/^it is slower than the CPU \(image .+\)$/);
  },
);
