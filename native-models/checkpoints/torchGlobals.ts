import type { DType } from './contract.ts';
import { Global, Inert, PickleObject, PickleTuple, type PickleValue } from './pickleValues.ts';
import { maxDimensions, type Storage } from './tensor.ts';

/** A storage as a pickle points to it: its bytes and the type that its elements have. */
export class TorchStorage extends PickleObject {
  readonly dtype: DType;
  readonly storage: Storage;

  constructor(dtype: DType, storage: Storage) {
    super('a storage');
    this.dtype = dtype;
    this.storage = storage;
  }
}

/** A tensor as a pickle describes it; whether it fits its storage is not checked yet. */
export class TorchTensor extends PickleObject {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    super('a tensor');
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** A class like torch.FloatStorage, which only names the type of a storage's elements. */
export class StorageClass extends Global {
  readonly dtype: DType;

  constructor(name: string, dtype: DType) {
    super(name);
    this.dtype = dtype;
  }
}

const storageClasses: Readonly<Record<string, DType>> = {
  'torch.DoubleStorage': 'float64',
  'torch.FloatStorage': 'float32',
  'torch.HalfStorage': 'float16',
  'torch.BFloat16Storage': 'bfloat16',
  'torch.LongStorage': 'int64',
  'torch.IntStorage': 'int32',
  'torch.ShortStorage': 'int16',
  'torch.CharStorage': 'int8',
  'torch.ByteStorage': 'uint8',
  'torch.BoolStorage': 'bool',
  'torch.storage.UntypedStorage': 'uint8',
};

function numbersOf(value: PickleValue | undefined): number[] | null {
  if (!(value instanceof PickleTuple) || value.items.length > maxDimensions) return null;
  const numbers = value.items.filter((item) => typeof item === 'number');
  return numbers.length === value.items.length ? numbers : null;
}

/** (storage, storage offset, size, stride, …): whether gradients are needed and what hooks there are is left aside. */
function rebuildTensor([storage, offset, size, stride]: readonly PickleValue[]): TorchTensor | null {
  const shape = numbersOf(size);
  const strides = numbersOf(stride);
  if (!(storage instanceof TorchStorage) || typeof offset !== 'number' || !shape || !strides) return null;
  return new TorchTensor(storage, offset, shape, strides);
}

/** (tensor, …) */
function rebuildParameter([tensor]: readonly PickleValue[]): TorchTensor | null {
  return tensor instanceof TorchTensor ? tensor : null;
}

/** Their items are set afterwards; what a defaultdict has for missing values is left aside. */
const emptyDictionary = () => new Map<PickleValue, PickleValue>();

/**
 * What stands beside the weights in checkpoints that a training wrote: settings, paths, random states, figures as
 * numpy scalars, counters of schedulers. It is read over. Each is named by both of its modules where Python 2 or
 * numpy 2 calls it otherwise.
 */
const inert = [
  'torch.device',
  'argparse.Namespace',
  ...['PosixPath', 'WindowsPath', 'PurePosixPath', 'PureWindowsPath'].map((name) => `pathlib.${name}`),
  ...['numpy.core', 'numpy._core'].flatMap((module) => [
    `${module}.multiarray.scalar`,
    `${module}.multiarray._reconstruct`,
    `${module}.numeric._frombuffer`,
  ]),
  'numpy.ndarray',
  'numpy.dtype',
  // Bytes, in protocol 2.
  '_codecs.encode',
  'builtins.set',
  '__builtin__.set',
  'collections.Counter',
];

/** Named as the type of an element or of missing values, never called. */
const namedOnly = [
  ...['float64', 'float32', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'].map(
    (name) => `torch.${name}`,
  ),
  ...['dict', 'list', 'int', 'float'].flatMap((name) => [`builtins.${name}`, `__builtin__.${name}`]),
];

/** The allow-list: every class and function that a checkpoint may name, and all that happens when it is called. */
export const torchGlobals: ReadonlyMap<string, Global> = new Map(
  [
    new Global('collections.OrderedDict', emptyDictionary),
    new Global('collections.defaultdict', emptyDictionary),
    new Global('torch.Size', ([items]) => (items instanceof PickleTuple ? items : null)),
    new Global('torch._utils._rebuild_tensor', rebuildTensor),
    new Global('torch._utils._rebuild_tensor_v2', rebuildTensor),
    new Global('torch._utils._rebuild_parameter', rebuildParameter),
    new Global('torch._utils._rebuild_parameter_with_state', rebuildParameter),
    ...Object.entries(storageClasses).map(([name, dtype]) => new StorageClass(name, dtype)),
    ...inert.map((name) => new Global(name, () => new Inert(name))),
    ...namedOnly.map((name) => new Global(name)),
  ].map((global): [string, Global] => [global.name, global]),
);
