import { chooseModel, findModels, type FoundModels } from '../../native-models/packages/findModels.ts';
import { ModelError } from '../../native-models/packages/modelError.ts';
import { openPredictor, type Predictor } from '../../native-models/predictor/predictor.ts';
import { fallbackNotice } from '../../native-models/runtime/device.ts';
import { dataFolderPath } from '../service/dataFolder.ts';
import { fromModelError } from '../service/inference/modelErrors.ts';
import { findAppRoot } from '../service/appRoot.ts';
import { modelPlaces } from '../service/inference/modelFolders.ts';
import { planDevice } from './planDevice.ts';
import { reportLine } from './standardStreams.ts';

/** Models where the workbench looks for them, too. */
export function findInstalledModels(): Promise<FoundModels> {
  return findModels(modelPlaces(findAppRoot(import.meta.url), dataFolderPath()));
}

/** Names that a further model can't have. */
export async function namesInUse(): Promise<string[]> {
  return (await findInstalledModels()).models.map(({ description }) => description.name);
}

/** What native-models throws, as the errors that the command line prints. */
export async function withModelErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ModelError ? fromModelError(error) : error;
  }
}

/**
 * Opens the model called `name` (null: the embedded one) in this process, on the device that {@link planDevice} gives, and
 * closes it when `work` is done.
 * @throws LamellaError not-found, model-invalid, inference-failed
 */
export function withModel<T>(name: string | null, work: (predictor: Predictor) => Promise<T>): Promise<T> {
  return withModelErrors(async () => {
    const model = chooseModel(await findInstalledModels(), name);
    const predictor = await openPredictor(model, await planDevice(model), {
      onFallback: (failed, device) => reportLine(`lamella: ${fallbackNotice(failed, device.name)}`),
    });
    try {
      return await work(predictor);
    } finally {
      await predictor.close();
    }
  });
}
