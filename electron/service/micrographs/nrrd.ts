import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Bbox } from '../../../native-models/masks/mask.ts';
import { cropPlane } from '../../../native-models/predictor/cropPlane.ts';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { MicrographFacts } from '../api/contract.ts';
import type { Micrograph, MicrographReader, PlaneAddress } from './contract.ts';
import { checkPlaneSize, firstLine } from './decodePlane.ts';
import { FileBytes } from './fileBytes.ts';
import { fileDamaged, fileUnsupported } from './fileDamage.ts';
import { type PixelSize, pixelSizeFacts, pixelSizeOf, plainUnit } from './pixelSize.ts';
import { type RawLayout, readRawRegion } from './rawPlanes.ts';
import { checkAddress, regionWise } from './regions.ts';
import { bytesPerSample, dtypeFacts, samplesFromBytes, type StoredDtype } from './storedSamples.ts';

/** NRRD ("nearly raw raster data"), raw or gzip, in one file or with the data beside it. Source: teem's format notes. */
export const nrrdReader: MicrographReader = {
  format: 'NRRD',
  extensions: ['.nrrd', '.nhdr'],
  recognises: (head) => Buffer.from(head.subarray(0, 7)).toString('latin1') === 'NRRD000',
  open: openNrrd,
};

const maxHeaderBytes = 1024 * 1024;
/** A gzip stream is decoded whole: at most this much. */
const maxGzipBytes = 2 ** 30;

const types: Record<string, StoredDtype> = {
  ...{ 'signed char': 'int8', int8: 'int8', int8_t: 'int8' },
  ...{ uchar: 'uint8', 'unsigned char': 'uint8', uint8: 'uint8', uint8_t: 'uint8' },
  ...{ short: 'int16', 'short int': 'int16', 'signed short': 'int16', int16: 'int16', int16_t: 'int16' },
  ...{ ushort: 'uint16', 'unsigned short': 'uint16', uint16: 'uint16', uint16_t: 'uint16' },
  ...{ int: 'int32', 'signed int': 'int32', int32: 'int32', int32_t: 'int32' },
  ...{ uint: 'uint32', 'unsigned int': 'uint32', uint32: 'uint32', uint32_t: 'uint32' },
  ...{ longlong: 'int64', int64: 'int64', int64_t: 'int64', ulonglong: 'uint64', uint64: 'uint64', uint64_t: 'uint64' },
  ...{ float: 'float32', double: 'float64' },
};

async function openNrrd(path: string): Promise<Micrograph> {
  return FileBytes.use(path, async (bytes) => {
    const { fields, headerEnd } = await readHeader(bytes);
    const field = (name: string) => fields.get(name) ?? '';
    const stored = types[field('type')];
    if (!stored) throw fileUnsupported(path, `holds samples of type "${field('type')}"`);
    const encoding = field('encoding');
    if (encoding !== 'raw' && encoding !== 'gzip' && encoding !== 'gz') {
      throw fileUnsupported(path, `is NRRD with the encoding "${encoding}"`);
    }
    const sizes = field('sizes').split(/\s+/).map(Number);
    const isColour = sizes.length > 2 && sizes[0]! >= 3 && sizes[0]! <= 4 && isColourAxis(field('kinds'));
    const storedSamples = isColour ? sizes.shift()! : 1;
    const [widthPx = 0, heightPx = 0, z = 1, t = 1, ...more] = sizes;
    if (more.length > 0 || ![widthPx, heightPx, z, t].every((size) => Number.isInteger(size) && size > 0)) {
      throw fileUnsupported(path, `has the sizes "${field('sizes')}"`);
    }
    const dtype = dtypeFacts(stored);
    const samples = isColour ? 3 : 1;
    checkPlaneSize(path, widthPx, heightPx, storedSamples, dtype.dtype);
    const data = dataPath(path, field('data file') || field('datafile'));
    const rowBytes = widthPx * storedSamples * bytesPerSample[stored];
    const totalBytes = rowBytes * heightPx * z * t;
    const long = [t > 1 ? 'T' : '', z > 1 ? 'Z' : ''].join('');
    const facts: MicrographFacts = {
      ...{ path, format: 'NRRD', widthPx, heightPx, ...dtype, samples, channels: 1, z, t },
      ...pixelSizeFacts(pixelSizeOfFields(field, isColour ? 1 : 0)),
      axes: `${long}YX${isColour ? 'S' : ''}`,
      shape: [...[t, z].filter((size) => size > 1), heightPx, widthPx, ...(isColour ? [storedSamples] : [])],
    };
    if (storedSamples !== samples) facts.storedSamples = storedSamples;
    const layout: Omit<RawLayout, 'at'> = {
      ...{ rowBytes, heightPx, stored, storedSamples, bottomUp: false },
      littleEndian: field('endian') !== 'big',
      pick: isColour ? [0, 1, 2] : [0],
    };
    const readAt = async (offset: number, region: Bbox): Promise<PixelPlane> =>
      FileBytes.use(data ?? path, async (file) => {
        const start = data === null ? headerEnd : 0;
        if (encoding === 'raw') return readRawRegion(file, { ...layout, at: start + offset }, region);
        return inflated(file, start, totalBytes, layout, offset, region);
      });
    if (encoding === 'raw') {
      await FileBytes.use(data ?? path, async (file) => {
        if ((data === null ? headerEnd : 0) + totalBytes > file.size) {
          throw fileDamaged(path, `is cut short: it promises ${totalBytes} bytes of samples`);
        }
      });
    }
    const read = async (plane: PlaneAddress, _: number, region: Bbox) => {
      checkAddress(facts, plane);
      return readAt((plane.t * z + plane.z) * rowBytes * heightPx, region);
    };
    const blocks = encoding === 'raw' ? [{ widthPx, heightPx: 1 }] : undefined;
    return regionWise(facts, [{ widthPx, heightPx }], read, blocks);
  });
}

/** Text lines up to an empty one: `field: value`, `key:=value` and comments. */
async function readHeader(bytes: FileBytes): Promise<{ fields: Map<string, string>; headerEnd: number }> {
  const head = Buffer.from(await bytes.read(0, Math.min(bytes.size, maxHeaderBytes))).toString('latin1');
  const end = /\r?\n\r?\n/.exec(head);
  const isDetached = !end && bytes.size < maxHeaderBytes;
  if (!end && !isDetached) throw fileDamaged(bytes.path, 'has a header without an end');
  const fields = new Map<string, string>();
  for (const line of head.slice(0, end?.index ?? head.length).split(/\r?\n/)) {
    const [, name, value] = /^([^:#]+):\s(.*)$/.exec(line) ?? [];
    if (name !== undefined) fields.set(name.toLowerCase(), value!.trim());
  }
  return { fields, headerEnd: end ? end.index + end[0].length : head.length };
}

function isColourAxis(kinds: string): boolean {
  const first = kinds.split(/\s+/)[0]?.toLowerCase() ?? '';
  return ['rgb-color', 'rgba-color', '3-color', '4-color', 'vector', '3-vector', '4-vector'].includes(first);
}

/** The file that holds the samples, beside the header; null: the header's own. Folders in its name are not followed. */
function dataPath(path: string, name: string): string | null {
  if (name === '') return null;
  if (name.startsWith('LIST') || /%/.test(name)) throw fileUnsupported(path, 'has its samples in many files');
  return join(dirname(path), basename(name.replace(/\\/g, '/')));
}

function pixelSizeOfFields(field: (name: string) => string, firstAxis: number): PixelSize | null {
  const vectors = [...field('space directions').matchAll(/none|\(([^()]*)\)/g)]
    .filter(([text]) => text !== 'none')
    .map(([, parts]) => Math.hypot(...parts!.split(',').map(Number)));
  const spacings = field('spacings').split(/\s+/).map(Number).slice(firstAxis);
  const [size = Number.NaN, sizeY, zStep] = vectors.length > 0 ? vectors : spacings;
  const unit = /"([^"]*)"/.exec(field('space units') || field('units'))?.[1] ?? '';
  if (unit === '') return null;
  return pixelSizeOf({
    ...{ size, unit: plainUnit(unit), source: 'NRRD header' },
    ...(sizeY === undefined ? {} : { sizeY }),
    ...(zStep === undefined ? {} : { zStep }),
  });
}

async function inflated(
  file: FileBytes,
  start: number,
  totalBytes: number,
  layout: Omit<RawLayout, 'at'>,
  offset: number,
  [x, y, width, height]: Bbox,
): Promise<PixelPlane> {
  const { path, size } = file;
  // Deflate makes 1032 bytes of one at most.
  if (totalBytes > maxGzipBytes) throw fileUnsupported(path, `holds ${totalBytes} bytes in one gzip stream`);
  if (totalBytes > (size - start) * 1032) throw fileDamaged(path, `promises ${totalBytes} bytes of samples`);
  let all: Buffer;
  try {
    all = await promisify(gunzip)(await file.read(start, size - start), { maxOutputLength: totalBytes + 1 });
  } catch (cause) {
    throw fileDamaged(path, `can't be decoded (${firstLine(cause)})`, cause);
  }
  if (all.length < totalBytes) throw fileDamaged(path, `ends after ${all.length} of ${totalBytes} bytes of samples`);
  const bytes = Uint8Array.from(all.subarray(offset, offset + layout.rowBytes * layout.heightPx));
  const values = samplesFromBytes(bytes, layout.stored, layout.littleEndian);
  const { storedSamples } = layout;
  const samples = layout.pick.length;
  const widthPx = layout.rowBytes / bytesPerSample[layout.stored] / storedSamples;
  const data = samples === storedSamples ? values : values.filter((_, index) => index % storedSamples < samples);
  return cropPlane({ widthPx, heightPx: layout.heightPx, samples, data }, [x, y, x + width, y + height]);
}
