import type { InferenceSession } from 'onnxruntime-node';
import type { Provider } from './device.ts';
import { type CreateSession, createSession } from './graphs.ts';

type Role = 'encoder' | 'decoder';

/** What is wrong with a provider. */
export interface Disguise {
  /** Opening fails with this. */
  openFails?: string;
  beforeOpen?(): void;
  /** Told before each run, with how many of the role were before; what it throws is the run's failure. */
  beforeRun?(role: Role, before: number): void;
  /** Alters each value of each output. */
  value?(value: number): number;
}

/**
 * For tests: a session factory in which every provider is the CPU, with the faults of its disguise. `opened` collects
 * what was opened, in order.
 */
export function disguisedProviders(
  disguises: Partial<Record<Provider, Disguise>>,
  opened: Provider[] = [],
): CreateSession {
  return async (path, options, provider) => {
    const role: Role = path.includes('encoder') ? 'encoder' : 'decoder';
    const { openFails, beforeOpen, beforeRun, value } = disguises[provider] ?? {};
    beforeOpen?.();
    if (openFails !== undefined) throw new Error(openFails);
    if (role === 'encoder') opened.push(provider);
    const session = await createSession(path, { ...options, executionProviders: ['cpu'] }, 'cpu');
    let runs = 0;
    const run = async (feeds: InferenceSession.FeedsType, wanted: readonly string[]) => {
      beforeRun?.(role, runs++);
      const outputs = await session.run(feeds, wanted);
      for (const { data } of value ? Object.values(outputs) : []) {
        const values = data as Float32Array;
        for (const [at, each] of values.entries()) values[at] = value!(each);
      }
      return outputs;
    };
    return {
      inputNames: session.inputNames,
      outputNames: session.outputNames,
      inputMetadata: session.inputMetadata,
      run: run as InferenceSession['run'],
      release: () => session.release(),
    };
  };
}
