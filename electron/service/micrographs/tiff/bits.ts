import type { PixelPlane } from '../../../../native-models/predictor/pixels.ts';

/**
 * Samples that are not whole bytes (1 to 15 bits, packed, rows starting at a byte). Up to 8 bits become uint8, spread
 * over 0…255 as image viewers show them (1 bit: 0 and 255) where `spread` says so (indices of a palette are not);
 * 9 to 15 bits become uint16, values as they are.
 */
export function unpackBits(
  bytes: Uint8Array,
  bits: number,
  rowSamples: number,
  rows: number,
  spread: boolean,
): PixelPlane['data'] {
  const rowBytes = Math.ceil((rowSamples * bits) / 8);
  const data = bits <= 8 ? new Uint8Array(rowSamples * rows) : new Uint16Array(rowSamples * rows);
  const most = (1 << bits) - 1;
  const gain = spread && bits <= 8 ? 255 / most : 1;
  let to = 0;
  for (let j = 0; j < rows; j++) {
    let from = j * rowBytes;
    let held = 0;
    let value = 0;
    for (let i = 0; i < rowSamples; i++) {
      while (held < bits) {
        value = ((value << 8) | (bytes[from++] ?? 0)) & 0xffffff;
        held += 8;
      }
      held -= bits;
      data[to++] = Math.round(((value >> held) & most) * gain);
    }
  }
  return data;
}

/** Turns each byte around (FillOrder 2). Changes `bytes`. */
export function reverseBits(bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < bytes.length; i++) {
    let reversed = 0;
    for (let bit = 0, byte = bytes[i]!; bit < 8; bit++, byte >>= 1) reversed = (reversed << 1) | (byte & 1);
    bytes[i] = reversed;
  }
  return bytes;
}
