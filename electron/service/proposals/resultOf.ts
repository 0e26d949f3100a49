import type { AutomaticProgress } from '../../../native-models/automatic/generateMasks.ts';

/** Goes through all steps, telling the progress of each; `where`: in which part of the image, if it is done in parts. */
export async function resultOf<Result>(
  steps: AsyncGenerator<AutomaticProgress & { where?: string }, Result>,
  progress: (fraction: number, masks: number, where?: string) => void,
): Promise<Result> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return value;
    progress(value.fraction, value.masks, value.where);
  }
}
