import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type ModelDescription, type ModelFileRole, modelDescription } from './description.ts';
import { hashFile } from './hashFile.ts';
import { ModelError } from './modelError.ts';

/** Where a package was found: shipped with the program, named by LAMELLA_MODELS, or in the user's data folder. */
export type ModelOrigin = 'embedded' | 'environment' | 'user';

export interface ModelPackage {
  folder: string;
  origin: ModelOrigin;
  description: ModelDescription;
}

export const descriptionFile = 'model.json';

export function modelFilePath(model: ModelPackage, role: 'encoder' | 'decoder'): string {
  return join(model.folder, model.description.files[role].path);
}

/** Every file of a package but its description. */
export function modelFiles({ folder, description }: Pick<ModelPackage, 'folder' | 'description'>): PackageFile[] {
  return Object.entries(description.files).flatMap(([role, file]) =>
    file
      ? [{ role: role as ModelFileRole, path: join(folder, file.path), sha256: file.sha256, bytes: file.bytes }]
      : [],
  );
}

export interface PackageFile {
  role: ModelFileRole;
  path: string;
  sha256: string;
  bytes: number;
}

/** What to do about a package that is not as it should be, by where it was found. */
export const reinstall: Record<ModelOrigin, string> = {
  embedded: 'Install Lamella again: a file that ships with it is missing or altered.',
  environment: 'Put the model there again from where it came, or take its folder out of LAMELLA_MODELS.',
  user: 'Remove the model and add it again from where it came.',
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
  for (const file of modelFiles(model)) await checkSize(file, reinstall[origin]);
  return model;
}

async function checkSize({ role, path, bytes: wanted }: PackageFile, remedy: string): Promise<void> {
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
 * Checks the sha256 of every file, once a process and version of the description. Not cached when it fails, so that a
 * repaired file is seen.
 * @throws ModelError model-invalid
 */
export async function verifyModelPackage(model: ModelPackage): Promise<void> {
  await Promise.all(modelFiles(model).map((file) => verifyFile(file, reinstall[model.origin])));
}

function verifyFile({ path, sha256: wanted }: PackageFile, remedy: string): Promise<void> {
  const key = `${resolve(path)}\0${wanted}`;
  const known = verified.get(key);
  if (known) return known;
  const check = hashOf(path, remedy).then((found) => {
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

async function hashOf(path: string, remedy: string): Promise<string> {
  try {
    return await hashFile(path);
  } catch (cause) {
    throw new ModelError('model-invalid', `${path} can't be read.`, { path, remedy, cause });
  }
}
