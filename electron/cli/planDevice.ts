import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelPackage } from '../../native-models/packages/modelPackage.ts';
import { type DevicePlan, type Provider, providerName } from '../../native-models/runtime/device.ts';
import { providersToTry } from '../../native-models/runtime/providers.ts';
import { findAppRoot } from '../service/appRoot.ts';
import { dataFolderPath } from '../service/dataFolder.ts';
import { isLamellaError } from '../service/errors.ts';
import { chooseDevice } from '../service/inference/chooseDevice.ts';
import { machineFacts } from '../service/inference/machineFacts.ts';
import { recallTrials, recordOf, rememberTrials, type TrialRecord } from '../service/inference/trialMemory.ts';
import { createModelJobs } from '../service/models/modelJobs.ts';
import { deviceWish } from '../service/settings/deviceWish.ts';
import { readSettings } from '../service/settings/settingsFile.ts';
import { tryDevices } from '../service/settings/tryDevices.ts';
import { reportLine, reportProblem } from './standardStreams.ts';

const never = new AbortController().signal;

/**
 * Where the model is to run: what LAMELLA_PROVIDER or the settings ask for, else the best device that has proved itself.
 * What was not tried with it on this computer is tried now, in processes of its own, for the workbench too.
 * @throws ModelError inference-failed for a provider that is none; LamellaError cancelled
 */
export async function planDevice(model: ModelPackage, signal: AbortSignal = never): Promise<DevicePlan> {
  const dataFolder = dataFolderPath();
  const { settings, problem } = readSettings(dataFolder);
  if (problem) reportProblem(problem);
  const wish = deviceWish(settings, process.env);
  const facts = machineFacts(process.env, wish.threads);
  const recent: TrialRecord[] = [];
  if (wish.provider === null && (await recallTrials(dataFolder, model.description, facts)) === null) {
    try {
      const trials = await tryAll(model, wish.threads, signal);
      if (trials) {
        recent.push(recordOf(model.description, facts, trials));
        await rememberTrials(dataFolder, recent[0]!);
      }
    } catch (cause) {
      if (signal.aborted || !isLamellaError(cause)) throw cause;
      // The CPU answers, or what was tried just now.
      reportProblem(cause);
    }
  }
  return chooseDevice(model, wish, { dataFolder, failed: [], recent });
}

/** null where there is nothing to try, or nothing to try it with. */
async function tryAll(model: ModelPackage, threads: number | null, signal: AbortSignal) {
  const { toTry: providers } = providersToTry();
  const entry = join(findAppRoot(import.meta.url), 'dist', 'model-process.mjs');
  if (providers.length === 0 || !existsSync(entry)) return null;
  const { name } = model.description;
  const onTrying = (provider: Provider) =>
    reportLine(`Trying ${name} on ${providerName(provider)}, once for this computer`);
  return tryDevices(model, { modelJobs: createModelJobs(entry), providers, threads, signal, onTrying });
}
