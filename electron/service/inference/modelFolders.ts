import { delimiter, join } from 'node:path';
import type { ModelPlace } from '../../../native-models/packages/findModels.ts';
import { unpacked } from '../appRoot.ts';

/** Where models are looked for, in this order: with the program, in LAMELLA_MODELS, in the user's data folder. */
export function modelPlaces(
  appRoot: string,
  dataFolder: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ModelPlace[] {
  const named = (env.LAMELLA_MODELS ?? '').split(delimiter).filter((folder) => folder !== '');
  return [
    { folder: unpacked(join(appRoot, 'native-models', 'embedded')), origin: 'embedded' },
    ...named.map((folder): ModelPlace => ({ folder, origin: 'environment' })),
    { folder: userModelsFolder(dataFolder), origin: 'user' },
  ];
}

/** Models that the user added. */
export const userModelsFolder = (dataFolder: string) => join(dataFolder, 'models');

/** Checkpoints on their way, and where people put those that they fetched elsewhere. */
export const downloadsFolder = (dataFolder: string) => join(dataFolder, 'downloads');
