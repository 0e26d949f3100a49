import type { CheckpointFile } from './checkpointFile.ts';
import type { DType } from './contract.ts';
import { elementTypes } from './dtype.ts';
import { quoted } from './faults.ts';
import { namedTensors } from './namedTensors.ts';
import { readPickle } from './pickle.ts';
import type { PickleScope } from './pickleMachine.ts';
import { PickleTuple, type PickleValue } from './pickleValues.ts';
import { beginsWith, type CheckpointReader } from './reader.ts';
import type { Storage } from './tensor.ts';
import { torchGlobals, TorchStorage } from './torchGlobals.ts';
import { storageIdOf } from './storageId.ts';

/** LONG1 of ten bytes: 0x1950a86a20f9469cfc6c. It stands behind PROTO, from pickle protocol 4 on also behind FRAME. */
const magic = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const magicPositions = [2, 11];
const protocolVersion = 1001;

/** Bytes of the pickles together; how much of them is read at first, and how much more when that was too little. */
const maxPickles = 2 ** 26;
const firstRead = 2 ** 20;
const readGrowth = 4;

/**
 * What `torch.save` wrote before PyTorch 1.6, and writes with `_use_new_zipfile_serialization=False`: five pickles
 * (magic number, protocol, system, the dictionaries, the storages' keys), then each storage as its number of elements
 * (int64) and its elements, little-endian on every machine.
 */
export const torchLegacy: CheckpointReader = {
  format: 'torch-legacy',
  recognise: (head) => magicPositions.some((at) => beginsWith(head, magic, at)),
  async readTensors(file) {
    const { root, keys, storages, end } = await readPickles(file);
    await placeStorages(file, keys, storages, end);
    return namedTensors(root, file);
  },
};

/** A storage whose place in the file is known only when the pickles before it have been read. */
interface LegacyStorage extends Storage {
  readonly dtype: DType;
  position: number | null;
}

interface LegacyPickles {
  root: PickleValue;
  keys: PickleValue;
  storages: ReadonlyMap<string, LegacyStorage>;
  /** Position behind them. */
  end: number;
}

async function readPickles(file: CheckpointFile): Promise<LegacyPickles> {
  for (let length = firstRead; ; length *= readGrowth) {
    const bytes = await file.readAt(0, Math.min(length, file.size), 'the pickles');
    const pickles = parsePickles(bytes, file);
    if (pickles) return pickles;
    if (length >= file.size) throw file.damaged('it ends within its pickles');
    if (length >= maxPickles) throw file.refused(`its pickles have more than ${maxPickles} bytes`);
  }
}

/** null where the bytes end too early. */
function parsePickles(bytes: Uint8Array, file: CheckpointFile): LegacyPickles | null {
  const storages = new Map<string, LegacyStorage>();
  const scope: PickleScope = { globals: torchGlobals, persistent: (id) => storageOf(id, storages, file) };
  const values: PickleValue[] = [];
  let end = 0;
  for (let i = 0; i < 5; i++) {
    const pickle = readPickle(bytes, end, scope, file);
    if (!pickle) return null;
    values.push(pickle.value);
    end = pickle.end;
  }
  const [, protocol, , root = null, keys = null] = values;
  if (protocol !== protocolVersion) throw file.refused(`it is not of protocol ${protocolVersion}`);
  return { root, keys, storages, end };
}

function storageOf(id: PickleValue, storages: Map<string, LegacyStorage>, file: CheckpointFile): TorchStorage {
  const { dtype, key, byteLength, view } = storageIdOf(id, file);
  let storage = storages.get(key);
  if (!storage) {
    storage = newStorage(key, dtype, byteLength, file);
    storages.set(key, storage);
  } else if (storage.dtype !== dtype || storage.byteLength !== byteLength) {
    throw file.damaged(`the storage ${quoted(key)} is described in two ways`);
  }
  return new TorchStorage(dtype, view === null ? storage : partOf(storage, view, file));
}

function newStorage(key: string, dtype: DType, byteLength: number, file: CheckpointFile): LegacyStorage {
  return {
    dtype,
    byteLength,
    littleEndian: true,
    position: null,
    read(start, length) {
      if (this.position === null) throw file.damaged(`the storage ${quoted(key)} is missing`);
      return file.readAt(this.position + start, length, `the storage ${quoted(key)}`);
    },
  };
}

/** (key of the part, offset, elements): a storage that shares the memory of another. */
function partOf(whole: LegacyStorage, view: PickleValue, file: CheckpointFile): Storage {
  const [, offset, elements] = view instanceof PickleTuple ? view.items : [];
  const { bytes } = elementTypes[whole.dtype];
  if (
    typeof offset !== 'number' ||
    typeof elements !== 'number' ||
    !(offset >= 0 && elements >= 0 && (offset + elements) * bytes <= whole.byteLength)
  ) {
    throw file.damaged('a part of a storage does not lie within it');
  }
  return {
    byteLength: elements * bytes,
    littleEndian: true,
    read: (start, length) => whole.read(offset * bytes + start, length),
  };
}

async function placeStorages(
  file: CheckpointFile,
  keys: PickleValue,
  storages: ReadonlyMap<string, LegacyStorage>,
  start: number,
): Promise<void> {
  if (!Array.isArray(keys)) throw file.damaged('its storages are not listed');
  let position = start;
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage || storage.position !== null) {
      throw file.damaged('its list of storages names one twice, or one that nothing points to');
    }
    const count = await file.readAt(position, 8, 'the size of a storage');
    const bytes = Number(new DataView(count.buffer).getBigInt64(0, true)) * elementTypes[storage.dtype].bytes;
    if (bytes !== storage.byteLength) {
      throw file.damaged(`a storage has ${bytes} bytes at ${position}, not ${storage.byteLength}`);
    }
    storage.position = position + 8;
    position += 8 + bytes;
    if (position > file.size) throw file.damaged(`a storage ends at byte ${position} of ${file.size}`);
  }
  for (const [key, { position: place }] of storages) {
    if (place === null) throw file.damaged(`the storage ${quoted(key)} is missing`);
  }
}
