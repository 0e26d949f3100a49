import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ModelPackage, readModelPackage } from '../packages/modelPackage.ts';
import type { Provider } from '../runtime/device.ts';
import { type Disguise, disguisedProviders } from '../runtime/testing.ts';
import { differenceAllowed, differenceOf, whyNoOutputs } from './difference.ts';
import { speedup, tryProvider } from './tryProvider.ts';

let model: ModelPackage;

beforeAll(async () => {
  model = await readModelPackage(resolve(import.meta.dirname, '../embedded/lamella-v3'), 'embedded');
});

/**
 * Tries a provider that is the CPU in disguise. By the clock of these tests, each takes as long as it is said to: so long
 * that nothing is measured more than once.
 */
async function tryDisguised(disguise: Disguise, ms: { cpu: number; cuda: number } = { cpu: 40_000, cuda: 20_000 }) {
  let now = 0;
  const events: string[] = [];
  const timed = (provider: 'cpu' | 'cuda', { beforeRun, ...others }: Disguise): Disguise => ({
    ...others,
    beforeRun(role, before) {
      now += role === 'encoder' ? ms[provider] : ms[provider] / 10;
      beforeRun?.(role, before);
    },
  });
  const opened: Provider[] = [];
  const create = disguisedProviders({ cpu: timed('cpu', {}), cuda: timed('cuda', disguise) }, opened);
  const onCompared = () => void events.push(`compared after ${opened.join(', ')}`);
  const trial = await tryProvider(model, 'cuda', 2, { create, clock: () => now, onCompared });
  return { trial, opened, events };
}

describe('a provider is', () => {
  it('taken when it gives the CPU’s numbers in less time', async () => {
    const { trial, opened, events } = await tryDisguised({});
    expect(trial).toEqual({
      provider: 'cuda',
      reason: null,
      times: { encodeMs: 20_000, promptMs: 2000 },
      difference: 0,
      cpu: { encodeMs: 40_000, promptMs: 4000 },
    });
    expect(speedup(trial)).toBe(2);
    // Opened to see whether it can be, and closed again before the CPU has the memory.
    expect(opened).toEqual(['cuda', 'cpu', 'cuda']);
    expect(events).toEqual(['compared after cuda, cpu']);
  });

  it('taken when it rounds as GPUs do', async () => {
    // To 10 bits of mantissa, as TF32 and fp16 keep.
    const { trial } = await tryDisguised({ value: (value) => Number(value.toPrecision(4)) });
    expect(trial.reason).toBe(null);
    expect(trial.difference).toBeGreaterThan(0);
    expect(trial.difference).toBeLessThan(1e-3);
  });

  it('passed over when it can’t be opened, before the CPU is troubled', async () => {
    const { trial, opened, events } = await tryDisguised({ openFails: 'no driver' });
    expect(trial).toEqual({ provider: 'cuda', reason: 'no driver', times: null, difference: null, cpu: null });
    expect(opened).toEqual([]);
    expect(events).toEqual([]);
  });

  it.each(['encoder', 'decoder'] as const)('passed over when its %s fails', async (failing) => {
    const { trial } = await tryDisguised({
      beforeRun(role) {
        if (role === failing) throw new Error('device lost');
      },
    });
    expect(trial).toMatchObject({ times: null, difference: null, cpu: { encodeMs: 40_000 } });
    expect(trial.reason).toBe(`The model's ${failing} failed: device lost`);
  });

  it('passed over when it gives NaN', async () => {
    let count = 0;
    const { trial } = await tryDisguised({ value: (value) => (count++ % 1000 === 7 ? Number.NaN : value) });
    expect(trial.reason).toMatch(/^it gives numbers that are none \(NaN or infinite\) in \w/);
    expect(trial.difference).toBe(null);
  });

  it.each<[string, Disguise['value'] & {}]>([
    ['noise', (value) => value * Math.sin(1e6 * value)],
    ['one part in thirty too much', (value) => value * 1.033],
  ])('passed over when it gives %s', async (_, value) => {
    const { trial } = await tryDisguised({ value });
    expect(trial.reason).toMatch(/^it gives other numbers than the CPU \(.+: relative difference [\d.]+\)$/);
    expect(trial.difference).toBeGreaterThan(differenceAllowed('fp32'));
  });

  it('passed over when it is slower than the CPU, or no faster', async () => {
    for (const cuda of [50_000, 40_000]) {
      const { trial } = await tryDisguised({}, { cpu: 40_000, cuda });
      expect(trial.difference).toBe(0);
      expect(trial.reason).toBe(
        `it is slower than the CPU (image ${cuda} ms, prompt ${cuda / 10} ms; the CPU takes 40000 ms and 4000 ms)`,
      );
    }
  });
});

it('what the CPU itself can’t do says nothing of the provider', async () => {
  const create = disguisedProviders({
    cpu: {
      beforeRun() {
        throw new Error('no memory');
      },
    },
  });
  await expect(tryProvider(model, 'cuda', 1, { create })).rejects.toMatchObject({
    ...{ name: 'ModelError', code: 'inference-failed' },
    message: expect.stringContaining('no memory') as string,
  });
});

describe('the difference', () => {
  const outputs = (values: Record<string, number[]>) =>
    new Map(Object.entries(values).map(([name, numbers]) => [name, Float32Array.from(numbers)]));
  const expected = outputs({ embedding: [3, 4], logits: [10, 0] });

  it('is that of the output that lies farthest off, relative to its size', () => {
    const found = outputs({ embedding: [3, 4.5], logits: [10, 0.5] });
    expect(differenceOf(expected, found)).toEqual({ relative: 0.1, output: 'embedding' });
    expect(differenceOf(expected, expected).relative).toBe(0);
  });

  it('of nothing is nothing, and of something from nothing is without bound', () => {
    expect(differenceOf(outputs({ a: [0] }), outputs({ a: [0] })).relative).toBe(0);
    expect(differenceOf(outputs({ a: [0] }), outputs({ a: [1] })).relative).toBe(Number.POSITIVE_INFINITY);
  });

  it('needs outputs of the same names and sizes, all of them numbers', () => {
    expect(whyNoOutputs(expected, expected)).toBe(null);
    expect(whyNoOutputs(expected, outputs({ embedding: [3, 4] }))).toContain('no logits');
    expect(whyNoOutputs(expected, outputs({ embedding: [3], logits: [1, 2] }))).toContain('embedding');
    expect(whyNoOutputs(expected, outputs({ embedding: [3, 4], logits: [1, Number.NaN] }))).toContain('NaN');
  });
});
