/** Most bytes that a block of a frame can become. */
const maxBlockBytes = 128 * 1024;

/**
 * An upper bound of what a Zstandard frame decodes to, without decoding it: the content size where the frame states
 * one, else the sum over its blocks. Source: RFC 8878, section 3.1.1.
 * @throws Error where the bytes are no frame
 */
export function mostZstdBytes(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 6 || view.getUint32(0, true) !== 0xfd2fb528) throw new Error('no Zstandard frame');
  const descriptor = bytes[4]!;
  const sizeFlag = descriptor >> 6;
  const single = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeBytes = sizeFlag === 0 ? (single ? 1 : 0) : 2 ** sizeFlag;
  let at = 5 + (single ? 0 : 1) + dictionaryBytes;
  if (at + sizeBytes > bytes.length) throw new Error('the Zstandard frame is cut short');
  switch (sizeBytes) {
    case 1:
      return bytes[at]!;
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    case 8:
      return Number(view.getBigUint64(at, true));
  }
  let most = 0;
  for (let last = false; !last;) {
    if (at + 3 > bytes.length) throw new Error('the Zstandard frame is cut short');
    const header = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    const size = header >> 3;
    const kind = (header >> 1) & 3;
    last = (header & 1) === 1;
    most += kind === 2 ? maxBlockBytes : size;
    at += 3 + (kind === 1 ? 1 : size);
  }
  return most;
}
