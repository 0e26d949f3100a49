import { describe, expect, it } from 'vitest';
import { ModelError } from '../packages/modelError.ts';
import {
  bytesOf,
  callOf,
  dictionaryOf,
  floatStorage,
  globalOf,
  legacyOf,
  randomNumbers,
  readAll,
  safetensorsOf,
  stateDictOf,
  tensorOf,
  torchEntries,
  withCheckpoint,
  zipOf,
} from './testing.ts';

describe('a thousand mutations', () => {
  const storages = [floatStorage('0', [1, 2, 3, 4, 5, 6]), { ...floatStorage('1', [7, 8]), type: 'Half', elements: 4 }];
  const tensors = (legacy: boolean) =>
    dictionaryOf({
      model: stateDictOf({
        'module.a': tensorOf({ storage: storages[0]!, shape: [2, 3] }, legacy),
        'module.b': tensorOf({ storage: storages[0]!, shape: [3, 2], strides: [1, 3] }, legacy),
        'module.c': tensorOf({ storage: storages[1]!, shape: [2], offset: 2 }, legacy),
      }),
      epoch: 3,
      device: callOf(globalOf('torch', 'device'), 'cpu'),
    });
  const entries = torchEntries(tensors(false), storages, 'little');
  const header = {
    __metadata__: { format: 'pt' },
    a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
    b: { dtype: 'BF16', shape: [4], data_offsets: [24, 32] },
  };
  it.each<[string, Uint8Array]>([
    ['zip', zipOf(entries)],
    [
      'zip64, packed',
      zipOf(
        entries.map((entry) => ({ ...entry, packed: true })),
        { zip64: true },
      ),
    ],
    ['legacy', legacyOf(tensors(true), storages)],
    ['safetensors', safetensorsOf(header, new Uint8Array(32))],
  ])('of a %s file end in a named error or are read', async (_, whole) => {
    expect(Object.keys(await readAll(whole)).length).toBeGreaterThan(1);
    const counts = { read: 0, refused: 0 };
    let slowest = 0;
    let largest = 0;
    for (let seed = 0; seed < 1000; seed++) {
      const bytes = mutated(whole, randomNumbers(seed));
      const started = performance.now();
      try {
        await withCheckpoint(bytes, async ({ tensors: found }) => {
          for (const tensor of found.values()) await tensor.read();
        });
        counts.read++;
      } catch (error) {
        expect(error, `seed ${seed}`).toBeInstanceOf(ModelError);
        counts.refused++;
      }
      slowest = Math.max(slowest, performance.now() - started);
      largest = Math.max(largest, process.memoryUsage().arrayBuffers);
    }
    expect(slowest).toBeLessThan(1000);
    expect(counts.refused).toBeGreaterThan(100);
    expect(largest).toBeLessThan(2 ** 29);
  });

  /** One to four bytes changed, or a run of bytes taken away, cut off or put in. */
  function mutated(whole: Uint8Array, random: (limit: number) => number): Uint8Array {
    const at = random(whole.length);
    const length = 1 + random(12);
    switch (random(5)) {
      case 0:
        return whole.slice(0, at);
      case 1:
        return bytesOf(whole.slice(0, at), whole.slice(at + length));
      case 2:
        return bytesOf(
          whole.slice(0, at),
          Uint8Array.from({ length }, () => random(256)),
          whole.slice(at),
        );
      default: {
        const changed = Uint8Array.from(whole);
        for (let i = 0; i <= random(4); i++) changed[random(whole.length)] = random(256);
        return changed;
      }
    }
  }
});
