import type { ModelPackage } from '../../../native-models/packages/modelPackage.ts';
import type { Provider } from '../../../native-models/runtime/device.ts';
import type { ProviderTrial } from '../../../native-models/trials/tryProvider.ts';
import { isLamellaError } from '../errors.ts';
import { JobEnded, type ModelJobs } from '../models/modelJobs.ts';

/** When a trial is given up: a driver that hangs hears nothing. */
export interface TrialPatience {
  /** Opening, and the CPU's part. */
  beginMs: number;
  /** The provider's part: as long at least, and at least so many times what came before it. */
  runMs: number;
  runTimes: number;
}

/** Shaders and engines are compiled in the first run, which takes seconds; all later ones beat the CPU, or it is lost. */
const patience: TrialPatience = { beginMs: 300_000, runMs: 30_000, runTimes: 3 };

export interface TryOptions {
  modelJobs: Pick<ModelJobs, 'run'>;
  providers: readonly Provider[];
  threads: number | null;
  signal: AbortSignal;
  onTrying?(provider: Provider): void;
  patience?: TrialPatience;
}

/**
 * Tries providers with a model, each in a process of its own: a driver that ends it, or hangs, has failed.
 * @throws LamellaError cancelled; why nothing can be tried at all.
 */
export async function tryDevices(model: ModelPackage, options: TryOptions): Promise<ProviderTrial[]> {
  const trials: ProviderTrial[] = [];
  for (const provider of options.providers) {
    options.onTrying?.(provider);
    trials.push(await tryOne(model, provider, options));
  }
  return trials;
}

async function tryOne(model: ModelPackage, provider: Provider, options: TryOptions): Promise<ProviderTrial> {
  const { modelJobs, threads, signal: given, patience: limits = patience } = options;
  const late = new AbortController();
  const begunAt = performance.now();
  let limitMs = limits.beginMs;
  let slowerThanCpu = false;
  let timer = setTimeout(() => late.abort(), limitMs);
  const onProgress = () => {
    clearTimeout(timer);
    slowerThanCpu = true;
    limitMs = Math.max(limits.runMs, limits.runTimes * (performance.now() - begunAt));
    timer = setTimeout(() => late.abort(), limitMs);
  };
  const failed = (reason: string) => ({ provider, reason, times: null, difference: null, cpu: null });
  try {
    const signal = AbortSignal.any([given, late.signal]);
    return await modelJobs.run('try', { model, provider, threads }, { signal, onProgress });
  } catch (cause) {
    if (given.aborted || !isLamellaError(cause)) throw cause;
    if (late.signal.aborted) {
      const told = `no answer within ${Math.max(1, Math.round(limitMs / 1000))} s`;
      return failed(slowerThanCpu ? `it is far slower than the CPU (${told})` : told);
    }
    if (cause instanceof JobEnded) return failed(`its driver ended the process (${cause.reason})`);
    throw cause;
  } finally {
    clearTimeout(timer);
  }
}
