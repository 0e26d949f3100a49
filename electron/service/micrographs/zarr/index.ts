import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as zarr from 'zarrita';
import type { Bbox } from '../../../../native-models/masks/mask.ts';
import type { PixelPlane } from '../../../../native-models/predictor/pixels.ts';
import type { MicrographFacts } from '../../api/contract.ts';
import { isLamellaError } from '../../errors.ts';
import type { Micrograph, PlaneAddress } from '../contract.ts';
import { checkPlaneSize, firstLine } from '../decodePlane.ts';
import { fileDamaged, fileUnsupported } from '../fileDamage.ts';
import { pixelSizeFacts } from '../pixelSize.ts';
import { checkAddress, regionWise } from '../regions.ts';
import { dtypeFacts, type StoredDtype } from '../storedSamples.ts';
import { limitZarrCodecs } from './boundedCodecs.ts';
import { FolderStore, maxChunkBytes } from './folderStore.ts';
import { type Multiscales, readMultiscales } from './multiscales.ts';

type ZarrArray = zarr.Array<zarr.DataType, FolderStore>;

const dtypes: Record<string, StoredDtype | 'bool'> = {
  ...{ bool: 'bool', uint8: 'uint8', int8: 'int8', uint16: 'uint16', int16: 'int16', uint32: 'uint32' },
  ...{ int32: 'int32', uint64: 'uint64', int64: 'int64', float16: 'float16', float32: 'float32', float64: 'float64' },
};

limitZarrCodecs();

/** By the files that every Zarr folder has: version 3, version 2. */
export async function isZarrFolder(path: string): Promise<boolean> {
  for (const name of ['zarr.json', '.zattrs', '.zgroup', '.zarray']) {
    const isThere = await access(join(path, name)).then(
      () => true,
      () => false,
    );
    if (isThere) return true;
  }
  return false;
}

/**
 * OME-Zarr (OME-NGFF 0.4 and 0.5) in a local folder, and plain Zarr arrays: chunks and codecs by zarrita, meaning here.
 * Levels are the datasets of the first multiscale; a plane or region decodes the chunks that it touches.
 */
export async function openZarr(path: string): Promise<Micrograph> {
  try {
    return await openImage(path);
  } catch (cause) {
    throw ours(path, cause);
  }
}

async function openImage(path: string): Promise<Micrograph> {
  const { arrays, image } = await arraysOf(path);
  const first = arrays[0]!;
  const axes = image.axes;
  checkAxes(path, first, axes);
  const stored = dtypes[first.dtype];
  if (!stored) throw fileUnsupported(path, `holds samples of type ${first.dtype}`);
  const dtype = stored === 'bool' ? ({ dtype: 'uint8', storedDtype: 'bool' } as const) : dtypeFacts(stored);
  const size = (name: string, array = first) => array.shape[axes.indexOf(name)] ?? 1;
  const [widthPx, heightPx] = [size('x'), size('y')];
  checkPlaneSize(path, widthPx, heightPx, 1, dtype.dtype);
  const levels = arrays.map((array) => ({ widthPx: size('x', array), heightPx: size('y', array) }));
  const long = axes.flatMap((name, axis) => (first.shape[axis]! > 1 || name === 'x' || name === 'y' ? [axis] : []));
  const facts: MicrographFacts = {
    ...{ path, format: 'OME-Zarr', widthPx, heightPx, ...dtype, samples: 1 },
    ...{ channels: size('c'), z: size('z'), t: size('t') },
    ...pixelSizeFacts(image.pixelSize),
    axes: long.map((axis) => axes[axis]!.toUpperCase()).join(''),
    shape: long.map((axis) => first.shape[axis]!),
  };
  if (levels.length > 1) facts.pyramid = true;
  if (image.channelInfo) facts.channelInfo = image.channelInfo.slice(0, facts.channels);
  const read = async (plane: PlaneAddress, level: number, region: Bbox) => {
    checkAddress(facts, plane);
    try {
      return await readRegion(arrays[level]!, axes, plane, region);
    } catch (cause) {
      throw ours(path, cause);
    }
  };
  const chunk = (name: string, array: ZarrArray) => array.chunks[axes.indexOf(name)] ?? 1;
  const blocks = arrays.map((array) => ({ widthPx: chunk('x', array), heightPx: chunk('y', array) }));
  return regionWise(facts, levels, read, blocks);
}

/** The arrays of the image, largest first, and what is said about them. */
async function arraysOf(path: string): Promise<{ arrays: ZarrArray[]; image: Multiscales }> {
  const root = await zarr.open(zarr.root(new FolderStore(path)));
  if (root instanceof zarr.Array) {
    const names = root.dimensionNames?.map((name) => String(name).toLowerCase());
    const axes = names ?? ['t', 'c', 'z', 'y', 'x'].slice(-root.shape.length);
    return { arrays: [withWholeChunks(root)], image: { axes, paths: [''], pixelSize: null, channelInfo: null } };
  }
  const own = readMultiscales(root.attrs);
  if (own) return { arrays: await openAll(root, own), image: own };
  if ('plate' in root.attrs || 'well' in root.attrs) {
    throw fileUnsupported(path, 'is a plate of many images', 'Open the folder of one image in it, such as A/1/0.');
  }
  // bioformats2raw writes its images into numbered groups.
  const group = await zarr.open(root.resolve('0'), { kind: 'group' });
  const inner = readMultiscales(group.attrs);
  if (!inner) throw fileUnsupported(path, 'is a Zarr folder that describes no image (no multiscales)');
  return { arrays: await openAll(group, inner), image: inner };
}

async function openAll(group: zarr.Group<FolderStore>, { paths }: Multiscales): Promise<ZarrArray[]> {
  const arrays: ZarrArray[] = [];
  for (const path of paths) arrays.push(withWholeChunks(await zarr.open(group.resolve(path), { kind: 'array' })));
  return arrays.filter((array) => array.dtype === arrays[0]!.dtype && array.shape.length === arrays[0]!.shape.length);
}

/** zarrita takes a chunk that is cut short for the beginning of one. */
function withWholeChunks(array: ZarrArray): ZarrArray {
  const getChunk = array.getChunk.bind(array);
  array.getChunk = async (...request) => {
    const chunk = await getChunk(...request);
    const expected = chunk.shape.reduce((product, size) => product * size, 1);
    if (chunk.data.length < expected) throw new Error(`a chunk of ${chunk.data.length} of ${expected} samples`);
    return chunk;
  };
  return array;
}

function checkAxes(path: string, array: ZarrArray, axes: readonly string[]): void {
  const isKnown = axes.length === array.shape.length && axes.includes('x') && axes.includes('y');
  const isSized = array.shape.every((size) => Number.isInteger(size) && size > 0 && size < 2 ** 31);
  const unique = new Set(axes).size === axes.length;
  const others = axes.filter((name, axis) => !'tczyx'.includes(name) && array.shape[axis] !== 1);
  if (!isKnown || !isSized || !unique) {
    throw fileDamaged(path, `has an array of the shape ${array.shape.join(' × ')} for the axes ${axes.join(', ')}`);
  }
  if (others.length > 0) throw fileUnsupported(path, `has axes that are not read: ${others.join(', ')}`);
  const chunkBytes = array.chunks.reduce((product, size) => product * size, 8);
  if (!(chunkBytes > 0 && chunkBytes <= maxChunkBytes)) {
    throw fileUnsupported(path, `has chunks of ${array.chunks.join(' × ')} samples, more than can be held`);
  }
}

async function readRegion(
  array: ZarrArray,
  axes: readonly string[],
  plane: PlaneAddress,
  [x, y, widthPx, heightPx]: Bbox,
): Promise<PixelPlane> {
  checkAxes(array.store.folder, array, axes);
  const at: Record<string, number> = { c: plane.c ?? 0, z: plane.z, t: plane.t };
  const selection = axes.map((name) => {
    if (name === 'x') return zarr.slice(x, x + widthPx);
    return name === 'y' ? zarr.slice(y, y + heightPx) : (at[name] ?? 0);
  });
  const { data, stride } = await zarr.get(array, selection);
  const isTurned = axes.indexOf('x') < axes.indexOf('y');
  const [alongY, alongX] = isTurned ? [stride[1]!, stride[0]!] : [stride[0]!, stride[1]!];
  const values = valuesOf(data);
  if (alongX === 1 && alongY === widthPx) return { widthPx, heightPx, samples: 1, data: values };
  const sorted = values.slice();
  for (let j = 0; j < heightPx; j++) {
    for (let i = 0; i < widthPx; i++) sorted[j * widthPx + i] = values[j * alongY + i * alongX]!;
  }
  return { widthPx, heightPx, samples: 1, data: sorted };
}

/** Truth values become 0 and 255; everything that is not uint8, uint16 or float32 becomes float32. */
function valuesOf(data: unknown): PixelPlane['data'] {
  if (data instanceof Uint8Array || data instanceof Uint16Array || data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float32Array.from(data, Number);
  if (data instanceof zarr.BoolArray) return Uint8Array.from(data, (value) => (value ? 255 : 0));
  return Float32Array.from(data as ArrayLike<number>);
}

function ours(path: string, cause: unknown): Error {
  if (isLamellaError(cause)) return cause;
  if (zarr.isZarritaError(cause, 'UnknownCodecError', 'UnsupportedError')) {
    return fileUnsupported(path, `uses a part of Zarr that is not read (${firstLine(cause)})`);
  }
  return fileDamaged(path, `can't be read as Zarr (${firstLine(cause)})`, cause);
}

/** `cells.ome.zarr`, `cells.zarr`. */
export function isZarrName(path: string): boolean {
  return basename(path).toLowerCase().endsWith('.zarr');
}
