import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import type { CheckpointFile } from './checkpointFile.ts';
import { quoted } from './faults.ts';
import { namedTensors } from './namedTensors.ts';
import { readPickle } from './pickle.ts';
import type { PickleValue } from './pickleValues.ts';
import { beginsWith, type CheckpointReader } from './reader.ts';
import { torchGlobals, TorchStorage } from './torchGlobals.ts';
import { storageIdOf } from './storageId.ts';
import { findZipData, readZipDirectory, type ZipEntry } from './zipDirectory.ts';

/** Bytes of data.pkl; that of SAM's largest network has 140 000. */
const maxPickle = 2 ** 26;
/**
 * Bytes of an unpacked storage. `torch.save` stores them as they are, so that any part can be read; one that something
 * else has packed is unpacked as a whole whenever a tensor of it is read.
 */
const maxUnpacked = 2 ** 28;

/**
 * What `torch.save` writes since PyTorch 1.6: a zip archive of `<prefix>/data.pkl` (the dictionaries), of
 * `<prefix>/data/<key>` (one storage each) and of `<prefix>/byteorder`.
 */
export const torchZip: CheckpointReader = {
  format: 'torch-zip',
  recognise: (head) => beginsWith(head, [0x50, 0x4b, 0x03, 0x04]),
  async readTensors(file) {
    const entries = await readZipDirectory(file);
    const pickles = [...entries.values()].filter(({ name }) => /^([^/]+\/)?data\.pkl$/.test(name));
    const [pickle] = pickles;
    if (!pickle) throw file.refused('its zip archive holds no data.pkl, so that PyTorch did not write it');
    if (pickles.length > 1) throw file.refused(`its zip archive holds ${pickles.length} data.pkl`);
    if (pickle.size > maxPickle) {
      throw file.refused(`${quoted(pickle.name)} has ${pickle.size} bytes, more than ${maxPickle}`);
    }
    const prefix = pickle.name.slice(0, -'data.pkl'.length);
    const littleEndian = await readByteOrder(file, entries.get(`${prefix}byteorder`));
    const scope = {
      globals: torchGlobals,
      persistent: (id: PickleValue) => {
        const { dtype, key, byteLength } = storageIdOf(id, file);
        const entry = entries.get(`${prefix}data/${key}`);
        if (!entry) throw file.damaged(`the storage ${quoted(key)} is missing`);
        if (entry.size < byteLength) {
          throw file.damaged(`the storage ${quoted(key)} has ${entry.size} of ${byteLength} bytes`);
        }
        const read = (start: number, length: number) => readEntry(file, entry, start, length);
        return new TorchStorage(dtype, { byteLength, littleEndian, read });
      },
    };
    const root = readPickle(await readEntry(file, pickle, 0, pickle.size), 0, scope, file);
    if (!root) throw file.damaged(`${quoted(pickle.name)} ends too early`);
    return namedTensors(root.value, file);
  },
};

/** PyTorch before 2.1 did not write it down; hardly any of its files came from a big-endian machine. */
async function readByteOrder(file: CheckpointFile, entry: ZipEntry | undefined): Promise<boolean> {
  if (!entry) return true;
  const order = entry.size > 6 ? '' : new TextDecoder().decode(await readEntry(file, entry, 0, entry.size));
  if (order !== 'little' && order !== 'big') throw file.damaged(`${quoted(entry.name)} is neither little nor big`);
  return order === 'little';
}

const unpack = promisify<Uint8Array, { maxOutputLength: number }, Uint8Array<ArrayBuffer>>(inflateRaw);

async function readEntry(
  file: CheckpointFile,
  entry: ZipEntry,
  start: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const name = quoted(entry.name);
  const position = await findZipData(file, entry);
  if (entry.method === 'stored') return file.readAt(position + start, length, name);
  if (Math.max(entry.size, entry.compressedSize) > maxUnpacked) {
    throw file.refused(`${name} is packed and has ${entry.size} bytes, more than ${maxUnpacked}`);
  }
  const packed = await file.readAt(position, entry.compressedSize, name);
  // Unpacking stops at the size that is written down: what would unpack to more is no more than a broken entry.
  const unpacked = await unpack(packed, { maxOutputLength: Math.max(1, entry.size) }).catch((cause: unknown) => {
    throw file.damaged(`${name} does not unpack to its ${entry.size} bytes (${(cause as Error).message})`, cause);
  });
  if (unpacked.length !== entry.size)
    throw file.damaged(`${name} unpacks to ${unpacked.length}, not ${entry.size} bytes`);
  return unpacked.subarray(start, start + length);
}
