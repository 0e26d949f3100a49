import { cp, mkdir, mkdtemp, open, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseModel, findModels, type ModelPlace } from './findModels.ts';
import { ModelError } from './modelError.ts';
import { modelFilePath, readModelPackage, verifyModelPackage } from './modelPackage.ts';

const embeddedModel = resolve(import.meta.dirname, '../embedded/lamella-v3');
const name = 'lamella-v3';
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lamella models ö-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A copy of the model that ships, as a package of its own. */
async function copyModel(...path: string[]): Promise<string> {
  const folder = join(root, ...path);
  await cp(embeddedModel, folder, { recursive: true });
  return folder;
}

type Json = Record<string, unknown>;

async function describeAnew(folder: string, change: (description: Json) => void): Promise<void> {
  const path = join(folder, 'model.json');
  const description = JSON.parse(await readFile(path, 'utf8')) as Json;
  change(description);
  await writeFile(path, JSON.stringify(description));
}

/** Flips one bit in the middle of a file; its size stays. Done twice, the file is as before. */
async function flipBit(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const at = Math.floor((await file.stat()).size / 2);
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    byte[0]! ^= 16;
    await file.write(byte, 0, 1, at);
  } finally {
    await file.close();
  }
}

async function modelErrorOf(work: Promise<unknown> | (() => unknown)): Promise<ModelError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError);
    return error as ModelError;
  }
  throw new Error('nothing was thrown');
}

/** A package that is refused for what is at `path`: named in the message, with something that the user can do. */
function invalid(path: string) {
  return {
    ...{ code: 'model-invalid', path },
    message: expect.stringContaining(path) as string,
    remedy: expect.stringMatching(/\w/) as string,
  };
}

describe('a model package', () => {
  it('is read and verified as it ships', async () => {
    const folder = await copyModel('a model');
    const model = await readModelPackage(folder, 'user');
    expect(model).toMatchObject({ folder, origin: 'user', description: { name, inputSize: 1024 } });
    expect(modelFilePath(model, 'encoder')).toBe(join(folder, 'encoder.onnx'));
    await verifyModelPackage(model);
  });

  it.each(['encoder', 'decoder'] as const)('with an altered byte in its %s is invalid', async (role) => {
    const model = await readModelPackage(await copyModel('altered'), 'user');
    const path = modelFilePath(model, role);
    await flipBit(path);
    expect(await modelErrorOf(verifyModelPackage(model))).toMatchObject(invalid(path));
    // Put right again, it is seen to be right: a failure is not remembered.
    await flipBit(path);
    await verifyModelPackage(model);
  });

  it('without one of its files is invalid, also when the file goes after the reading', async () => {
    const folder = await copyModel('incomplete');
    const model = await readModelPackage(folder, 'environment');
    const decoder = join(folder, 'decoder.onnx');
    await rm(decoder);
    expect(await modelErrorOf(readModelPackage(folder, 'environment'))).toMatchObject(invalid(decoder));
    expect(await modelErrorOf(verifyModelPackage(model))).toMatchObject(invalid(decoder));
    await mkdir(decoder);
    expect(await modelErrorOf(verifyModelPackage(model))).toMatchObject(invalid(decoder));
  });

  it('with a file cut short is invalid before anything is hashed', async () => {
    const folder = await copyModel('cut');
    const encoder = join(folder, 'encoder.onnx');
    await truncate(encoder, 1000);
    const error = await modelErrorOf(readModelPackage(folder, 'user'));
    expect(error).toMatchObject(invalid(encoder));
    expect(error.message).toContain('1000');
  });

  it('reaches no file outside itself', async () => {
    const folder = await copyModel('escaping');
    await rename(join(folder, 'encoder.onnx'), join(root, 'encoder.onnx'));
    const paths = ['../encoder.onnx', 'x/../../encoder.onnx', '..\\encoder.onnx', join(root, 'encoder.onnx')];
    for (const path of [...paths, 'C:\\encoder.onnx', 'c:encoder.onnx', '\\\\server\\encoder.onnx', '']) {
      await describeAnew(folder, ({ files }) => ((files as Record<string, Json>).encoder!.path = path));
      const error = await modelErrorOf(readModelPackage(folder, 'user'));
      expect(error).toMatchObject(invalid(join(folder, 'model.json')));
      expect(error.message).toContain('files.encoder.path');
    }
  });

  it('may keep its files in a folder of its own', async () => {
    const folder = await copyModel('nested');
    await mkdir(join(folder, 'graphs'));
    await rename(join(folder, 'encoder.onnx'), join(folder, 'graphs', 'encoder.onnx'));
    await describeAnew(folder, ({ files }) => ((files as Record<string, Json>).encoder!.path = 'graphs/encoder.onnx'));
    const model = await readModelPackage(folder, 'user');
    expect(modelFilePath(model, 'encoder')).toBe(join(folder, 'graphs', 'encoder.onnx'));
    await verifyModelPackage(model);
  });

  it.each<[string, (description: Json) => void]>([
    ['family', (description) => (description.family = 'yolo')],
    ['inputSize', (description) => (description.inputSize = 1000)],
    ['inputSize', (description) => delete description.inputSize],
    ['name', (description) => (description.name = '../x')],
    ['preparation.std', (description) => ((description.preparation as Json).std = [1, 1])],
    ['files.decoder.sha256', ({ files }) => ((files as Record<string, Json>).decoder!.sha256 = 'F00')],
    ['files.decoder', ({ files }) => delete (files as Record<string, Json>).decoder],
  ])('whose description is wrong says where: %s', async (where, change) => {
    const folder = await copyModel('misdescribed');
    await describeAnew(folder, change);
    const error = await modelErrorOf(readModelPackage(folder, 'user'));
    expect(error).toMatchObject(invalid(join(folder, 'model.json')));
    expect(error.message).toContain(where);
  });

  it.each(['', 'null', '[]', '{"name": "x"', '\0\0\0\0'])('whose description is %j is invalid', async (text) => {
    const folder = await copyModel('no-json');
    await writeFile(join(folder, 'model.json'), text);
    expect(await modelErrorOf(readModelPackage(folder, 'user'))).toMatchObject(invalid(join(folder, 'model.json')));
  });
});

describe('finding models', () => {
  const places = (): ModelPlace[] => [
    { folder: join(root, 'embedded'), origin: 'embedded' },
    { folder: join(root, 'named'), origin: 'environment' },
    { folder: join(root, 'data', 'models'), origin: 'user' },
  ];

  it('goes through the places in order and takes a place that is a package itself', async () => {
    const embedded = await copyModel('embedded', name);
    const named = await copyModel('named');
    await describeAnew(named, (description) => (description.name = 'named-model'));
    const [b, a] = [await copyModel('data', 'models', 'b'), await copyModel('data', 'models', 'a')];
    await describeAnew(a, (description) => (description.name = 'zeta'));
    await describeAnew(b, (description) => (description.name = 'alpha'));
    const found = await findModels(places());
    expect(found.models.map(({ folder, origin }) => [folder, origin])).toEqual([
      [embedded, 'embedded'],
      [named, 'environment'],
      [a, 'user'],
      [b, 'user'],
    ]);
    expect(found).toMatchObject({ problems: [], embeddedProblem: null });
    expect(chooseModel(found, null).folder).toBe(embedded);
    expect(chooseModel(found, 'alpha').folder).toBe(b);
    expect(await modelErrorOf(() => chooseModel(found, 'beta'))).toMatchObject({
      code: 'not-found',
      remedy: expect.stringContaining('named-model, zeta, alpha') as string,
    });
  });

  it('takes the first of two with one name and tells of the second', async () => {
    const embedded = await copyModel('embedded', name);
    const second = await copyModel('data', 'models', name);
    const found = await findModels([places()[0]!, places()[2]!]);
    expect(found.models.map(({ folder }) => folder)).toEqual([embedded]);
    expect(found.problems).toMatchObject([{ code: 'model-invalid', path: second }]);
    expect(chooseModel(found, name).folder).toBe(embedded);
  });

  it('tells of damaged packages, and none hides another', async () => {
    await copyModel('embedded', name);
    const good = await copyModel('data', 'models', 'good');
    await describeAnew(good, (description) => (description.name = 'good'));
    const cut = await copyModel('data', 'models', 'cut');
    await truncate(join(cut, 'decoder.onnx'), 5);
    const bad = await copyModel('data', 'models', 'bad');
    await writeFile(join(bad, 'model.json'), 'no JSON');
    const found = await findModels([places()[0]!, places()[2]!]);
    expect(found.models.map((model) => model.description.name)).toEqual([name, 'good']);
    expect(found.problems.map(({ path }) => path)).toEqual([join(bad, 'model.json'), join(cut, 'decoder.onnx')]);
    // Asked for by name, a damaged package says what is wrong with it and not that it does not exist.
    expect(await modelErrorOf(() => chooseModel(found, 'cut'))).toMatchObject(invalid(join(cut, 'decoder.onnx')));
    expect(chooseModel(found, null).origin).toBe('embedded');
  });

  it('looks past files, folders and links that are no packages', async () => {
    const place = join(root, 'data', 'models');
    await mkdir(join(place, 'empty'), { recursive: true });
    await writeFile(join(place, 'note.txt'), 'model.json');
    await copyModel('elsewhere');
    await symlink(join(root, 'elsewhere'), join(place, 'linked'), 'dir');
    await symlink(join(root, 'nowhere'), join(place, 'dangling'), 'dir');
    const found = await findModels([places()[2]!]);
    expect(found.models.map(({ folder }) => folder)).toEqual([join(place, 'linked')]);
    expect(found.problems).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('tells of a folder that cannot be looked into and goes on', async () => {
    const good = await copyModel('data', 'models', 'good');
    const loop = join(root, 'data', 'models', 'loop');
    await symlink(loop, loop);
    const found = await findModels([places()[2]!]);
    expect(found.models.map(({ folder }) => folder)).toEqual([good]);
    expect(found.problems).toMatchObject([{ code: 'model-invalid', path: loop }]);
  });

  it('tells of a place that is not there, but not of a data folder without models', async () => {
    const found = await findModels(places());
    expect(found.models).toEqual([]);
    expect(found.problems.map(({ path }) => path)).toEqual([join(root, 'embedded'), join(root, 'named')]);
    expect(await modelErrorOf(() => chooseModel(found, null))).toMatchObject(invalid(join(root, 'embedded')));
  });

  it('never puts another model in the place of a damaged embedded one', async () => {
    const embedded = await copyModel('embedded', name);
    const other = await copyModel('named', 'other');
    await describeAnew(other, (description) => (description.name = 'other'));
    const sameName = await copyModel('data', 'models', name);
    const broken = await copyModel('named', 'broken');
    await rm(join(broken, 'encoder.onnx'));

    await rm(join(embedded, 'encoder.onnx'));
    const damaged = await findModels(places());
    expect(damaged.models.map(({ folder }) => folder)).toEqual([other, sameName]);
    expect(await modelErrorOf(() => chooseModel(damaged, null))).toMatchObject(invalid(join(embedded, 'encoder.onnx')));
    expect(await modelErrorOf(() => chooseModel(damaged, name))).toMatchObject(invalid(join(embedded, 'encoder.onnx')));
    expect(chooseModel(damaged, 'other').folder).toBe(other);

    // Gone altogether, the message is about the embedded model and not about the other damaged one.
    await rm(embedded, { recursive: true });
    const absent = await findModels(places());
    const error = await modelErrorOf(() => chooseModel(absent, null));
    expect(error).toMatchObject({ code: 'not-found', message: expect.stringContaining('embedded') as string });
    expect(dirname(absent.problems[0]!.path!)).toBe(broken);
  });
});
