import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { SampleDtype } from '../api/contract.ts';
import type { StoredSamples } from './decodePlane.ts';
import { fileUnsupported } from './fileDamage.ts';
import type { TiffDirectory } from './tiffDirectory.ts';

/** What a page's samples are and how the decoder is to be asked for them. */
export interface TiffSamples {
  samples: 1 | 3;
  dtype: SampleDtype;
  /** Name in the file where it is none of SampleDtype. */
  storedDtype: string | null;
  stored: StoredSamples;
  /**
   * 16-bit signed and half-float samples, which the decoder clips: they are fetched as the unsigned integers with the
   * same bits and turned into values here.
   */
  relabel: 'int16' | 'float16' | null;
}

const colourPhotometrics = new Set([2, 3, 5, 6, 8]);

/** @throws LamellaError file-unsupported for sample types that are not read. */
export function samplesOf(page: TiffDirectory, path: string): TiffSamples {
  const { bitsPerSample: bits, sampleFormat: format, photometric } = page;
  const isGreyPalette = photometric === 3 && page.greyPalette;
  const samples = colourPhotometrics.has(photometric) && !isGreyPalette ? 3 : 1;
  const inColour = photometric === 3 ? 1 : photometric === 5 ? 4 : samples;
  const extra = page.samplesPerPixel - inColour;
  const alpha = page.extraSamples.filter((kind) => kind === 1 || kind === 2).length;
  if (extra > 0 && alpha < extra && samples === 1) {
    throw fileUnsupported(path, `has ${page.samplesPerPixel} samples a pixel that are not colours`);
  }
  const plain = (dtype: SampleDtype & StoredSamples): TiffSamples => ({
    samples,
    dtype,
    storedDtype: null,
    stored: dtype,
    relabel: null,
  });
  const converted = (storedDtype: string, stored: StoredSamples, relabel: TiffSamples['relabel'] = null) => {
    if (samples === 3 || photometric === 0 || (relabel !== null && page.predictor === 3)) {
      throw fileUnsupported(path, `holds ${storedDtype} samples in a layout that is not read`);
    }
    return { samples, dtype: 'float32', storedDtype, stored, relabel } as const;
  };
  if (format === 1 || format === 4) {
    if (bits === 1) return { ...plain('uint8'), storedDtype: 'bool' };
    if (bits === 2 || bits === 4 || bits === 8) return plain('uint8');
    if (bits === 16 && photometric !== 3) return plain('uint16');
    if (bits === 32) return converted('uint32', 'uint32');
  }
  if (format === 2) {
    if (bits === 8) return converted('int8', 'int8');
    if (bits === 16) return converted('int16', 'uint16', 'int16');
    if (bits === 32) return converted('int32', 'int32');
  }
  if (format === 3) {
    if (bits === 16) return converted('float16', 'uint16', 'float16');
    if (bits === 32 && samples === 1 && photometric !== 0) return plain('float32');
    if (bits === 64) return converted('float64', 'float64');
  }
  const kind = ['', 'unsigned', 'signed', 'float', 'untyped'][format] ?? 'unknown';
  throw fileUnsupported(
    path,
    `holds ${bits}-bit ${kind} samples${samples === 3 ? ' in colour' : ''}, which are not read`,
  );
}

/** The file's bytes with every page's SampleFormat set to unsigned. `bytes` is changed. */
export function relabelAsUnsigned(bytes: Buffer, directories: readonly TiffDirectory[]): Buffer {
  const littleEndian = bytes[0] === 0x49;
  for (const { sampleFormatAt } of directories) {
    if (sampleFormatAt === null) continue;
    if (littleEndian) bytes.writeUInt16LE(1, sampleFormatAt);
    else bytes.writeUInt16BE(1, sampleFormatAt);
  }
  return bytes;
}

/** Values of samples that were fetched as unsigned integers with the same bits. */
export function relabelled(plane: PixelPlane, as: 'int16' | 'float16'): PixelPlane {
  const bits = plane.data as Uint16Array;
  const toValue = as === 'int16' ? (value: number) => (value << 16) >> 16 : halfToNumber;
  const data = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) data[i] = toValue(bits[i]!);
  return { ...plane, data };
}

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
