import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fromSystemError, isLamellaError, LamellaError } from '../errors.ts';
import { writeAtomically } from '../writeAtomically.ts';

/** `settings.json` of the data folder: what this user chose. Keys of later versions are kept. */
const settingsFile = 'settings.json';
const settings = z.looseObject({
  /** Name of the model that prompts use; null or absent: the one that ships. */
  model: z.string().min(1).nullable().optional(),
});

export interface ChosenModel {
  /** null: the model that ships. */
  name: string | null;
  /** Why the setting could not be read; the model that ships is used then, and people are told. */
  problem: LamellaError | null;
}

/** Read at the start, before the inference process is: synchronously. */
export function readChosenModel(dataFolder: string): ChosenModel {
  const path = join(dataFolder, settingsFile);
  try {
    return { name: parse(readFileSync(path, 'utf8'), path).model ?? null, problem: null };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { name: null, problem: null };
    const problem = isLamellaError(cause) ? cause : fromSystemError(cause, path, 'Reading the settings');
    return { name: null, problem };
  }
}

/** @throws LamellaError disk-full, file-unreadable: the choice of before stays. */
export async function writeChosenModel(dataFolder: string, name: string | null): Promise<void> {
  const path = join(dataFolder, settingsFile);
  let others: object = {};
  try {
    others = parse(await readFile(path, 'utf8'), path);
  } catch (cause) {
    // A damaged file is replaced by the next choice; one that can't be read, can't be written either.
    if (!isLamellaError(cause) && (cause as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw fromSystemError(cause, path, 'Saving the choice of the model');
    }
  }
  const text = `${JSON.stringify({ ...others, model: name }, null, 2)}\n`;
  await writeAtomically(path, text, 'Saving the choice of the model');
}

function parse(text: string, path: string): z.infer<typeof settings> {
  try {
    return settings.parse(JSON.parse(text));
  } catch (cause) {
    throw new LamellaError('file-damaged', `The settings ${path} can't be understood: the model that ships is used.`, {
      path,
      remedy: 'Choose a model anew; this writes the file again.',
      cause,
    });
  }
}
