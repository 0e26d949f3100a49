import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ModelError } from './modelError.ts';
import { descriptionFile, type ModelOrigin, type ModelPackage, readModelPackage } from './modelPackage.ts';

/** A folder whose subfolders are model packages; it may be a package itself. It need not exist. */
export interface ModelPlace {
  folder: string;
  origin: ModelOrigin;
}

export interface FoundModels {
  /** In the order of the places, then by folder. Of two with one name the first counts. */
  models: ModelPackage[];
  /** Folders that hold a model.json but no usable package, and places and folders that can't be listed. */
  problems: ModelError[];
  /** The one of the problems that keeps the embedded model from being used; null where there is none. */
  embeddedProblem: ModelError | null;
}

/** Looks for model packages; one damaged package hides no other. */
export async function findModels(places: readonly ModelPlace[]): Promise<FoundModels> {
  const models: ModelPackage[] = [];
  const problems: (ModelPlace & { problem: ModelError })[] = [];
  const names = new Set<string>();
  for (const place of places) {
    const report = (problem: ModelError) => problems.push({ ...place, problem });
    for (const folder of await packageFolders(place, report)) {
      try {
        const model = await readModelPackage(folder, place.origin);
        const { name } = model.description;
        if (names.has(name)) {
          throw new ModelError('model-invalid', `A second model called ${name}, in ${folder}, is not used.`, {
            path: folder,
            remedy: 'Give it another name in its model.json.',
          });
        }
        names.add(name);
        models.push(model);
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        report(error);
      }
    }
  }
  const embedded = models.some(({ origin }) => origin === 'embedded')
    ? undefined
    : problems.find(({ origin }) => origin === 'embedded');
  return { models, problems: problems.map(({ problem }) => problem), embeddedProblem: embedded?.problem ?? null };
}

/** Folders of a place that hold a model.json, sorted. Those with a dot first are not finished (addingFolder.ts). */
async function packageFolders(place: ModelPlace, report: (problem: ModelError) => void): Promise<string[]> {
  const folders: string[] = [];
  try {
    const entries = await readdir(place.folder, { withFileTypes: true });
    if (entries.some((entry) => entry.name === descriptionFile)) return [place.folder];
    for (const entry of entries) {
      if (entry.name.startsWith('.') || (!entry.isDirectory() && !entry.isSymbolicLink())) continue;
      const folder = join(place.folder, entry.name);
      if (await holdsDescription(folder, report)) folders.push(folder);
    }
  } catch (cause) {
    // A data folder without models is the normal case; a folder that the user named is not.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT' && place.origin === 'user') return [];
    const remedy =
      place.origin === 'embedded'
        ? 'Install Lamella again: a folder that ships with it is missing.'
        : 'Check the folder, or LAMELLA_MODELS.';
    report(
      new ModelError('model-invalid', `The folder of models ${place.folder} can't be listed.`, {
        path: place.folder,
        remedy,
        cause,
      }),
    );
  }
  return folders.sort();
}

/** A folder that can't be looked into is reported, and hides no other. */
async function holdsDescription(folder: string, report: (problem: ModelError) => void): Promise<boolean> {
  try {
    return (await readdir(folder)).includes(descriptionFile);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    // A link to a file, or to nothing.
    if (code !== 'ENOTDIR' && code !== 'ENOENT') {
      report(
        new ModelError('model-invalid', `The folder ${folder}, which may hold a model, can't be listed.`, {
          path: folder,
          remedy: 'Ask for the rights to this folder, or delete it.',
          cause,
        }),
      );
    }
    return false;
  }
}

/**
 * The model called `name`; without a name the embedded one. Where that is damaged, another model never takes its place
 * unasked, nor does one of the same name: the masks would differ without a word.
 * @throws ModelError not-found, or model-invalid: what is wrong with the model that was meant.
 */
export function chooseModel(found: FoundModels, name: string | null): ModelPackage {
  const { models, problems, embeddedProblem } = found;
  if (embeddedProblem && (name === null || concerns(embeddedProblem, name))) throw embeddedProblem;
  const model = models.find((each) => (name === null ? each.origin === 'embedded' : each.description.name === name));
  if (model) return model;
  const problem = problems.find((each) => name !== null && concerns(each, name));
  if (problem) throw problem;
  if (problems[0] && name !== null && models.length === 0) throw problems[0];
  const names = models.map((each) => each.description.name).join(', ');
  throw new ModelError(
    'not-found',
    name === null ? 'The embedded model is not there.' : `There is no model called ${name}.`,
    {
      remedy: names
        ? `Known models: ${names}.`
        : 'Install Lamella again, or name a folder of models in LAMELLA_MODELS.',
    },
  );
}

/** A damaged package does not tell its name, but its folder has it as a rule; the path is the folder or a file in it. */
function concerns({ path }: ModelError, name: string): boolean {
  return path !== undefined && (basename(path) === name || basename(dirname(path)) === name);
}
