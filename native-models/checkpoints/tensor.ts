import { endianness } from 'node:os';
import type { CheckpointTensor, DType } from './contract.ts';
import { elementTypes } from './dtype.ts';
import { type Faults, quoted } from './faults.ts';

/** A run of bytes in a file that one or more tensors view. */
export interface Storage {
  readonly byteLength: number;
  readonly littleEndian: boolean;
  /**
   * `length` bytes from `start`, in a buffer of their own.
   * @throws ModelError checkpoint-invalid
   */
  read(start: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Which elements of a storage a tensor has; offset and strides count elements. */
export interface TensorLayout {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Values of one tensor: 2 GiB as float32. The largest of the published SAM family has 26 million. */
const maxValues = 2 ** 29;
/** Values of a tensor that has more of them than its storage has elements (expanded, stride 0). */
const maxRepeatedValues = 2 ** 24;
/** Dimensions of a tensor. */
export const maxDimensions = 16;

/** Strides of a tensor that lies in row-major order without gaps. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const dimension of shape.toReversed()) {
    strides.push(stride);
    stride *= Math.max(1, dimension);
  }
  return strides.reverse();
}

/**
 * A tensor of a checkpoint over its storage. All that a file says about it is checked here, before anything is
 * allocated for it. (Products of whole numbers below 2^53 may lose their last digits; no bound is near enough to that
 * for it to matter.)
 * @throws ModelError checkpoint-invalid when it does not lie within the storage.
 */
export function tensorInStorage(
  name: string,
  layout: TensorLayout,
  storage: Storage,
  faults: Faults,
): CheckpointTensor {
  const { dtype, shape, strides, offset } = layout;
  const numbers = [...shape, ...strides, offset];
  if (
    shape.length > maxDimensions ||
    strides.length !== shape.length ||
    !numbers.every((number) => Number.isSafeInteger(number) && number >= 0)
  ) {
    throw faults.damaged(`the tensor ${quoted(name)} has the shape [${shape}] with strides [${strides}] at ${offset}`);
  }
  const values = shape.reduce((product, dimension) => product * dimension, 1);
  const { bytes } = elementTypes[dtype];
  const elements = Math.floor(storage.byteLength / bytes);
  /** From the first to the last element, both included. */
  const span = values === 0 ? 0 : shape.reduce((sum, dimension, axis) => sum + (dimension - 1) * strides[axis]!, 1);
  if (offset + span > elements) {
    throw faults.damaged(
      `the tensor ${quoted(name)} of shape [${shape}] ends at element ${offset + span} of ${elements}`,
    );
  }
  if (values > maxValues || (values > elements && values > maxRepeatedValues)) {
    throw faults.refused(`the tensor ${quoted(name)} of shape [${shape}] would have ${values} values`);
  }

  return {
    name,
    dtype,
    shape,
    async read() {
      if (values === 0) return new Float32Array();
      const stored = await storage.read(offset * bytes, span * bytes);
      return rowMajorValues(stored, layout, values, storage.littleEndian);
    },
  };
}

const hostIsLittleEndian = endianness() === 'LE';

function rowMajorValues(
  stored: Uint8Array<ArrayBuffer>,
  { dtype, shape, strides }: TensorLayout,
  values: number,
  littleEndian: boolean,
): Float32Array {
  const plain = rowMajorStrides(shape);
  const contiguous = shape.every((dimension, axis) => dimension === 1 || strides[axis] === plain[axis]);
  if (contiguous && dtype === 'float32' && littleEndian && hostIsLittleEndian && stored.byteOffset % 4 === 0) {
    return new Float32Array(stored.buffer, stored.byteOffset, values);
  }
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const { bytes, read } = elementTypes[dtype];
  const out = new Float32Array(values);
  if (contiguous) {
    for (let i = 0; i < values; i++) out[i] = read(view, i * bytes, littleEndian);
    return out;
  }
  const index = shape.map(() => 0);
  let element = 0;
  for (let i = 0; i < values; i++) {
    out[i] = read(view, element * bytes, littleEndian);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      element += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      element -= shape[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
