import type { Mask } from '../../../native-models/masks/mask.ts';

/**
 * Frame: the binary answer that carries masks. Little-endian uint32 length of the header, the header as UTF-8 JSON,
 * then the windows one after the other, each bit-packed row-major without row padding (bit 7 of a byte first, as
 * np.packbits), each starting on a byte. Sizes of the windows stand in the header (bbox).
 */
export function encodeFrame(header: unknown, windows: readonly Mask[]): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const sizes = windows.map((mask) => (mask.width * mask.height + 7) >> 3);
  const frame = new Uint8Array(4 + json.length + sizes.reduce((a, b) => a + b, 0));
  new DataView(frame.buffer).setUint32(0, json.length, true);
  frame.set(json, 4);
  let at = 4 + json.length;
  windows.forEach((mask, index) => {
    packBits(mask.data, frame.subarray(at, at + sizes[index]!));
    at += sizes[index]!;
  });
  return frame;
}

/** Eight pixels (0 or 1) a byte, first pixel in bit 7. */
export function packBits(data: Uint8Array, into: Uint8Array): void {
  for (let i = 0; i < data.length; i++) if (data[i]) into[i >> 3]! |= 0x80 >> (i & 7);
}
