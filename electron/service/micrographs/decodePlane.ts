import sharp, { type OutputInfo, type SharpOptions } from 'sharp';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import { fileDamaged, fileUnsupported } from './fileDamage.ts';

/** Most pixels of a plane; a header that promises more is not believed. */
export const maxPlanePixels = 1_000_000_000;
/** Most bytes of a decoded plane (2 GiB). */
const maxPlaneBytes = 2 ** 31;
/** Seconds after which decoding is given up: no file may hang the program. */
const maxSeconds = 300;

/** How samples lie in the file, as the decoder hands them over. */
export type StoredSamples = 'uint8' | 'int8' | 'uint16' | 'uint32' | 'int32' | 'float32' | 'float64';

const depths = {
  uint8: 'uchar',
  int8: 'char',
  uint16: 'ushort',
  uint32: 'uint',
  int32: 'int',
  float32: 'float',
  float64: 'double',
} as const;

const bytesPerSample = { uint8: 1, int8: 1, uint16: 2, uint32: 4, int32: 4, float32: 4, float64: 8 } as const;

// Files may be replaced on disk while the program runs, and open handles keep Windows from deleting them.
sharp.cache(false);

/** Options for every look at a file: values as stored (no colour management), bounded size. */
export const decoderOptions: SharpOptions = { limitInputPixels: maxPlanePixels, ignoreIcc: true, failOn: 'error' };

export interface PlaneRequest {
  path: string;
  /** The file's bytes when they are not to be read from `path`. */
  bytes?: Buffer;
  page: number;
  stored: StoredSamples;
  samples: 1 | 3;
  /** Turn the picture as its EXIF orientation says. */
  orient: boolean;
  /** Refuse what the decoder only warns about. */
  strict: boolean;
}

/**
 * Decodes one plane with libvips, values as stored; an alpha channel is dropped.
 * dtypes beyond uint8, uint16 and float32 become float32 (32-bit integers are exact up to 2^24).
 * @throws LamellaError file-damaged, file-unsupported (too large).
 */
export async function decodePlane(request: PlaneRequest): Promise<PixelPlane> {
  const { path, page, stored, samples } = request;
  const options: SharpOptions = { ...decoderOptions, page };
  if (request.strict) options.failOn = 'warning';
  const pipeline = sharp(request.bytes ?? path, options).timeout({ seconds: maxSeconds });
  if (request.orient) pipeline.autoOrient();
  pipeline.removeAlpha().toColourspace(colourspaceOf(stored, samples)).raw({ depth: depths[stored] });
  let decoded: { data: Buffer; info: OutputInfo };
  try {
    decoded = await pipeline.toBuffer({ resolveWithObject: true });
  } catch (cause) {
    // A warning about metadata is not damage of the pixels: decode again, minding errors only.
    if (request.strict && isWarning(cause)) return decodePlane({ ...request, strict: false });
    throw fileDamaged(path, `can't be decoded (${firstLine(cause)})`, cause);
  }
  const { data, info } = decoded;
  if (info.channels !== samples) {
    throw fileUnsupported(path, `has ${info.channels} samples a pixel where ${samples} were expected`);
  }
  return { widthPx: info.width, heightPx: info.height, samples, data: typedSamples(data, stored) };
}

/** Refuses planes that can't be held. `path` names the file in the error. */
export function checkPlaneSize(
  path: string,
  widthPx: number,
  heightPx: number,
  samples: number,
  stored: StoredSamples,
): void {
  const pixels = widthPx * heightPx;
  if (!(pixels > 0)) throw fileDamaged(path, `has a plane of ${widthPx} × ${heightPx} pixels`);
  if (pixels > maxPlanePixels || pixels * samples * bytesPerSample[stored] > maxPlaneBytes) {
    throw fileUnsupported(
      path,
      `says that it is ${widthPx} × ${heightPx} pixels: more than can be opened (10⁹ pixels and 2 GiB a plane)`,
      'Cut it into parts or scale it down in another program.',
    );
  }
}

/** libvips converts values between colour spaces; this one it leaves as they are. */
function colourspaceOf(stored: StoredSamples, samples: 1 | 3): string {
  if (stored === 'uint16') return samples === 1 ? 'grey16' : 'rgb16';
  return samples === 1 ? 'b-w' : 'srgb';
}

function typedSamples(data: Buffer, stored: StoredSamples): PixelPlane['data'] {
  // A Buffer may lie anywhere in its ArrayBuffer; typed arrays of wider samples need an aligned start.
  const aligned = data.byteOffset % bytesPerSample[stored] === 0 ? data : Buffer.from(data);
  const start = aligned.byteOffset;
  const length = Math.floor(aligned.byteLength / bytesPerSample[stored]);
  switch (stored) {
    case 'uint8':
      return new Uint8Array(aligned.buffer, start, length);
    case 'uint16':
      return new Uint16Array(aligned.buffer, start, length);
    case 'float32':
      return new Float32Array(aligned.buffer, start, length);
    case 'int8':
      return Float32Array.from(new Int8Array(aligned.buffer, start, length));
    case 'uint32':
      return Float32Array.from(new Uint32Array(aligned.buffer, start, length));
    case 'int32':
      return Float32Array.from(new Int32Array(aligned.buffer, start, length));
    case 'float64':
      return Float32Array.from(new Float64Array(aligned.buffer, start, length));
  }
}

/** sharp puts this sentence before what libvips only warned about. */
function isWarning(cause: unknown): boolean {
  return cause instanceof Error && cause.message.startsWith('Warning treated as error');
}

export function firstLine(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return (message.split('\n')[0] ?? '').replace(/[\s:.]+$/, '');
}
