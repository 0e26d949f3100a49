import { inflateSync } from 'node:zlib';

/** Deflate with zlib's header (TIFF technical note 2, Adobe Photoshop). Stops where more comes out than expected. */
export function decodeDeflate(bytes: Uint8Array, expected: number): Uint8Array {
  return inflateSync(bytes, { maxOutputLength: Math.max(1, expected) });
}
