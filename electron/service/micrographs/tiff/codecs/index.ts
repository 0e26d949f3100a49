import { fileUnsupported } from '../../fileDamage.ts';
import { decodeDeflate } from './deflate.ts';
import { decodeLzw } from './lzw.ts';
import { decodePackBits } from './packBits.ts';
import { decodeZstd } from './zstd.ts';

/**
 * How the bytes of a strip or tile are compressed. `expected` is what the block holds when decoded; a codec gives at
 * most that many bytes, and throws an Error (any) on what it can't decode.
 */
export interface TiffCodec {
  decode(bytes: Uint8Array, expected: number): Uint8Array | Promise<Uint8Array>;
  /** The most that one byte can stand for: a header that promises more is not believed. */
  mostRatio: number;
}

const deflate: TiffCodec = { decode: decodeDeflate, mostRatio: 1100 };

/** By the value of tag 259. JPEG (7) makes pixels, not bytes: see jpeg.ts. */
export const codecs: Readonly<Record<number, TiffCodec>> = {
  1: { decode: (bytes, expected) => bytes.subarray(0, expected), mostRatio: 1 },
  5: { decode: decodeLzw, mostRatio: 4096 },
  8: deflate,
  32_773: { decode: decodePackBits, mostRatio: 128 },
  32_946: deflate,
  50_000: { decode: decodeZstd, mostRatio: 65_536 },
};

export const jpeg = 7;
export const lzw = 5;

/** Read by libvips as whole pages: fax (CCITT RLE, G3, G4) and the old kind of JPEG. */
export const wholePageCompressions = new Set([2, 3, 4, 6]);

const otherNames: Record<number, string> = {
  33_003: 'JPEG 2000',
  33_004: 'JPEG 2000',
  33_005: 'JPEG 2000',
  34_661: 'JBIG',
  34_676: 'SGI LogLuv',
  34_677: 'SGI LogLuv',
  34_712: 'JPEG 2000',
  34_887: 'LERC',
  34_892: 'lossy DNG JPEG',
  34_925: 'LZMA',
  34_934: 'JPEG XR',
  22_610: 'JPEG XR',
  50_001: 'WebP',
  50_002: 'JPEG XL',
  52_546: 'JPEG XL',
};

/** @throws LamellaError file-unsupported for a compression that nothing here reads */
export function checkCompression(path: string, compression: number): void {
  if (codecs[compression] || compression === jpeg || wholePageCompressions.has(compression)) return;
  const name = otherNames[compression];
  throw fileUnsupported(path, `is compressed with ${name ?? `method ${compression}`}, which is not read`);
}
