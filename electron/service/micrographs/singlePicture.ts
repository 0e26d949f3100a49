import sharp, { type Metadata } from 'sharp';
import type { MicrographFacts } from '../api/contract.ts';
import { LamellaError } from '../errors.ts';
import type { Micrograph, PlaneAddress } from './contract.ts';
import { checkPlaneSize, decodePlane, decoderOptions, firstLine } from './decodePlane.ts';
import { fileDamaged } from './fileDamage.ts';

/**
 * A file that holds one picture of 8 or 16 bits (PNG, JPEG). The EXIF orientation is applied: width, height and all
 * coordinates are those of the upright picture. Resolution fields of these formats are print sizes, so the pixel size
 * stays unknown.
 */
export async function openSinglePicture(path: string, format: string): Promise<Micrograph> {
  const metadata = await readMetadata(path);
  const dtype = metadata.depth === 'ushort' ? 'uint16' : 'uint8';
  const samples = metadata.channels >= 3 ? 3 : 1;
  const { width: widthPx, height: heightPx } = metadata.autoOrient;
  checkPlaneSize(path, widthPx, heightPx, samples, dtype);
  const facts: MicrographFacts = {
    path,
    format,
    widthPx,
    heightPx,
    dtype,
    samples,
    channels: 1,
    z: 1,
    t: 1,
    pixelSize: null,
    pixelUnit: null,
    pixelSizeSource: null,
  };
  if (metadata.orientation !== undefined && metadata.orientation > 1) facts.exifOrientation = metadata.orientation;
  return {
    facts,
    readPlane: async (plane) => {
      if (planeIndexOf(plane) !== 0) throw noSuchPlane(path, plane);
      return decodePlane({ path, page: 0, stored: dtype, samples, orient: true, strict: false });
    },
  };
}

/** @throws LamellaError not-found */
export function noSuchPlane(path: string, { c, z, t }: PlaneAddress): LamellaError {
  return new LamellaError('not-found', `There is no plane c=${c ?? 'all'} z=${z} t=${t} in ${path}.`, { path });
}

function planeIndexOf({ c, z, t }: PlaneAddress): number {
  return (c ?? 0) + z + t;
}

async function readMetadata(path: string): Promise<Metadata> {
  try {
    return await sharp(path, decoderOptions).metadata();
  } catch (cause) {
    throw fileDamaged(path, `can't be read (${firstLine(cause)})`, cause);
  }
}
