import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { type ModelDescription, type ModelFileRole, modelDescription } from './description.ts';
import { ModelError } from './modelError.ts';

/** Where a package was found: shipped with the program, named by LAMELLA_MODELS, or in the user's data folder. */
export type ModelOrigin = 'embedded' | 'environment' | 'user';

export interface ModelPackage {
  folder: string;
  origin: ModelOrigin;
  description: ModelDescription;
}

export const descriptionFile = 'model.json';

export function modelFilePath(model: ModelPackage, role: ModelFileRole): string {
  return join(model.folder, model.description.files[role].path);
}

const reinstall: Record<ModelOrigin, string> = {
  embedded: 'Install Lamella again: a file that ships with it is missing or altered.',
  environment: 'Put the model there again from where it came, or take its folder out of LAMELLA_MODELS.',
  user: 'Put the model there again from where it came, or delete its folder.',
};

/**
 * Reads model.json of one package and checks that its files are there with the right size (their content is checked
 * by {@link verifyModelPackage}).
 * @throws ModelError model-invalid, with the file and what to do.
 */
export async function readModelPackage(folder: string, origin: ModelOrigin): Promise<ModelPackage> {
  const path = join(folder, descriptionFile);
  const remedy = reinstall[origin];
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new ModelError('model-invalid', `The model's description ${path} can't be read.`, { path, remedy, cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ModelError('model-invalid', `${path} is not JSON: ${(cause as Error).message}`, { path, remedy, cause });
  }
  const parsed = modelDescription.safeParse(json);
  if (!parsed.success) {
    const reasons = z.prettifyError(parsed.error).replaceAll('\n', ' ');
    throw new ModelError('model-invalid', `${path} does not describe a model that Lamella can run: ${reasons}`, {
      path,
      remedy,
    });
  }
  const model: ModelPackage = { folder, origin, description: parsed.data };
  for (const role of ['encoder', 'decoder'] as const) await checkSize(model, role);
  return model;
}

async function checkSize(model: ModelPackage, role: ModelFileRole): Promise<void> {
  const path = modelFilePath(model, role);
  const remedy = reinstall[model.origin];
  const wanted = model.description.files[role].bytes;
  let size: number;
  try {
    size = (await stat(path)).size;
  } catch (cause) {
    throw new ModelError('model-invalid', `The model's ${role} ${path} is missing.`, { path, remedy, cause });
  }
  if (size !== wanted) {
    throw new ModelError('model-invalid', `${path} has ${size} bytes; the model's description says ${wanted}.`, {
      path,
      remedy,
    });
  }
}

const verified = new Map<string, Promise<void>>();

/**
 * Checks the sha256 of both graphs, once a process and version of the description. Not cached when it fails, so that a
 * repaired file is seen.
 * @throws ModelError model-invalid
 */
export async function verifyModelPackage(model: ModelPackage): Promise<void> {
  await Promise.all((['encoder', 'decoder'] as const).map((role) => verifyFile(model, role)));
}

function verifyFile(model: ModelPackage, role: ModelFileRole): Promise<void> {
  const path = modelFilePath(model, role);
  const wanted = model.description.files[role].sha256;
  const key = `${resolve(path)}\0${wanted}`;
  const known = verified.get(key);
  if (known) return known;
  const remedy = reinstall[model.origin];
  const check = hashFile(path, remedy).then((found) => {
    if (found === wanted) return;
    throw new ModelError('model-invalid', `${path} is not the file that the model's description names (sha256).`, {
      path,
      remedy,
    });
  });
  verified.set(key, check);
  check.catch(() => verified.delete(key));
  return check;
}

async function hashFile(path: string, remedy: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (cause) {
    throw new ModelError('model-invalid', `${path} can't be read.`, { path, remedy, cause });
  }
  return hash.digest('hex');
}
