import { describe, expect, it } from 'vitest';
import { bytesOf, readAll, refusalOf, safetensorsOf, u64 } from './testing.ts';

describe('safetensors', () => {
  const tensor = (start: number, stop: number, shape = [(stop - start) / 4], dtype = 'F32') => ({
    dtype,
    shape,
    data_offsets: [start, stop],
  });
  const eight = new Uint8Array(8);

  it('without tensors, or with empty ones, are sound', async () => {
    expect(await readAll(safetensorsOf({}, bytesOf()))).toEqual({});
    const read = await readAll(
      safetensorsOf({ b: tensor(0, 4), a: tensor(0, 0), c: tensor(4, 4, [0, 2]) }, eight.subarray(4)),
    );
    expect(Object.keys(read)).toEqual(['b', 'a', 'c']);
  });

  it.each<[string, unknown, string]>([
    ['overlap', { a: tensor(0, 8), b: tensor(4, 8) }, "'b'"],
    ['leave a hole', { a: tensor(0, 2, [1], 'F16'), b: tensor(4, 8) }, "'b'"],
    ['end before the file', { a: tensor(0, 4) }, 'end at'],
    ['end behind the file', { a: tensor(0, 400) }, 'end at'],
    ['end before they begin', { a: tensor(8, 4, [1]) }, "'a'"],
    ['have more values than bytes', { a: tensor(0, 8, [3]) }, 'not 12'],
    ['overflow', { a: tensor(0, 8, [2 ** 33, 2 ** 33]) }, "'a'"],
    ['have a shape of fractions', { a: tensor(0, 8, [0.5, 4]) }, "'a'"],
    ['have too many dimensions', { a: tensor(0, 8, [2, ...Array.from({ length: 99 }, () => 1)]) }, "'a'"],
    ['have no place', { a: { dtype: 'F32', shape: [2] } }, "'a'"],
    ['have a broken header', '{"a": ', 'not JSON'],
    ['have a header nested without end', `{"a":${'['.repeat(100_000)}`, 'not JSON'],
  ])('that %s are refused', async (_, header, words) => {
    expect((await refusalOf(safetensorsOf(header, eight))).message).toContain(words);
  });

  it('with a header longer than the file are refused', async () => {
    expect((await refusalOf(bytesOf(u64(2n ** 63n), '{}'))).message).toContain('longer than the file');
  });
});
