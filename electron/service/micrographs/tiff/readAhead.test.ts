import { describe, expect, it } from 'vitest';
import { readAhead } from './readAhead.ts';

/** Jobs that are done when the test says so. */
class Jobs {
  readonly begun: number[] = [];
  readonly #ends = new Map<number, (failure?: Error) => void>();

  *of(count: number): Generator<() => Promise<number>> {
    for (let at = 0; at < count; at++) {
      yield () => {
        this.begun.push(at);
        return new Promise((resolve, reject) => {
          this.#ends.set(at, (failure) => (failure ? reject(failure) : resolve(at)));
        });
      };
    }
  }

  end(at: number, failure?: Error): void {
    this.#ends.get(at)!(failure);
  }
}

describe('jobs that are begun ahead', () => {
  it('are as many as allowed, and give their results in order whichever is done first', async () => {
    const jobs = new Jobs();
    const results = readAhead(jobs.of(4), 2);
    const first = results.next();
    expect(jobs.begun).toEqual([0, 1]);
    jobs.end(1);
    jobs.end(0);
    expect(await first).toEqual({ done: false, value: 0 });
    expect(jobs.begun).toEqual([0, 1, 2]);
    expect(await results.next()).toEqual({ done: false, value: 1 });
    expect(jobs.begun).toEqual([0, 1, 2, 3]);
    jobs.end(3);
    jobs.end(2);
    expect(await results.next()).toEqual({ done: false, value: 2 });
    expect(await results.next()).toEqual({ done: false, value: 3 });
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });

  it('are waited for when one fails: the first failure in order is told, no other is lost on the way', async () => {
    const jobs = new Jobs();
    const results = readAhead(jobs.of(9), 3);
    let failure: unknown = null;
    const told = results.next().catch((cause: unknown) => (failure = cause));
    jobs.end(1, new Error('second'));
    jobs.end(0, new Error('first'));
    await new Promise(setImmediate);
    expect(failure).toBeNull();
    jobs.end(2);
    await told;
    expect(failure).toMatchObject({ message: 'first' });
    expect(jobs.begun).toEqual([0, 1, 2]);
  });

  it('are waited for when nobody wants the rest', async () => {
    const jobs = new Jobs();
    const results = readAhead(jobs.of(9), 2);
    const first = results.next();
    jobs.end(0);
    await first;
    const ended = results.return();
    jobs.end(1);
    jobs.end(2);
    await ended;
    expect(jobs.begun).toEqual([0, 1, 2]);
  });
});
