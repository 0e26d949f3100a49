import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { type Mask, trimMask } from '../masks/mask.ts';

/** Reference cases of the published implementations; they are not part of the project. */
export const fixtures = join(import.meta.dirname, '../../../shared/fixtures');
export const haveFixtures = existsSync(fixtures);

export interface NpyArray {
  shape: number[];
  data: Float32Array | Uint8Array;
}

/** The arrays of a .npz file of float32 and uint8 (numpy.lib.format, version 1.0). */
export function readNpz(path: string): Map<string, NpyArray> {
  const arrays = new Map<string, NpyArray>();
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(path)))) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const start = 10 + view.getUint16(8, true);
    const header = new TextDecoder().decode(bytes.subarray(10, start));
    const shape = [...(/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '').matchAll(/\d+/g)].map(Number);
    const body = bytes.slice(start);
    const isFloat = header.includes("'<f4'");
    if (!isFloat && !header.includes("'|u1'")) throw new Error(`${path}: ${name} is neither float32 nor uint8`);
    arrays.set(name.replace(/\.npy$/, ''), { shape, data: isFloat ? new Float32Array(body.buffer) : body });
  }
  return arrays;
}

/** Norm of the difference over the norm of what is expected. */
export function relativeError(found: Float32Array, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) throw new Error(`${found.length} values, not ${expected.length}`);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < found.length; i++) {
    difference += (found[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return Math.sqrt(difference / norm);
}

/** One of the reference's masks, whose rows numpy.packbits packed, as one of ours. */
export function unpackedMask({ shape, data }: NpyArray, index: number, width: number): Mask {
  const [, height, bytes] = shape as [number, number, number];
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = data[(index * height + y) * bytes + (x >> 3)]!;
      pixels[y * width + x] = (byte >> (7 - (x & 7))) & 1;
    }
  }
  return trimMask({ x: 0, y: 0, width, height, data: pixels });
}
