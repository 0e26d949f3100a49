import type { ModelPackage } from '../packages/modelPackage.ts';
import { openPredictor } from '../predictor/predictor.ts';
import type { Provider } from '../runtime/device.ts';
import { type CreateSession, createSession, openGraphs, reasonOf } from '../runtime/graphs.ts';
import { onlyOn } from '../runtime/sessions.ts';
import { differenceAllowed, differenceOf, whyNoOutputs } from './difference.ts';
import { type Clock, measure, type Measurement } from './measurement.ts';

export interface TrialTimes {
  encodeMs: number;
  promptMs: number;
}

/** What came of trying a provider with a model. */
export interface ProviderTrial {
  provider: Provider;
  /** Why it is not taken, for people; null: it is as right as the CPU, and faster. */
  reason: string | null;
  /** null where it gave no answer. */
  times: TrialTimes | null;
  /** Relative, of the output that lies farthest from the CPU's; null where there was nothing to compare. */
  difference: number | null;
  /** Of the CPU beside it; null where it did not come to that. */
  cpu: TrialTimes | null;
}

export interface TrialNeeds {
  create?: CreateSession;
  clock?: Clock;
  /** Told when the CPU is done and the provider begins. A software driver may take a hundred times as long. */
  onCompared?(): void;
}

/** How many prompts an image gets, as a rule: what a fast prompt weighs beside a slow encoder. */
const promptsPerImage = 10;

/**
 * Runs a model on a provider and on the CPU, and compares numbers and times. Blocks this process for as long, and a
 * driver may end it: it runs in a process of its own.
 * @throws ModelError where the CPU fails, which says nothing of the provider.
 */
export async function tryProvider(
  model: ModelPackage,
  provider: Provider,
  threads: number,
  { create = createSession, clock = () => performance.now(), onCompared }: TrialNeeds = {},
): Promise<ProviderTrial> {
  const nothing = { provider, times: null, difference: null, cpu: null };
  const measureOn = async (on: Provider): Promise<Measurement> => {
    const predictor = await openPredictor(model, onlyOn(on, threads), { create, unavailable: () => null });
    try {
      return await measure(predictor, clock);
    } finally {
      await predictor.close().catch(() => undefined);
    }
  };
  try {
    // Most can't even be opened, which takes a moment; closed again, so that no two devices hold the model at once.
    await (await openGraphs(model, provider, threads, create)).close();
  } catch (cause) {
    return { ...nothing, reason: reasonOf(cause) };
  }
  const expected = await measureOn('cpu');
  const cpu = timesOf(expected);
  onCompared?.();
  let found: Measurement;
  try {
    found = await measureOn(provider);
  } catch (cause) {
    return { ...nothing, cpu, reason: reasonOf(cause) };
  }
  const times = timesOf(found);
  const without = whyNoOutputs(expected.outputs, found.outputs);
  if (without !== null) return { provider, times, difference: null, cpu, reason: without };
  const { relative: difference, output } = differenceOf(expected.outputs, found.outputs);
  const wrong = difference > differenceAllowed(model.description.precision);
  const reason = wrong
    ? `it gives other numbers than the CPU (${output}: relative difference ${difference.toPrecision(2)})`
    : whySlow(times, cpu);
  return { provider, times, difference, cpu, reason };
}

function timesOf({ encodeMs, promptMs }: Measurement): TrialTimes {
  return { encodeMs, promptMs };
}

const imageMs = ({ encodeMs, promptMs }: TrialTimes) => encodeMs + promptsPerImage * promptMs;

/** How many times as fast as the CPU it is, for an image with its prompts. */
export function speedup({ times, cpu }: Pick<ProviderTrial, 'times' | 'cpu'>): number | null {
  return times && cpu ? imageMs(cpu) / imageMs(times) : null;
}

function whySlow(times: TrialTimes, cpu: TrialTimes): string | null {
  if (imageMs(times) < imageMs(cpu)) return null;
  return `it is slower than the CPU (image ${inMs(times.encodeMs)}, prompt ${inMs(times.promptMs)}; the CPU takes ${inMs(cpu.encodeMs)} and ${inMs(cpu.promptMs)})`;
}

const inMs = (ms: number) => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
