import { endianness } from 'node:os';
import sharp, { type OutputInfo, type SharpOptions } from 'sharp';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { SampleDtype } from '../api/contract.ts';
import { fileDamaged, fileUnsupported } from './fileDamage.ts';
import { samplesFromBytes } from './storedSamples.ts';

/** Most pixels of a plane; a header that promises more is not believed. */
export const maxPlanePixels = 1_000_000_000;
/** Most bytes of a decoded plane (2 GiB). */
const maxPlaneBytes = 2 ** 31;
/** Seconds after which decoding is given up: no file may hang the program. */
const maxSeconds = 300;

const depths = { uint8: 'uchar', uint16: 'ushort', float32: 'float' } as const;
const bytesPerSample = { uint8: 1, uint16: 2, float32: 4 } as const;

// Files may be replaced on disk while the program runs, and open handles keep Windows from deleting them.
sharp.cache(false);

/** Options for every look at a file: values as stored (no colour management), bounded size. */
export const decoderOptions: SharpOptions = { limitInputPixels: maxPlanePixels, ignoreIcc: true, failOn: 'error' };

export interface PlaneRequest {
  path: string;
  page: number;
  stored: SampleDtype;
  samples: 1 | 3;
  /** Turn the picture as its EXIF orientation says. */
  orient: boolean;
  /** Refuse what the decoder only warns about. */
  strict: boolean;
}

/**
 * Decodes one plane with libvips, values as stored; an alpha channel is dropped.
 * @throws LamellaError file-damaged, file-unsupported (too large).
 */
export async function decodePlane(request: PlaneRequest): Promise<PixelPlane> {
  const { path, page, stored, samples } = request;
  const options: SharpOptions = { ...decoderOptions, page };
  if (request.strict) options.failOn = 'warning';
  const pipeline = sharp(path, options).timeout({ seconds: maxSeconds });
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
  return {
    widthPx: info.width,
    heightPx: info.height,
    samples,
    data: samplesFromBytes(data, stored, endianness() === 'LE'),
  };
}

/** Refuses planes that can't be held. `path` names the file in the error. */
export function checkPlaneSize(
  path: string,
  widthPx: number,
  heightPx: number,
  samples: number,
  stored: SampleDtype,
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
function colourspaceOf(stored: SampleDtype, samples: 1 | 3): string {
  if (stored === 'uint16') return samples === 1 ? 'grey16' : 'rgb16';
  return samples === 1 ? 'b-w' : 'srgb';
}

/** sharp puts this sentence before what libvips only warned about. */
function isWarning(cause: unknown): boolean {
  return cause instanceof Error && cause.message.startsWith('Warning treated as error');
}

export function firstLine(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return (message.split('\n')[0] ?? '').replace(/[\s:.]+$/, '');
}
