/**
 * What `jobs` give, in their order, while up to `ahead` of them are at work. When one fails, or nobody wants the rest,
 * those at work are waited for: none outlives the file that it reads.
 */
export async function* readAhead<T>(jobs: Iterable<() => Promise<T>>, ahead: number): AsyncGenerator<T, void> {
  const waiting = jobs[Symbol.iterator]();
  const atWork: Promise<T>[] = [];
  const begin = () => {
    const next = waiting.next();
    if (next.done) return;
    const work = next.value();
    // One that fails behind another that does is no news; its turn may never come.
    work.catch(() => undefined);
    atWork.push(work);
  };
  try {
    for (let i = 0; i < ahead; i++) begin();
    for (let first = atWork.shift(); first; first = atWork.shift()) {
      const value = await first;
      begin();
      yield value;
    }
  } finally {
    await Promise.allSettled(atWork);
  }
}
