import type { LamellaError } from '../errors.ts';
import { changeSettings, readSettings } from '../settings/settingsFile.ts';

export interface ChosenModel {
  /** null: the model that ships. */
  name: string | null;
  /** Why the setting could not be read; the model that ships is used then, and people are told. */
  problem: LamellaError | null;
}

/** Read at the start, before the inference process is: synchronously. */
export function readChosenModel(dataFolder: string): ChosenModel {
  const { settings, problem } = readSettings(dataFolder);
  return { name: settings.model, problem };
}

/** @throws LamellaError disk-full, file-unreadable: the choice of before stays. */
export async function writeChosenModel(dataFolder: string, name: string | null): Promise<void> {
  await changeSettings(dataFolder, { model: name }, 'Saving the choice of the model');
}
