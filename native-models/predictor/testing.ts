import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { unzipSync } from 'fflate';

/** For tests: resizing written out pixel by pixel, and arrays that the published implementations gave. */

/** One channel of samples, row-major, in double precision. */
export interface Raster {
  width: number;
  height: number;
  data: Float64Array;
}

function rasterOf(width: number, height: number, valueAt: (x: number, y: number) => number): Raster {
  const data = Float64Array.from({ length: width * height }, (_, index) =>
    valueAt(index % width, Math.floor(index / width)),
  );
  return { width, height, data };
}

/** torch.nn.functional.interpolate(mode='bilinear', align_corners=False): four neighbours, edges repeated. */
export function interpolate(source: Raster, width: number, height: number): Raster {
  const at = (x: number, y: number) => {
    const u = Math.min(Math.max(x, 0), source.width - 1);
    const v = Math.min(Math.max(y, 0), source.height - 1);
    return source.data[v * source.width + u]!;
  };
  return rasterOf(width, height, (x, y) => {
    const u = ((x + 0.5) * source.width) / width - 0.5;
    const v = ((y + 0.5) * source.height) / height - 0.5;
    const [left, top] = [Math.floor(u), Math.floor(v)];
    const upper = at(left, top) * (1 - (u - left)) + at(left + 1, top) * (u - left);
    const lower = at(left, top + 1) * (1 - (u - left)) + at(left + 1, top + 1) * (u - left);
    return upper * (1 - (v - top)) + lower * (v - top);
  });
}

/** Weighted mean of all samples under a triangle as wide as the reduction: Pillow's BILINEAR before its rounding. */
export function resizeAntialiased(source: Raster, width: number, height: number): Raster {
  const weights = (from: number, to: number, index: number) => {
    const reach = Math.max(1, from / to);
    const centre = ((index + 0.5) * from) / to;
    const all = Array.from({ length: from }, (_, i) => Math.max(0, 1 - Math.abs(i + 0.5 - centre) / reach));
    const sum = all.reduce((a, b) => a + b, 0);
    return all.map((weight) => weight / sum);
  };
  const columns = Array.from({ length: width }, (_, x) => weights(source.width, width, x));
  const rows = Array.from({ length: height }, (_, y) => weights(source.height, height, y));
  const narrowed = rasterOf(width, source.height, (x, y) =>
    columns[x]!.reduce((sum, weight, u) => (weight === 0 ? sum : sum + weight * source.data[y * source.width + u]!), 0),
  );
  return rasterOf(width, height, (x, y) =>
    rows[y]!.reduce((sum, weight, v) => (weight === 0 ? sum : sum + weight * narrowed.data[v * width + x]!), 0),
  );
}

/** The top left `width` × `height` samples. */
export function cropRaster(source: Raster, width: number, height: number): Raster {
  return rasterOf(width, height, (x, y) => source.data[y * source.width + x]!);
}

/** Reference arrays of the published implementations beside the clone; not part of the project. */
export const fixtureFolder = resolve(import.meta.dirname, '../../../shared/fixtures');

export function hasFixture(...path: string[]): boolean {
  return existsSync(join(fixtureFolder, ...path));
}

export interface NumpyArray {
  shape: number[];
  data: Float32Array | Float64Array | Uint8Array;
}

/** Arrays of an .npz file by name; of float32, float64, uint8, bool, and int64 as float64. Others are left out. */
export function readNpz(path: string): Map<string, NumpyArray> {
  const entries = Object.entries(unzipSync(readFileSync(path)));
  return new Map(
    entries.flatMap(([name, bytes]) => {
      const array = parseNpy(bytes);
      return array ? [[name.replace(/\.npy$/, ''), array]] : [];
    }),
  );
}

/** NumPy's format 1.0: magic, version, length of the header, header (a Python dict), little-endian samples. */
function parseNpy(bytes: Uint8Array): NumpyArray | null {
  const headerLength = bytes[8]! + 256 * bytes[9]!;
  const header = new TextDecoder('latin1').decode(bytes.subarray(10, 10 + headerLength));
  const dtype = /'descr': '([^']+)'/.exec(header)![1]!;
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)![1]!
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const samples = bytes.slice(10 + headerLength);
  switch (dtype) {
    case '<f4':
      return { shape, data: new Float32Array(samples.buffer) };
    case '<f8':
      return { shape, data: new Float64Array(samples.buffer) };
    case '<i8':
      return { shape, data: Float64Array.from(new BigInt64Array(samples.buffer), Number) };
    case '|u1':
    case '|b1':
      return { shape, data: samples };
    default:
      return null;
  }
}
