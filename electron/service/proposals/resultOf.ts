import type { AutomaticProgress } from '../../../native-models/automatic/generateMasks.ts';

/** Goes through all steps, telling the progress of each. */
export async function resultOf<Result>(
  steps: AsyncGenerator<AutomaticProgress, Result>,
  progress: (fraction: number, masks: number) => void,
): Promise<Result> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return value;
    progress(value.fraction, value.masks);
  }
}
