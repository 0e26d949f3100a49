import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Turns } from './imageListTurns.ts';

/** Work that notes when it starts, and that the test ends. */
function jobs<Name>() {
  const going = new Map<Name, () => void>();
  const started: Name[] = [];
  return {
    going,
    started,
    job: (name: Name) => () => {
      started.push(name);
      return new Promise<void>((end) => going.set(name, end));
    },
    async end(name: Name): Promise<void> {
      going.get(name)!();
      going.delete(name);
      // Turns hears of it in a later microtask than the work itself.
      await new Promise(setImmediate);
    },
  };
}

it('lets two go at a time, and then the one of lowest rank', async () => {
  const turns = new Turns(2);
  const { job, started, end } = jobs<number>();
  for (const rank of [5, 4, 3, 1, 2]) turns.take(job(rank), () => rank);
  expect(started).toEqual([5, 4]);
  await end(4);
  expect(started).toEqual([5, 4, 1]);
});

it('forgets who stops waiting, not whose turn it is', async () => {
  const turns = new Turns(1);
  const { job, started, end } = jobs<string>();
  const ask = (name: string) => turns.take(job(name), () => 0);
  const first = ask('first');
  const passedBy = Array.from({ length: 500 }, (_, k) => ask(`passed ${k}`));
  ask('last');
  for (const leave of [first, ...passedBy]) leave();
  expect(started).toEqual(['first']);
  await end('first');
  expect(started).toEqual(['first', 'last']);
});

it('never more at a time than there are turns, and none left unused', async () => {
  const steps = fc.array(fc.record({ what: fc.constantFrom('take', 'leave', 'end'), which: fc.nat(20) }));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (atOnce, path) => {
      const turns = new Turns(atOnce);
      const { job, going, started, end } = jobs<number>();
      const waiting = new Map<number, () => void>();
      for (const [id, { what, which }] of path.entries()) {
        const one = <T>(of: Map<number, T>) => [...of.keys()][which % Math.max(1, of.size)];
        if (what === 'take')
          waiting.set(
            id,
            turns.take(job(id), () => which),
          );
        else if (what === 'end' && going.size > 0) await end(one(going)!);
        else if (waiting.size > 0) {
          const left = one(waiting)!;
          waiting.get(left)!();
          waiting.delete(left);
        }
        for (const begun of started) waiting.delete(begun);
        expect(going.size).toBeLessThanOrEqual(atOnce);
        expect(going.size === atOnce || waiting.size === 0).toBe(true);
      }
    }),
  );
});
