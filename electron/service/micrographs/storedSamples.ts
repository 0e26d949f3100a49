import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { SampleDtype } from '../api/contract.ts';

/** Sample types that lie in files as whole bytes. */
export type StoredDtype =
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float16'
  | 'float32'
  | 'float64'
  | 'complexint16'
  | 'complex64'
  | 'complex128';

export const bytesPerSample: Readonly<Record<StoredDtype, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float16: 2,
  float32: 4,
  float64: 8,
  complexint16: 4,
  complex64: 8,
  complex128: 16,
};

/**
 * The type in memory. Planes are uint8, uint16 or float32; everything else becomes float32: exact for 8 and 16 bits and
 * half floats, for 32- and 64-bit integers up to 2^24 (7 digits beyond), 7 digits of a float64. Complex samples become
 * their magnitude.
 */
export function dtypeOf(stored: StoredDtype): SampleDtype {
  return stored === 'uint8' || stored === 'uint16' ? stored : 'float32';
}

/** Facts of samples: the type in memory, and the one in the file where it is another. */
export function dtypeFacts(stored: StoredDtype): { dtype: SampleDtype; storedDtype?: string } {
  const dtype = dtypeOf(stored);
  return dtype === stored ? { dtype } : { dtype, storedDtype: stored };
}

/** An empty plane's samples. */
export function allocateSamples(dtype: SampleDtype, length: number): PixelPlane['data'] {
  if (dtype === 'uint8') return new Uint8Array(length);
  return dtype === 'uint16' ? new Uint16Array(length) : new Float32Array(length);
}

export const hostIsLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Bytes of a file as samples in memory; left-over bytes at the end are ignored. `bytes` may be changed. */
export function samplesFromBytes(bytes: Uint8Array, stored: StoredDtype, littleEndian: boolean): PixelPlane['data'] {
  // Never a Buffer, whose slice() is no copy.
  if (stored === 'uint8') return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (stored === 'int8') return Float32Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const width = componentBytes(stored);
  // Typed arrays of wider samples need an aligned start.
  const aligned = bytes.byteOffset % width === 0 ? bytes : Uint8Array.from(bytes);
  if (littleEndian !== hostIsLittle) swapBytes(aligned, width);
  const { buffer, byteOffset: at } = aligned;
  const length = Math.floor(aligned.byteLength / width);
  switch (stored) {
    case 'uint16':
      return new Uint16Array(buffer, at, length);
    case 'float32':
      return new Float32Array(buffer, at, length);
    case 'int16':
      return Float32Array.from(new Int16Array(buffer, at, length));
    case 'uint32':
      return Float32Array.from(new Uint32Array(buffer, at, length));
    case 'int32':
      return Float32Array.from(new Int32Array(buffer, at, length));
    case 'float64':
      return Float32Array.from(new Float64Array(buffer, at, length));
    case 'uint64':
      return numbersOf(new BigUint64Array(buffer, at, length));
    case 'int64':
      return numbersOf(new BigInt64Array(buffer, at, length));
    case 'float16':
      return halves(new Uint16Array(buffer, at, length));
    case 'complexint16':
      return magnitudes(new Int16Array(buffer, at, length));
    case 'complex64':
      return magnitudes(new Float32Array(buffer, at, length));
    case 'complex128':
      return magnitudes(new Float64Array(buffer, at, length));
  }
}

/** Bytes whose order the byte order decides: a complex sample is two numbers. */
function componentBytes(stored: StoredDtype): number {
  return stored.startsWith('complex') ? bytesPerSample[stored] / 2 : bytesPerSample[stored];
}

function swapBytes(bytes: Uint8Array, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength - (bytes.byteLength % width));
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else buffer.swap64();
}

function numbersOf(values: BigUint64Array | BigInt64Array): Float32Array {
  const numbers = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) numbers[i] = Number(values[i]!);
  return numbers;
}

function magnitudes(parts: Int16Array | Float32Array | Float64Array): Float32Array {
  const values = new Float32Array(Math.floor(parts.length / 2));
  for (let i = 0; i < values.length; i++) values[i] = Math.hypot(parts[2 * i]!, parts[2 * i + 1]!);
  return values;
}

function halves(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = halfToNumber(bits[i]!);
  return values;
}

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
