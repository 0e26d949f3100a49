import { availableParallelism } from 'node:os';
import type { ModelPackage } from '../../../native-models/packages/modelPackage.ts';
import type { DevicePlan, PassedOver } from '../../../native-models/runtime/device.ts';
import { parseProvider, providersToTry, type WhyUnavailable } from '../../../native-models/runtime/providers.ts';
import { onlyOn } from '../../../native-models/runtime/sessions.ts';
import { defaultThreads } from '../../../native-models/runtime/threads.ts';
import { machineFacts } from './machineFacts.ts';
import { recallTrials, type TrialRecord } from './trialMemory.ts';

/** What this user, or the environment, wants models to run on. */
export interface DeviceWish {
  /** Forced, by its name; null: the best that has proved itself. */
  provider: string | null;
  /** null: one for each physical core. */
  threads: number | null;
}

/** What is known where a model is opened. */
export interface DeviceKnowledge {
  dataFolder: string;
  env?: Readonly<Record<string, string | undefined>>;
  /** Failed in use since the start; not to be taken again. */
  failed: readonly PassedOver[];
  /** Trials of this run, whether they could be noted in the data folder or not. */
  recent?: readonly TrialRecord[];
  platform?: NodeJS.Platform;
  unavailable?: WhyUnavailable;
}

/**
 * Where a model is to run. A provider that has not been tried with it on this computer is not taken unless it is forced:
 * until then the CPU answers.
 * @throws ModelError inference-failed for a provider that is none.
 */
export async function chooseDevice(
  { description }: ModelPackage,
  wish: DeviceWish,
  { dataFolder, env = process.env, failed, recent, platform, unavailable }: DeviceKnowledge,
): Promise<DevicePlan> {
  const threads = threadsOf(wish);
  const forced = parseProvider(wish.provider ?? undefined);
  if (forced) return onlyOn(forced, threads);
  const { toTry, passedOver } = providersToTry(platform, unavailable);
  const known = await recallTrials(dataFolder, description, machineFacts(env, wish.threads), recent);
  const order: DevicePlan['order'][number][] = [];
  for (const provider of toTry) {
    const lost = failed.find((each) => each.provider === provider);
    const trial = known?.trials.find((each) => each.provider === provider);
    if (lost) passedOver.push(lost);
    else if (trial && trial.reason !== null) passedOver.push({ provider, reason: trial.reason });
    else if (trial) order.push(provider);
  }
  return { order: [...order, 'cpu'], forced: false, passedOver, threads };
}

/** More threads than CPUs only wait for one another. */
export function threadsOf({ threads }: Pick<DeviceWish, 'threads'>): number {
  return threads === null ? defaultThreads() : Math.min(threads, availableParallelism());
}
