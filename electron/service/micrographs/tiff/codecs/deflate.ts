import { promisify } from 'node:util';
import { inflate } from 'node:zlib';

const inflated = promisify(inflate);

/** What comes out is held in pieces of at most so many bytes, so that a header's promise alone takes no memory. */
const pieceBytes = 2 ** 22;

/** Deflate with zlib's header (TIFF technical note 2, Adobe Photoshop). Stops where more comes out than expected. */
export function decodeDeflate(bytes: Uint8Array, expected: number): Promise<Uint8Array> {
  // One byte more than is expected: a piece that is filled to its end would be followed by an empty one.
  const chunkSize = Math.min(pieceBytes, Math.max(64, expected + 1));
  return inflated(bytes, { chunkSize, maxOutputLength: Math.max(1, expected) });
}
