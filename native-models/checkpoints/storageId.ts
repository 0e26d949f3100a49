import type { DType } from './contract.ts';
import { elementTypes } from './dtype.ts';
import type { Faults } from './faults.ts';
import { PickleTuple, type PickleValue } from './pickleValues.ts';
import { StorageClass } from './torchGlobals.ts';

/** What `torch.save` writes in place of a storage: ('storage', class, key, device, elements), legacy files one more. */
export interface StorageId {
  readonly dtype: DType;
  readonly key: string;
  /** In bytes. */
  readonly byteLength: number;
  /** Legacy files: which part of the storage is meant, null for all of it. */
  readonly view: PickleValue;
}

/** @throws ModelError checkpoint-invalid when the value is no such id. */
export function storageIdOf(value: PickleValue, faults: Faults): StorageId {
  const [tag, storageClass, key, , elements, view = null] = value instanceof PickleTuple ? value.items : [];
  if (
    tag !== 'storage' ||
    !(storageClass instanceof StorageClass) ||
    typeof key !== 'string' ||
    typeof elements !== 'number' ||
    !Number.isSafeInteger(elements) ||
    elements < 0
  ) {
    throw faults.damaged('a pickle points to something that is no storage');
  }
  const byteLength = elements * elementTypes[storageClass.dtype].bytes;
  return { dtype: storageClass.dtype, key, byteLength, view };
}
