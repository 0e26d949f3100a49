import { existsSync } from 'node:fs';
import { lstat, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { ArchitectureConfig, CompileOptions, CompiledModel, Precision } from '../compiler/contract.ts';
import { compileCheckpoint } from '../compiler/compileCheckpoint.ts';
import { openPredictor } from '../predictor/predictor.ts';
import { makeAddingFolder } from './addingFolder.ts';
import { copyPackage } from './copyPackage.ts';
import { agrees, compareFigures, readExpected, smokeTolerance, writeExpected } from './expectedFigures.ts';
import { chooseModel, type FoundModels } from './findModels.ts';
import { ModelError } from './modelError.ts';
import { checkModelName, modelNameOf, sameModelName } from './modelName.ts';
import { descriptionFile, type ModelPackage, readModelPackage, verifyModelPackage } from './modelPackage.ts';
import { runSmokePrediction } from './smokePrediction.ts';
import { fromSystem } from './systemError.ts';

export interface AddOptions {
  /** Derived from the file's name where it is left out. */
  name?: string;
  /** Of what is compiled; a package that is ready keeps its own. */
  precision: Precision;
  /** What no tensor shape tells; not for packages. */
  config?: ArchitectureConfig | null;
  /** Names of models elsewhere (embedded, LAMELLA_MODELS): of two with one name, only one would be found. */
  taken?: readonly string[];
  /** As model.json shall tell them: 'unknown', and the file's name, where they are left out. */
  licence?: string;
  source?: string;
  onProgress?: (progress: AddProgress) => void;
  signal?: AbortSignal;
  /** For tests. */
  compile?: typeof compileCheckpoint;
}

export interface AddProgress {
  /** 'trying': the first prediction. */
  stage: 'reading' | 'encoder' | 'decoder' | 'checking' | 'copying' | 'trying';
  /** 0..1 of all. */
  fraction: number;
}

export interface AddedModel {
  model: ModelPackage;
  /** For people. */
  architecture: string;
  /** Tensors of the checkpoint that the model has no use for. */
  leftOut: readonly string[];
}

/** The first prediction takes about as long as a tenth of the compilation. */
const tryingFrom = 0.9;

/**
 * Makes a model package of `file` in the folder of models: of a checkpoint or a pair of ONNX graphs by compiling it, of
 * a folder that is a package already by copying it. It appears under its name only when it is whole, its files are
 * verified and a first prediction came out; whatever goes wrong before leaves nothing behind.
 * @throws ModelError checkpoint-invalid, checkpoint-unsupported, model-refused (name), model-invalid, inference-failed,
 *   file-missing, file-unreadable, disk-full; AbortError
 */
export async function addModel(file: string, modelsFolder: string, options: AddOptions): Promise<AddedModel> {
  const source = resolve(file);
  const ready = await readyPackage(source);
  const name = options.name ?? ready?.description.name ?? modelNameOf(source);
  checkModelName(name);
  const target = join(modelsFolder, name);
  refuseTaken(name, target, options);
  let folder: string | null = null;
  try {
    folder = await makeAddingFolder(modelsFolder);
    const tell = (stage: AddProgress['stage'], fraction: number) =>
      options.onProgress?.({ stage, fraction: fraction * tryingFrom });
    const made = ready
      ? await copied(ready, folder, name, (fraction) => tell('copying', fraction), options.signal)
      : await compiled(source, folder, name, tell, options);
    options.signal?.throwIfAborted();
    options.onProgress?.({ stage: 'trying', fraction: tryingFrom });
    const model = await tryModel(folder);
    options.signal?.throwIfAborted();
    await rename(folder, target);
    options.onProgress?.({ stage: 'trying', fraction: 1 });
    return { ...made, model: { ...model, folder: target } };
  } catch (cause) {
    if (folder !== null) await rm(folder, { recursive: true, force: true });
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') refuseTaken(name, target, options);
    throw fromSystem(cause, placeOf(cause) ?? modelsFolder, `Adding ${name}`);
  }
}

/**
 * Only what lies in the user's folder of models.
 * @throws ModelError model-refused, file-unreadable
 */
export async function removeModel(model: ModelPackage, modelsFolder: string): Promise<void> {
  const { name } = model.description;
  if (model.origin !== 'user' || resolve(model.folder, '..') !== resolve(modelsFolder)) {
    const remedy =
      model.origin === 'embedded'
        ? 'It ships with Lamella and stays; use another model instead.'
        : 'It was not added by Lamella: take its folder out of LAMELLA_MODELS, or delete it there yourself.';
    throw new ModelError('model-refused', `${name} can't be removed.`, { path: model.folder, remedy });
  }
  await removeFolder(model.folder, name);
}

async function removeFolder(folder: string, name: string): Promise<void> {
  try {
    // A link leads to files that are somebody else's: only the link goes.
    if ((await lstat(folder)).isSymbolicLink()) return await unlink(folder);
    // The description first: what is left of a removal that was cut short is no model any more.
    await rm(join(folder, descriptionFile), { force: true });
    await rm(folder, { recursive: true, force: true });
  } catch (cause) {
    throw fromSystem(cause, placeOf(cause) ?? folder, `Removing ${name}`);
  }
}

/**
 * Removes the model called `name`; where the user's package of this name is damaged, what is left of it.
 * @throws ModelError not-found, model-invalid (damaged, and not the user's), model-refused, file-unreadable
 */
export async function removeModelCalled(found: FoundModels, name: string, modelsFolder: string): Promise<void> {
  let model: ModelPackage;
  try {
    model = chooseModel(found, name);
  } catch (cause) {
    const problem = found.problems.find((each) => damagedUserModel(each, modelsFolder) === name);
    if (!problem) throw cause;
    await removeFolder(join(modelsFolder, name), name);
    return;
  }
  await removeModel(model, modelsFolder);
}

/** Name of the folder in the user's folder of models that a problem is about; null: it is about something else. */
export function damagedUserModel({ code, path }: ModelError, modelsFolder: string): string | null {
  if (code !== 'model-invalid' || path === undefined) return null;
  const [name, ...below] = relative(modelsFolder, path).split(sep);
  const inside = name !== undefined && name !== '' && name !== '..' && !isAbsolute(name) && below.length <= 1;
  return inside ? name : null;
}

/** null where `source` is not a folder with a model.json. */
async function readyPackage(source: string): Promise<ModelPackage | null> {
  try {
    await stat(source);
  } catch (cause) {
    throw fromSystem(cause, source, 'Adding a model');
  }
  if (!existsSync(join(source, descriptionFile))) return null;
  const model = await readModelPackage(source, 'environment');
  await verifyModelPackage(model);
  return model;
}

function refuseTaken(name: string, target: string, { taken = [] }: AddOptions): void {
  const elsewhere = taken.find((each) => sameModelName(each, name));
  if (elsewhere === undefined && !existsSync(target)) return;
  throw new ModelError('model-refused', `There is a model called ${elsewhere ?? name} already.`, {
    ...(elsewhere === undefined ? { path: target } : {}),
    remedy: 'Give this one another name (--name), or remove the other first.',
  });
}

type Made = Omit<AddedModel, 'model'>;

async function copied(
  ready: ModelPackage,
  folder: string,
  name: string,
  onProgress: (fraction: number) => void,
  signal?: AbortSignal,
): Promise<Made> {
  await copyPackage(ready, folder, name, onProgress, signal);
  return { architecture: ready.description.architecture, leftOut: [] };
}

async function compiled(
  source: string,
  folder: string,
  name: string,
  tell: (stage: AddProgress['stage'], fraction: number) => void,
  options: AddOptions,
): Promise<Made> {
  const compile = options.compile ?? compileCheckpoint;
  const wanted: CompileOptions = {
    name,
    precision: options.precision,
    config: options.config ?? null,
    licence: options.licence ?? 'unknown',
    source: options.source ?? basename(source),
    onProgress: ({ stage, fraction }) => tell(stage, fraction),
    ...(options.signal ? { signal: options.signal } : {}),
  };
  const { architecture, leftOut }: CompiledModel = await compile(source, folder, wanted);
  return { architecture, leftOut };
}

/** Reads what was made as every later start will, predicts once on the CPU and keeps or compares the figures. */
async function tryModel(folder: string): Promise<ModelPackage> {
  const model = await readModelPackage(folder, 'user');
  const predictor = await openPredictor(model, 'cpu');
  try {
    const figures = await runSmokePrediction(predictor);
    const expected = await readExpected(folder);
    if (expected === null) {
      await writeExpected(folder, figures);
      return model;
    }
    const tolerance = smokeTolerance(model.description.precision, true);
    const off = compareFigures(expected, figures, tolerance).filter((comparison) => !agrees(comparison));
    if (off.length === 0) return model;
    const first = off[0]!;
    throw new ModelError(
      'model-invalid',
      `The model computes something else here than where it was made (${first.what}: ${first.found}, ` +
        `expected ${first.expected}).`,
      { remedy: 'Copy the package anew from where it came, or add its checkpoint instead.' },
    );
  } finally {
    await predictor.close();
  }
}

/** The file that an error of the operating system names. */
const placeOf = (cause: unknown) => (cause as NodeJS.ErrnoException).path ?? null;
