import { mostZstdBytes } from '../../zstdFrame.ts';

/**
 * Zstandard (libtiff's tag value 50000). Decoded by numcodecs (the reference library in WebAssembly, loaded when the
 * first such file comes); its output can't be bounded, so the frame is asked first how much it can become.
 */
export async function decodeZstd(bytes: Uint8Array, expected: number): Promise<Uint8Array> {
  if (mostZstdBytes(bytes) > 4 * expected + 2 ** 20) throw new Error('it would become more than the block holds');
  const { default: Zstd } = await import('numcodecs/zstd');
  return (await Zstd.fromConfig({ id: 'zstd' }).decode(bytes)).subarray(0, expected);
}
