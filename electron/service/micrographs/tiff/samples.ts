import type { SampleDtype } from '../../api/contract.ts';
import { fileUnsupported } from '../fileDamage.ts';
import { dtypeFacts, type StoredDtype } from '../storedSamples.ts';
import { checkCompression, jpeg, wholePageCompressions } from './codecs/index.ts';
import type { TiffDirectory } from './directory.ts';

/** What a page's samples are and how they become the samples of a plane. */
export interface TiffSamples {
  /** Of a plane. */
  samples: 1 | 3;
  dtype: SampleDtype;
  /** Name in the file where it is none of SampleDtype. */
  storedDtype: string | null;
  /** Whole-byte samples, or the number of bits of packed ones. */
  stored: StoredDtype | number;
  /** Samples a pixel that are channels, each a plane of its own. */
  channels: number;
  /** White is zero: values are turned around, so that high is bright. */
  invert: boolean;
  /** Samples are looked up in a palette: of greys (1 sample) or of colours (3). */
  palette: boolean;
  /** By whom: strip by strip or tile by tile here, or libvips page by page. */
  read: 'blocks' | 'page';
}

/**
 * Colours become red, green and blue; alpha is dropped; further samples of a grey page are channels.
 * @throws LamellaError file-unsupported for what is not read
 */
export function samplesOf(page: TiffDirectory, greyPalette: boolean, path: string): TiffSamples {
  checkCompression(path, page.compression);
  const { photometric, samplesPerPixel, compression } = page;
  const palette = photometric === 3;
  const ycbcr = photometric === 6;
  const byPage = wholePageCompressions.has(compression) || photometric === 5 || photometric === 8;
  const colour = palette ? !greyPalette : [2, 5, 6, 8].includes(photometric);
  if (photometric > 8 && photometric !== 32_803) {
    throw fileUnsupported(path, `has colours of a kind that is not read (photometric interpretation ${photometric})`);
  }
  if (colour && !palette && samplesPerPixel < 3) {
    throw fileUnsupported(path, `has ${samplesPerPixel} samples a pixel where colour has 3`);
  }
  const alpha = page.extraSamples.filter((kind) => kind === 1 || kind === 2).length;
  const channels = colour || palette ? 1 : Math.max(1, samplesPerPixel - alpha);
  const { stored, dtype, storedDtype } = typeOf(page, path);
  if (
    compression === jpeg &&
    (stored !== 'uint8' || (!page.planar && samplesPerPixel !== 1 && samplesPerPixel !== 3))
  ) {
    throw fileUnsupported(path, `holds JPEG of ${samplesPerPixel} samples a pixel, ${page.bitsPerSample} bits each`);
  }
  if (palette && typeof stored !== 'number' && stored !== 'uint8' && stored !== 'uint16') {
    throw fileUnsupported(path, `has a palette for ${stored} samples`);
  }
  // Subsampled colours without JPEG are put together by libvips.
  const read = byPage || (ycbcr && compression !== jpeg) ? 'page' : 'blocks';
  if (read === 'page' && dtype === 'float32') {
    throw fileUnsupported(path, `holds ${storedDtype ?? dtype} samples in a layout that is not read`);
  }
  return {
    samples: colour ? 3 : 1,
    dtype: palette ? 'uint8' : dtype,
    storedDtype,
    stored,
    channels: read === 'page' ? 1 : channels,
    invert: photometric === 0 && read === 'blocks',
    palette,
    read,
  };
}

function typeOf(page: TiffDirectory, path: string): Pick<TiffSamples, 'stored' | 'dtype' | 'storedDtype'> {
  const { bitsPerSample: bits, sampleFormat: format } = page;
  // 4, "undefined", is what programs write that don't care.
  const kind = ['', 'uint', 'int', 'float', 'uint', 'complexint', 'complex'][format];
  if (kind === 'uint' && bits >= 1 && bits < 16 && bits !== 8) {
    return { stored: bits, dtype: bits < 8 ? 'uint8' : 'uint16', storedDtype: bits === 1 ? 'bool' : null };
  }
  const stored = storedTypes[format === 5 && bits === 32 ? 'complexint16' : `${kind}${bits}`];
  if (stored === undefined) {
    const named = ['', 'unsigned', 'signed', 'float', 'untyped', 'complex', 'complex'][format] ?? 'unknown';
    throw fileUnsupported(path, `holds ${bits}-bit ${named} samples, which are not read`);
  }
  const { dtype, storedDtype } = dtypeFacts(stored);
  return { stored, dtype, storedDtype: storedDtype ?? null };
}

const storedTypes: Record<string, StoredDtype> = Object.fromEntries(
  (
    [
      ...(['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64'] as const),
      ...(['float16', 'float32', 'float64', 'complexint16', 'complex64', 'complex128'] as const),
    ] as const
  ).map((name) => [name, name]),
);
