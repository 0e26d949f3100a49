import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type WrittenTensor,
  bytesOf,
  callOf,
  dictionaryOf,
  floatStorage,
  globalOf,
  legacyOf,
  readAll,
  refusalOf,
  refusalOfZip,
  safetensorsOf,
  tensorOf,
  torchEntries,
  zipOf,
} from './testing.ts';

/** The values of the one tensor `t`, from both of PyTorch's formats. */
async function valuesOf(tensor: WrittenTensor): Promise<number[]> {
  const zip = await readAll(zipOf(torchEntries(dictionaryOf({ t: tensorOf(tensor) }), [tensor.storage])));
  const legacy = await readAll(legacyOf(dictionaryOf({ t: tensorOf(tensor, true) }), [tensor.storage]));
  expect(legacy).toEqual(zip);
  expect(zip.t!.shape).toEqual(tensor.shape);
  return zip.t!.values;
}

describe('the types of elements', () => {
  const half = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x7c00, 0xfc00, 0x7e00, 0x8000, 0x3555];
  const halfValues = [1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, Infinity, -Infinity, NaN, -0, 0.333251953125];
  const brain = [0x3f80, 0xc000, 0x7f80, 0x3e99, 0x0001];
  const brainValues = [1, -2, Infinity, 0.298828125, 2 ** -133];
  const cases: [type: string, code: string, dtype: string, stored: ArrayBuffer, values: number[]][] = [
    ['Double', 'F64', 'float64', new Float64Array([1.5, -1e300, 0.1]).buffer, [1.5, -Infinity, Math.fround(0.1)]],
    ['Float', 'F32', 'float32', new Float32Array([1.5, 0.1]).buffer, [1.5, Math.fround(0.1)]],
    ['Half', 'F16', 'float16', new Uint16Array(half).buffer, halfValues],
    ['BFloat16', 'BF16', 'bfloat16', new Uint16Array(brain).buffer, brainValues],
    ['Long', 'I64', 'int64', new BigInt64Array([-3n, 2n ** 40n]).buffer, [-3, 2 ** 40]],
    ['Int', 'I32', 'int32', new Int32Array([-70000, 5]).buffer, [-70000, 5]],
    ['Short', 'I16', 'int16', new Int16Array([-300, 5]).buffer, [-300, 5]],
    ['Char', 'I8', 'int8', new Int8Array([-100, 5]).buffer, [-100, 5]],
    ['Byte', 'U8', 'uint8', new Uint8Array([200, 5]).buffer, [200, 5]],
    ['Bool', 'BOOL', 'bool', new Uint8Array([0, 1]).buffer, [0, 1]],
  ];

  it.each(cases)('torch.%sStorage and %s are %s', async (type, code, dtype, stored, values) => {
    const bytes = new Uint8Array(stored);
    const shape = [values.length];
    const storage = { key: '0', type, elements: values.length, bytes };
    const expected = { t: { dtype, shape, values } };
    const root = dictionaryOf({ t: tensorOf({ storage, shape }) });
    expect(await readAll(zipOf(torchEntries(root, [storage], 'little')))).toEqual(expected);
    expect(await readAll(legacyOf(dictionaryOf({ t: tensorOf({ storage, shape }, true) }), [storage]))).toEqual(
      expected,
    );
    const header = { t: { dtype: code, shape, data_offsets: [0, bytes.length] }, __metadata__: { format: 'pt' } };
    expect(await readAll(safetensorsOf(header, bytes))).toEqual(expected);
    const size = bytes.length / values.length;
    const swapped = Uint8Array.from(bytes, (_, i) => bytes[i - (i % size) + size - 1 - (i % size)]!);
    const big = zipOf(torchEntries(root, [{ ...storage, bytes: swapped }], 'big'));
    expect(await readAll(big)).toEqual(expected);
  });

  it('that no checkpoint of the family has are refused by name', async () => {
    const storage = { ...floatStorage('0', [1, 2]), type: 'ComplexFloat' };
    const torch = await refusalOfZip(dictionaryOf({ t: tensorOf({ storage, shape: [1] }) }), [storage]);
    expect(torch.message).toContain('torch.ComplexFloatStorage');
    const safe = await refusalOf(
      safetensorsOf({ t: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, bytesOf(0)),
    );
    expect(safe.message).toContain('F8_E4M3');
  });
});

describe('views of a storage', () => {
  const storage = floatStorage('7', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  it('come out in row-major order', async () => {
    expect(await valuesOf({ storage, shape: [3, 4] })).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(await valuesOf({ storage, shape: [4, 3], strides: [1, 4] })).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
    expect(await valuesOf({ storage, shape: [2, 2], strides: [4, 2], offset: 5 })).toEqual([5, 7, 9, 11]);
    expect(await valuesOf({ storage, shape: [2, 3], strides: [0, 1], offset: 9 })).toEqual([9, 10, 11, 9, 10, 11]);
    expect(await valuesOf({ storage, shape: [], offset: 11 })).toEqual([11]);
    expect(await valuesOf({ storage, shape: [2, 0, 5] })).toEqual([]);
    expect(await valuesOf({ storage, shape: [1, 3], strides: [999, 1] })).toEqual([0, 1, 2]);
  });

  it('of any shape, strides and type are what they should be', async () => {
    const dimension = fc.record({ size: fc.integer({ min: 1, max: 4 }), stride: fc.integer({ min: 0, max: 9 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(dimension, { maxLength: 4 }), fc.nat(5), async (dimensions, offset) => {
        const elements = offset + dimensions.reduce((sum, { size, stride }) => sum + (size - 1) * stride, 1);
        const bytes = new Uint8Array(new Int16Array(elements).map((_, index) => index - 20).buffer);
        const expected = dimensions.reduce(
          (indices, { size, stride }) =>
            indices.flatMap((index) => Array.from({ length: size }, (_, i) => index + i * stride)),
          [offset],
        );
        const shape = dimensions.map(({ size }) => size);
        const strides = dimensions.map(({ stride }) => stride);
        const values = await valuesOf({
          storage: { key: 'k', type: 'Short', elements, bytes },
          shape,
          strides,
          offset,
        });
        expect(values).toEqual(expected.map((index) => index - 20));
      }),
      { numRuns: 60 },
    );
  });

  it('share it, parameters and parts of legacy storages too', async () => {
    const parameter = callOf(
      globalOf('torch._utils', '_rebuild_parameter'),
      tensorOf({ storage, shape: [2] }),
      true,
      null,
    );
    const root = dictionaryOf({ a: parameter, b: tensorOf({ storage, shape: [2], offset: 1 }) });
    expect(await readAll(zipOf(torchEntries(root, [storage])))).toMatchObject({
      a: { values: [0, 1] },
      b: { values: [1, 2] },
    });
    const part = tensorOf({ storage: { ...storage, view: ['v', 4, 3] }, shape: [2], offset: 1 }, true);
    expect(await readAll(legacyOf(dictionaryOf({ part }), [storage]))).toMatchObject({ part: { values: [5, 6] } });
    const outside = tensorOf({ storage: { ...storage, view: ['v', 11, 3] }, shape: [2] }, true);
    expect((await refusalOf(legacyOf(dictionaryOf({ outside }), [storage]))).message).toContain('does not lie within');
  });
});

describe('shapes', () => {
  const storage = floatStorage('0', [1, 2, 3, 4]);
  it.each([
    ['too large', { storage, shape: [5] }],
    ['behind the end', { storage, shape: [2], offset: 3 }],
    ['overflowing', { storage, shape: [2 ** 32, 2 ** 32] }],
    ['overflowing to zero', { storage, shape: [2 ** 52, 2 ** 12] }],
    ['negative', { storage, shape: [-1, -4] }],
    ['with a negative offset', { storage, shape: [1], offset: -1 }],
    ['with a huge stride', { storage, shape: [2], strides: [2 ** 52] }],
    ['repeated without end', { storage, shape: [2 ** 30], strides: [0] }],
    ['with too few strides', { storage, shape: [2, 2], strides: [1] }],
    ['of many dimensions', { storage, shape: Array.from({ length: 100 }, () => 1) }],
    ['of fractions', { storage, shape: [1.5] }],
  ] satisfies [string, WrittenTensor][])('%s are refused', async (_, tensor) => {
    const zip = await refusalOfZip(dictionaryOf({ t: tensorOf(tensor) }), [storage]);
    const legacy = await refusalOf(legacyOf(dictionaryOf({ t: tensorOf(tensor, true) }), [storage]));
    for (const { message } of [zip, legacy]) expect(message).toMatch(/tensor/);
  });

  it('of a storage that says to be larger than it is are refused', async () => {
    const boast = { ...storage, elements: 2 ** 50 };
    const zip = await refusalOfZip(dictionaryOf({ t: tensorOf({ storage: boast, shape: [2 ** 49] }) }), [storage]);
    expect(zip.message).toContain("the storage '0' has 16 of");
    const root = dictionaryOf({ t: tensorOf({ storage: boast, shape: [2 ** 28] }, true) });
    expect((await refusalOf(legacyOf(root, [storage]))).message).toContain('a storage has 16 bytes');
    expect((await refusalOf(legacyOf(root, [boast]))).message).toContain('a storage ends at byte');
  });
});
