/** Runs a generator to its end and gives what it returns; `onStep` is shown what it yields. */
export async function lastOf<Step, Result>(
  steps: AsyncGenerator<Step, Result>,
  onStep?: (step: Step) => void,
): Promise<Result> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return value;
    onStep?.(value);
  }
}
