import type { AutomaticProgress } from '../../../native-models/automatic/generateMasks.ts';
import { LamellaError } from '../errors.ts';
import type { Step } from './messages.ts';

/** Work of the inference process that goes one step a call, so that other calls come in between. */
export class SteppedRuns<Result> {
  readonly #runs = new Map<string, AsyncGenerator<AutomaticProgress, Result>>();

  begin(runId: string, steps: AsyncGenerator<AutomaticProgress, Result>): void {
    this.#runs.set(runId, steps);
  }

  /** @throws LamellaError internal for a run that was not begun, or has ended; what the work throws. */
  async step(runId: string): Promise<Step<Result>> {
    const run = this.#runs.get(runId);
    if (!run) throw new LamellaError('internal', 'A step was asked of a run that is not there.');
    const { done, value } = await run.next();
    if (!done) return { progress: value, result: null };
    this.#runs.delete(runId);
    return { progress: null, result: value };
  }

  async end(runId: string): Promise<Record<string, never>> {
    const run = this.#runs.get(runId);
    this.#runs.delete(runId);
    // A generator that waits in the middle lets go of what it holds; the value is nobody's.
    await run?.return(undefined as never);
    return {};
  }
}
