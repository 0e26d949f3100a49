import { describe, expect, it } from 'vitest';
import { dictionaryOf, floatStorage, legacyOf, readAll, refusalOf, tensorOf } from './testing.ts';

describe('a legacy file', () => {
  const storages = [floatStorage('a', [1, 2]), floatStorage('b', [3])];
  const [a, b] = storages.map((storage) => tensorOf({ storage, shape: [storage.elements] }, true));
  const root = dictionaryOf({ a: a!, b: b! });
  it('has its storages in the order of its list', async () => {
    for (const order of [storages, storages.toReversed()]) {
      expect(await readAll(legacyOf(root, order))).toMatchObject({ a: { values: [1, 2] }, b: { values: [3] } });
    }
  });

  it('without one of them, with one twice, or cut short is refused', async () => {
    expect((await refusalOf(legacyOf(root, storages.slice(1)))).message).toContain("'a' is missing");
    await refusalOf(legacyOf(root, [...storages, storages[0]!]));
    await refusalOf(legacyOf(root, [...storages, floatStorage('c', [1])]));
    const whole = legacyOf(root, storages);
    for (let length = 20; length < whole.length; length += 7) await refusalOf(whole.subarray(0, length));
  });
});
