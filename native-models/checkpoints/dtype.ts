import type { DType } from './contract.ts';

interface ElementType {
  bytes: number;
  read(view: DataView, at: number, littleEndian: boolean): number;
}

const half = new Float32Array(0x1_00_00).map((_, bits) => {
  const sign = bits & 0x80_00 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3_ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
});

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** The upper half of a float32. */
function brainFloat(upper: number): number {
  bits[0] = upper << 16;
  return float[0]!;
}

/** How the element types lie in a file. */
export const elementTypes: Readonly<Record<DType, ElementType>> = {
  float64: { bytes: 8, read: (view, at, littleEndian) => view.getFloat64(at, littleEndian) },
  float32: { bytes: 4, read: (view, at, littleEndian) => view.getFloat32(at, littleEndian) },
  float16: { bytes: 2, read: (view, at, littleEndian) => half[view.getUint16(at, littleEndian)]! },
  bfloat16: { bytes: 2, read: (view, at, littleEndian) => brainFloat(view.getUint16(at, littleEndian)) },
  int64: { bytes: 8, read: (view, at, littleEndian) => Number(view.getBigInt64(at, littleEndian)) },
  int32: { bytes: 4, read: (view, at, littleEndian) => view.getInt32(at, littleEndian) },
  int16: { bytes: 2, read: (view, at, littleEndian) => view.getInt16(at, littleEndian) },
  int8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  uint8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  bool: { bytes: 1, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
};
