import sharp, { type Metadata } from 'sharp';
import type { MicrographFacts } from '../api/contract.ts';
import type { Micrograph } from './contract.ts';
import { checkPlaneSize, decodePlane, decoderOptions, firstLine } from './decodePlane.ts';
import { fileDamaged } from './fileDamage.ts';
import { checkAddress, wholePlanes } from './regions.ts';

/**
 * A file that holds one picture of 8 or 16 bits (PNG, JPEG, WebP). The EXIF orientation is applied: width, height and all
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
    axes: samples === 3 ? 'YXS' : 'YX',
    shape: samples === 3 ? [heightPx, widthPx, metadata.channels] : [heightPx, widthPx],
  };
  if (metadata.orientation !== undefined && metadata.orientation > 1) facts.exifOrientation = metadata.orientation;
  if (metadata.channels !== samples) facts.storedSamples = metadata.channels;
  return wholePlanes(facts, async (plane) => {
    checkAddress(facts, plane);
    return decodePlane({ path, page: 0, stored: dtype, samples, orient: true, strict: false });
  });
}

async function readMetadata(path: string): Promise<Metadata> {
  try {
    return await sharp(path, decoderOptions).metadata();
  } catch (cause) {
    throw fileDamaged(path, `can't be read (${firstLine(cause)})`, cause);
  }
}
