import type { CheckpointTensor } from './contract.ts';
import { type Faults, quoted } from './faults.ts';
import type { PickleValue } from './pickleValues.ts';
import { tensorInStorage } from './tensor.ts';
import { TorchTensor } from './torchGlobals.ts';

/** Dictionaries within dictionaries. Circles end here. */
const maxDepth = 32;
/** Entries of all dictionaries on all ways to them: a dictionary that is referred to twice is walked twice. */
const maxEntries = 1_000_000;
const maxTensors = 100_000;
/** Characters of a tensor's name. */
const maxName = 1024;

/**
 * The tensors of a pickled checkpoint by name, in the file's order: dictionaries within dictionaries are joined by
 * dots. What is no dictionary (lists of settings, random states) is not looked into.
 * @throws ModelError checkpoint-invalid
 */
export function namedTensors(root: PickleValue, faults: Faults): ReadonlyMap<string, CheckpointTensor> {
  const tensors = new Map<string, CheckpointTensor>();
  let entries = 0;

  function add(name: string, { storage, ...layout }: TorchTensor): void {
    if (tensors.has(name)) throw faults.damaged(`it holds two tensors ${quoted(name)}`);
    if (tensors.size === maxTensors) throw faults.refused(`it holds more than ${maxTensors} tensors`);
    tensors.set(name, tensorInStorage(name, { ...layout, dtype: storage.dtype }, storage.storage, faults));
  }

  function walk(dictionary: ReadonlyMap<PickleValue, PickleValue>, prefix: string, depth: number): void {
    if (depth > maxDepth) throw faults.refused(`its dictionaries are nested more than ${maxDepth} deep`);
    for (const [key, value] of dictionary) {
      if (++entries > maxEntries) throw faults.refused(`its dictionaries have more than ${maxEntries} entries`);
      if (!(value instanceof Map || value instanceof TorchTensor)) continue;
      if (typeof key !== 'string' && typeof key !== 'number') continue;
      const name = `${prefix}${key}`;
      if (name.length > maxName) throw faults.refused(`the name ${quoted(name)} has ${name.length} characters`);
      if (value instanceof TorchTensor) add(name, value);
      else walk(value, `${name}.`, depth + 1);
    }
  }

  if (root instanceof Map) walk(root, '', 1);
  return tensors;
}
