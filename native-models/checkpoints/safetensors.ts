import { z } from 'zod';
import type { CheckpointFile } from './checkpointFile.ts';
import type { CheckpointTensor, DType } from './contract.ts';
import { elementTypes } from './dtype.ts';
import { quoted } from './faults.ts';
import { beginsWith, type CheckpointReader } from './reader.ts';
import { maxDimensions, rowMajorStrides, tensorInStorage } from './tensor.ts';

/** In bytes. A header takes about 100 a tensor. */
const maxHeader = 2 ** 25;

const dtypes: ReadonlyMap<string, DType> = new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
]);

const wholeNumber = z.number().int().nonnegative();
const headerEntry = z.object({
  dtype: z.string(),
  shape: z.array(wholeNumber).max(maxDimensions),
  /** Of the first byte and behind the last one, from the end of the header. */
  data_offsets: z.tuple([wholeNumber, wholeNumber]),
});

/**
 * safetensors: the header's length (uint64, little-endian), the header (JSON: tensors by name, `__metadata__`), then
 * the values, little-endian and row-major. As the format has it, the tensors fill what follows the header from end to
 * end: no byte belongs to two of them or to none.
 */
export const safetensors: CheckpointReader = {
  format: 'safetensors',
  recognise: (head) => beginsWith(head, [0x7b], 8),
  async readTensors(file) {
    const { header, end } = await readHeader(file);
    const entries = Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(([name, entry]) => ({ name, ...readEntry(file, name, entry) }));
    let position = end;
    for (const { name, start, stop } of entries.toSorted((a, b) => a.start - b.start || a.stop - b.stop)) {
      if (end + start !== position) {
        throw file.damaged(
          `the tensor ${quoted(name)} begins at byte ${end + start}, the one before it ends at ${position}`,
        );
      }
      position = end + stop;
    }
    if (position !== file.size) throw file.damaged(`its tensors end at byte ${position} of ${file.size}`);
    return new Map(
      entries.map(({ name, dtype, shape, start, stop }): [string, CheckpointTensor] => {
        const storage = {
          byteLength: stop - start,
          littleEndian: true,
          read: (from: number, length: number) => file.readAt(end + start + from, length, `the tensor ${quoted(name)}`),
        };
        return [
          name,
          tensorInStorage(name, { dtype, shape, strides: rowMajorStrides(shape), offset: 0 }, storage, file),
        ];
      }),
    );
  },
};

/** The header, and the position behind it. */
async function readHeader(file: CheckpointFile): Promise<{ header: object; end: number }> {
  const prefix = await file.readAt(0, 8, "the header's length");
  const length = Number(new DataView(prefix.buffer).getBigUint64(0, true));
  if (length > file.size - 8) throw file.damaged(`its header of ${length} bytes is longer than the file`);
  if (length > maxHeader) throw file.refused(`its header has ${length} bytes, more than ${maxHeader}`);
  const bytes = await file.readAt(8, length, 'the header');
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw file.damaged(`its header is not JSON (${(cause as Error).message})`, cause);
  }
  if (typeof header !== 'object' || header === null) throw file.damaged('its header is not a JSON object');
  return { header, end: 8 + length };
}

function readEntry(file: CheckpointFile, name: string, json: unknown) {
  const parsed = headerEntry.safeParse(json);
  if (!parsed.success) throw file.damaged(`its header does not describe the tensor ${quoted(name)}`);
  const { dtype: code, shape, data_offsets: offsets } = parsed.data;
  const dtype = dtypes.get(code);
  if (!dtype) throw file.refused(`the tensor ${quoted(name)} is of the type ${quoted(code)}`);
  const [start, stop] = offsets;
  const bytes = shape.reduce((product, dimension) => product * dimension, elementTypes[dtype].bytes);
  if (stop - start !== bytes) {
    throw file.damaged(`the tensor ${quoted(name)} of shape [${shape}] has ${stop - start} bytes, not ${bytes}`);
  }
  return { dtype, shape, start, stop };
}
