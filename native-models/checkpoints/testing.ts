import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { expect } from 'vitest';
import { ModelError } from '../packages/modelError.ts';
import type { Checkpoint } from './contract.ts';
import { openCheckpoint } from './index.ts';

/** For tests: writers of checkpoint files, as small as they can be, and what is read of them. */

export function bytesOf(...parts: (number | Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    parts.flatMap((part) =>
      typeof part === 'number' ? [part] : [...(typeof part === 'string' ? new TextEncoder().encode(part) : part)],
    ),
  );
}

function number(bytes: number, write: (view: DataView) => void): Uint8Array {
  const view = new DataView(new ArrayBuffer(bytes));
  write(view);
  return new Uint8Array(view.buffer);
}
export const u16 = (value: number) => number(2, (view) => view.setUint16(0, value, true));
export const u32 = (value: number) => number(4, (view) => view.setUint32(0, value, true));
export const u64 = (value: number | bigint) => number(8, (view) => view.setBigUint64(0, BigInt(value), true));

/** What {@link pickleOf} writes; a class's instance is written by its own bytes. */
export type Written =
  | null
  | boolean
  | number
  | string
  | readonly Written[]
  | ReadonlyMap<string | number, Written>
  | Opcodes;

/** Operations that push one value, as they are written. */
export class Opcodes {
  readonly bytes: Uint8Array;

  constructor(...parts: (number | Uint8Array | string)[]) {
    this.bytes = bytesOf(...parts);
  }
}

/** Operations that push a value. */
export function opcodesOf(value: Written): Uint8Array {
  if (value instanceof Opcodes) return value.bytes;
  if (value === null) return bytesOf('N');
  if (typeof value === 'boolean') return bytesOf(value ? 0x88 : 0x89);
  if (typeof value === 'number') {
    return Number.isInteger(value) && Math.abs(value) < 2 ** 31
      ? bytesOf('J', u32(value >>> 0))
      : Number.isInteger(value)
        ? bytesOf(0x8a, 8, u64(BigInt.asUintN(64, BigInt(value))))
        : bytesOf(
            'G',
            number(8, (view) => view.setFloat64(0, value)),
          );
  }
  if (typeof value === 'string') {
    const text = bytesOf(value);
    return bytesOf('X', u32(text.length), text);
  }
  if (Array.isArray(value)) return bytesOf('](', ...value.map(opcodesOf), 'e');
  const entries = [...(value as ReadonlyMap<string | number, Written>)];
  return bytesOf('}(', ...entries.flatMap(([key, item]) => [opcodesOf(key), opcodesOf(item)]), 'u');
}

export const tupleOf = (...items: Written[]) => new Opcodes('(', ...items.map(opcodesOf), 't');
export const globalOf = (module: string, name: string) => new Opcodes(`c${module}\n${name}\n`);
export const callOf = (callee: Written, ...args: Written[]) =>
  new Opcodes(opcodesOf(callee), tupleOf(...args).bytes, 'R');
export const builtOf = (object: Written, state: Written) => new Opcodes(opcodesOf(object), opcodesOf(state), 'b');
export const dictionaryOf = (entries: Record<string, Written>) => new Map(Object.entries(entries));

/** An OrderedDict with `_metadata`, as state_dict() returns it. */
export function stateDictOf(entries: Record<string, Written>): Opcodes {
  const items = Object.entries(entries).flatMap(([key, item]) => [opcodesOf(key), opcodesOf(item)]);
  const empty = callOf(globalOf('collections', 'OrderedDict'));
  return builtOf(new Opcodes(empty.bytes, '(', ...items, 'u'), dictionaryOf({ _metadata: dictionaryOf({}) }));
}

export function pickleOf(value: Written): Uint8Array<ArrayBuffer> {
  return bytesOf(0x80, 2, opcodesOf(value), '.');
}

/** A storage in a checkpoint that is being written; its elements are of the class's type. */
export interface WrittenStorage {
  key: string;
  /** torch.<name>Storage */
  type: string;
  elements: number;
  bytes: Uint8Array;
  /** Legacy files: which elements of the storage are meant. */
  view?: [key: string, offset: number, elements: number];
}

export interface WrittenTensor {
  storage: WrittenStorage;
  shape: readonly number[];
  strides?: readonly number[];
  offset?: number;
}

export function floatStorage(key: string, values: readonly number[]): WrittenStorage {
  const floats = Float32Array.from(values);
  return { key, type: 'Float', elements: values.length, bytes: new Uint8Array(floats.buffer) };
}

function storageOf({ key, type, elements, view }: WrittenStorage, legacy: boolean): Opcodes {
  const id = ['storage', globalOf('torch', `${type}Storage`), key, 'cpu', elements];
  return new Opcodes(tupleOf(...id, ...(legacy ? [view ? tupleOf(...view) : null] : [])).bytes, 'Q');
}

export function tensorOf({ storage, shape, strides, offset = 0 }: WrittenTensor, legacy = false): Opcodes {
  const plain = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, dimension) => product * dimension, 1));
  return callOf(
    globalOf('torch._utils', '_rebuild_tensor_v2'),
    ...[storageOf(storage, legacy), offset, tupleOf(...shape), tupleOf(...(strides ?? plain)), false],
    callOf(globalOf('collections', 'OrderedDict')),
  );
}

export interface WrittenEntry {
  name: string;
  bytes: Uint8Array;
  /** Packed with DEFLATE. */
  packed?: boolean;
  /** Unpacked, in place of the true size. */
  size?: number;
  /** Instead of 0 (stored) and 8 (packed). */
  method?: number;
  flags?: number;
}

/** A zip archive; with `zip64`, every size and position is in the zip64 fields. */
export function zipOf(entries: readonly WrittenEntry[], { zip64 = false } = {}): Uint8Array<ArrayBuffer> {
  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  let position = 0;
  for (const { name, bytes, packed = false, size = bytes.length, method = packed ? 8 : 0, flags = 0 } of entries) {
    const data = packed ? deflateRawSync(bytes) : bytes;
    const label = bytesOf(name);
    const head = [u16(20), u16(flags), u16(method), u32(0), u32(0)];
    // As PyTorch does, the local header is padded so that the bytes lie aligned.
    const padding = new Uint8Array(16 - ((position + 30 + label.length) % 16));
    const sizes = zip64 ? [u32(0xff_ff_ff_ff), u32(0xff_ff_ff_ff)] : [u32(data.length), u32(size)];
    const local = bytesOf(
      'PK\x03\x04',
      ...head,
      ...sizes,
      u16(label.length),
      u16(padding.length),
      label,
      padding,
      data,
    );
    const large = zip64 ? bytesOf(u16(1), u16(24), u64(size), u64(data.length), u64(position)) : bytesOf();
    const lengths = [u16(label.length), u16(large.length), u16(0)];
    const where = [u16(0), u16(0), u32(0), u32(zip64 ? 0xff_ff_ff_ff : position)];
    centrals.push(bytesOf('PK\x01\x02', u16(20), ...head, ...sizes, ...lengths, ...where, label, large));
    locals.push(local);
    position += local.length;
  }
  const directory = bytesOf(...centrals);
  const end64 = bytesOf(
    ...['PK\x06\x06', u64(44), u16(45), u16(45), u32(0), u32(0), u64(entries.length), u64(entries.length)],
    ...[u64(directory.length), u64(position)],
    ...['PK\x06\x07', u32(0), u64(position + directory.length), u32(1)],
  );
  const count = u16(zip64 ? 0xff_ff : entries.length);
  const place = zip64 ? [u32(0xff_ff_ff_ff), u32(0xff_ff_ff_ff)] : [u32(directory.length), u32(position)];
  const end = bytesOf('PK\x05\x06', u16(0), u16(0), count, count, ...place, u16(0));
  return bytesOf(...locals, directory, ...(zip64 ? [end64] : []), end);
}

/** Entries of a zip checkpoint under the prefix `archive/`. */
export function torchEntries(root: Written, storages: readonly WrittenStorage[], byteOrder?: string): WrittenEntry[] {
  return [
    { name: 'archive/data.pkl', bytes: pickleOf(root) },
    ...(byteOrder === undefined ? [] : [{ name: 'archive/byteorder', bytes: bytesOf(byteOrder) }]),
    ...storages.map(({ key, bytes }) => ({ name: `archive/data/${key}`, bytes })),
    { name: 'archive/version', bytes: bytesOf('3\n') },
  ];
}

const legacyMagic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'];

/** A checkpoint of before PyTorch 1.6; the tensors of `root` are written with `legacy`. */
export function legacyOf(root: Written, storages: readonly WrittenStorage[]): Uint8Array<ArrayBuffer> {
  return bytesOf(
    ...legacyMagic,
    ...[pickleOf(1001), pickleOf(dictionaryOf({ little_endian: true })), pickleOf(root)],
    pickleOf(storages.map(({ key }) => key)),
    ...storages.flatMap(({ elements, bytes }) => [u64(elements), bytes]),
  );
}

/** A safetensors file; the header is as given. */
export function safetensorsOf(header: unknown, values: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = bytesOf(typeof header === 'string' ? header : JSON.stringify(header));
  return bytesOf(u64(text.length), text, values);
}

/** Whole numbers below `limit`, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** Opens a checkpoint of these bytes in a folder of its own, which is gone afterwards. */
export async function withCheckpoint<T>(bytes: Uint8Array, work: (checkpoint: Checkpoint) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'lamella checkpoint ö-'));
  try {
    const path = join(folder, 'a checkpoint.pt');
    await writeFile(path, bytes);
    const checkpoint = await openCheckpoint(path);
    return await work(checkpoint).finally(() => checkpoint.close());
  } finally {
    await rm(folder, { recursive: true });
  }
}

export interface ReadTensor {
  dtype: string;
  shape: readonly number[];
  values: number[];
}

/** All that a checkpoint of these bytes holds. */
export function readAll(bytes: Uint8Array): Promise<Record<string, ReadTensor>> {
  return withCheckpoint(bytes, async ({ tensors }) => {
    const read: Record<string, ReadTensor> = {};
    for (const [name, tensor] of tensors) {
      expect(tensor.name).toBe(name);
      read[name] = { dtype: tensor.dtype, shape: tensor.shape, values: [...(await tensor.read())] };
    }
    return read;
  });
}

/** The error that these bytes are refused with: named, with the file and what to do, and soon. */
export async function refusalOf(bytes: Uint8Array): Promise<ModelError> {
  const started = performance.now();
  const error: unknown = await readAll(bytes).then(
    () => new Error('it was read'),
    (thrown: unknown) => thrown,
  );
  expect(performance.now() - started).toBeLessThan(2000);
  expect(error).toBeInstanceOf(ModelError);
  expect(error).toMatchObject({
    code: 'checkpoint-invalid',
    path: expect.stringContaining('a checkpoint.pt') as string,
    remedy: expect.stringMatching(/\w/) as string,
  });
  return error as ModelError;
}

/** As {@link refusalOf}, of a zip checkpoint of these dictionaries and storages. */
export function refusalOfZip(root: Written, storages: readonly WrittenStorage[] = []): Promise<ModelError> {
  return refusalOf(zipOf(torchEntries(root, storages)));
}
