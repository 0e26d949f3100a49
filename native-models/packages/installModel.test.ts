import { cp, mkdir, mkdtemp, open, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { compileCheckpoint } from '../compiler/compileCheckpoint.ts';
import { findModels } from './findModels.ts';
import {
  addModel,
  type AddOptions,
  type AddProgress,
  damagedUserModel,
  removeModel,
  removeModelCalled,
} from './installModel.ts';
import { ModelError } from './modelError.ts';
import { modelNameOf } from './modelName.ts';
import { readModelPackage } from './modelPackage.ts';
import { verifyModel } from './verifyModel.ts';

const embeddedModel = resolve(import.meta.dirname, '../embedded/lamella-v3');
let root: string;
let models: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lamella adding ö-'));
  models = join(root, 'data', 'models');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const fp32 = { precision: 'fp32' } as const;
const add = (file: string, options: Partial<AddOptions> = {}) => addModel(file, models, { ...fp32, ...options });

/** Stands for the compiler: the graphs of the model that ships, under the name that was asked for. */
const compile: typeof compileCheckpoint = async (_, folder, { name, onProgress, signal }) => {
  await cp(embeddedModel, folder, { recursive: true });
  onProgress?.({ stage: 'encoder', fraction: 0.5 });
  signal?.throwIfAborted();
  const path = join(folder, 'model.json');
  await writeFile(path, JSON.stringify({ ...(JSON.parse(await readFile(path, 'utf8')) as object), name }));
  const { description } = await readModelPackage(folder, 'user');
  return { description, architecture: 'a stand-in', leftOut: ['further.weight'] };
};

async function checkpoint(name: string): Promise<string> {
  const path = join(root, name);
  await writeFile(path, 'weights');
  return path;
}

async function failureOf(work: Promise<unknown>): Promise<ModelError> {
  const failure = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(ModelError);
  return failure as ModelError;
}

const inModels = async () => (await readdir(models)).sort();

describe('adding a model', () => {
  it('makes a package under the file’s name, tells how far it is, and keeps what it computed', async () => {
    const told: AddProgress[] = [];
    const added = await add(await checkpoint('my Zellen é.pt'), { compile, onProgress: (step) => told.push(step) });
    expect(added).toMatchObject({ architecture: 'a stand-in', leftOut: ['further.weight'] });
    expect(added.model).toMatchObject({ folder: join(models, 'my-Zellen-e'), origin: 'user' });
    expect(await inModels()).toEqual(['my-Zellen-e']);
    const fractions = told.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(told.at(-1)).toEqual({ stage: 'trying', fraction: 1 });

    const found = await findModels([{ folder: models, origin: 'user' }]);
    expect(found).toMatchObject({ models: [{ description: { name: 'my-Zellen-e' } }], problems: [] });
    const report = await verifyModel(found.models[0]!, 'cpu');
    expect(report).toMatchObject({ name: 'my-Zellen-e', ok: true, device: { provider: 'cpu' } });
    expect(report.checks.filter(({ expected }) => expected !== undefined).length).toBeGreaterThan(10);
  });

  it('copies a folder that is a package already, and nothing that does not belong to it', async () => {
    const ready = join(root, 'ready');
    await cp(embeddedModel, ready, { recursive: true });
    await writeFile(join(ready, 'private.txt'), 'x');
    await mkdir(join(ready, 'more'));
    const { model } = await add(ready, { name: 'copy' });
    expect(model.description.name).toBe('copy');
    const files = ['MODEL_CARD.md', 'decoder.onnx', 'encoder.onnx', 'expected.json', 'model.json'];
    expect((await readdir(model.folder)).sort()).toEqual(files);

    // A copy of the copy brings its expected figures along, and they are held against what comes out here.
    const again = await add(model.folder, { name: 'again' });
    expect(await readFile(join(again.model.folder, 'expected.json'), 'utf8')).toBe(
      await readFile(join(model.folder, 'expected.json'), 'utf8'),
    );
    const expected = join(model.folder, 'expected.json');
    const figures = JSON.parse(await readFile(expected, 'utf8')) as { figures: { embedding: { rms: number } } };
    figures.figures.embedding.rms *= 1.1;
    await writeFile(expected, JSON.stringify(figures));
    expect(await failureOf(add(model.folder, { name: 'third' }))).toMatchObject({
      code: 'model-invalid',
      message: expect.stringContaining('embedding, root mean square') as string,
    });
    expect(await inModels()).toEqual(['again', 'copy']);
  });

  it('refuses a name that is taken, here or elsewhere, or that is none', async () => {
    const file = await checkpoint('cells.pt');
    await add(file, { compile });
    for (const options of [{}, { name: 'Lamella-V3', taken: ['lamella-v3'] }]) {
      expect(await failureOf(add(file, { compile, ...options }))).toMatchObject({
        code: 'model-refused',
        remedy: expect.stringContaining('--name') as string,
      });
    }
    for (const name of ['../out', '', '.hidden', 'con', 'a b', 'a.', 'x'.repeat(65)]) {
      expect(await failureOf(add(file, { compile, name }))).toMatchObject({ code: 'model-refused' });
    }
    expect(await inModels()).toEqual(['cells']);
  });

  it('leaves nothing behind when it fails or is given up', async () => {
    const file = await checkpoint('cells.pt');
    const full: typeof compile = async (_, folder) => {
      await writeFile(join(folder, 'encoder.onnx'), 'half');
      throw Object.assign(new Error('no space'), { code: 'ENOSPC', path: join(folder, 'encoder.onnx') });
    };
    expect(await failureOf(add(file, { compile: full }))).toMatchObject({ code: 'disk-full' });
    const unknown: typeof compile = () => Promise.reject(new ModelError('checkpoint-unsupported', 'unknown'));
    expect(await failureOf(add(file, { compile: unknown }))).toMatchObject({ code: 'checkpoint-unsupported' });
    const broken: typeof compile = async (path, folder, options) => {
      const made = await compile(path, folder, options);
      await truncate(join(folder, 'decoder.onnx'), 100);
      return made;
    };
    expect(await failureOf(add(file, { compile: broken }))).toMatchObject({ code: 'model-invalid' });

    const abort = new AbortController();
    const aborted = add(file, { compile, signal: abort.signal, onProgress: () => abort.abort() });
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect(await inModels()).toEqual([]);
    expect(await failureOf(add(join(root, 'nix.pt'), { compile }))).toMatchObject({ code: 'file-missing' });
  });

  it('clears away what a crash left, but not what another process is making', async () => {
    const host = hostname().replace(/[^A-Za-z0-9]/g, '');
    const left = join(models, `.adding-${host}-999999999-abc`);
    const running = `.adding-${host}-${process.pid}-abc`;
    await cp(embeddedModel, left, { recursive: true });
    await cp(embeddedModel, join(models, running), { recursive: true });
    expect(await findModels([{ folder: models, origin: 'user' }])).toMatchObject({ models: [], problems: [] });
    await add(await checkpoint('cells.pt'), { compile });
    expect(await inModels()).toEqual([running, 'cells']);
  });

  it.each([
    ['/a/sam_vit_b_01ec64.pth', 'sam_vit_b_01ec64'],
    ['/a/cells.encoder.onnx', 'cells'],
    ['/a/cells_decoder.onnx', 'cells'],
    ['/a/cells/encoder.onnx', 'cells'],
    ['/a/Modèle (2).safetensors', 'Modele-2'],
    ['/a/细胞.pt', 'model'],
    ['/a/con.pt', 'model-con'],
    ['/a/…x….pt', 'x'],
  ])('takes its name from %s: %s', (path, name) => {
    expect(modelNameOf(path)).toBe(name);
  });
});

describe('removing a model', () => {
  it('takes away what the user added, and nothing else', async () => {
    const { model } = await add(await checkpoint('cells.pt'), { compile });
    for (const origin of ['embedded', 'environment'] as const) {
      const refused = await failureOf(removeModel({ ...model, origin }, models));
      expect(refused).toMatchObject({ code: 'model-refused', remedy: expect.any(String) as string });
    }
    expect(await failureOf(removeModel({ ...model, folder: embeddedModel }, models))).toMatchObject({
      code: 'model-refused',
    });
    await removeModel(model, models);
    expect(await inModels()).toEqual([]);
  });

  it('takes away what is left of a damaged one, by the name of its folder', async () => {
    for (const name of ['half', 'cut']) await cp(embeddedModel, join(models, name), { recursive: true });
    await writeFile(join(models, 'half', 'model.json'), '{');
    await truncate(join(models, 'cut', 'decoder.onnx'), 9);
    const places = [{ folder: models, origin: 'user' as const }];
    for (const name of ['half', 'cut']) await removeModelCalled(await findModels(places), name, models);
    expect(await inModels()).toEqual([]);
    expect(await failureOf(removeModelCalled(await findModels(places), 'half', models))).toMatchObject({
      code: 'not-found',
    });
    const elsewhere = new ModelError('model-invalid', 'x', { path: join(root, 'half', 'model.json') });
    expect(damagedUserModel(elsewhere, models)).toBeNull();
  });

  it('leaves alone what a link leads to', async () => {
    const elsewhere = join(root, 'elsewhere');
    await cp(embeddedModel, elsewhere, { recursive: true });
    await mkdir(models, { recursive: true });
    await symlink(elsewhere, join(models, 'linked'), 'junction');
    const [model] = (await findModels([{ folder: models, origin: 'user' }])).models;
    await removeModel(model!, models);
    expect(await inModels()).toEqual([]);
    expect(await readdir(elsewhere)).toContain('model.json');
  });
});

describe('verifying a model', () => {
  it('tells an altered file, and does not predict with it', async () => {
    const { model } = await add(await checkpoint('cells.pt'), { compile });
    const file = await open(join(model.folder, 'encoder.onnx'), 'r+');
    await file.write(Buffer.from([1, 2, 3]), 0, 3, 5000);
    await file.close();
    const report = await verifyModel(model, 'cpu');
    expect(report).toMatchObject({ ok: false, device: null });
    expect(report.checks.map(({ what, state }) => [what, state])).toEqual([
      ['file encoder', 'failed'],
      ['file decoder', 'ok'],
      ['prediction', 'skipped'],
    ]);
  });

  it('tells figures that are not as they were, and does without where there are none', async () => {
    const { model } = await add(await checkpoint('cells.pt'), { compile });
    const path = join(model.folder, 'expected.json');
    const text = await readFile(path, 'utf8');
    const changed = JSON.parse(text) as { figures: { prompts: { candidates: { predictedIou: number }[] }[] } };
    changed.figures.prompts[0]!.candidates[0]!.predictedIou -= 0.1;
    await writeFile(path, JSON.stringify(changed));
    const report = await verifyModel(model, 'cpu');
    const failed = report.checks.filter(({ state }) => state === 'failed');
    expect(failed).toMatchObject([
      { what: 'click inside: candidate 1, predicted IoU', expected: expect.any(Number), found: expect.any(Number) },
    ]);
    expect(report.ok).toBe(false);

    await writeFile(path, '{');
    expect(await verifyModel(model, 'cpu')).toMatchObject({ ok: false });
    await rm(path);
    const without = await verifyModel(model, 'cpu');
    expect(without.ok).toBe(true);
    expect(without.checks.at(-1)).toMatchObject({ what: 'figures', state: 'skipped' });
  });
});
