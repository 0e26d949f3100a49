import { createReadStream } from 'node:fs';
import type { Bbox } from '../../../native-models/masks/mask.ts';
import { fromSystemError } from '../errors.ts';
import { firstPlane } from '../micrographs/contract.ts';
import type { ExportJob } from './contract.ts';
import { type DatasetImage, isCropped } from './datasetImages.ts';
import { distinctNames, stemOf } from './distinctNames.ts';
import type { Content } from './outputFolder.ts';
import { encodePlanePng } from './planePng.ts';
import { encodeTiff } from './tiffFile.ts';

/**
 * The images under the names of their pictures: where one is written cropped, its ending says as what. Those that are
 * copied keep their names.
 */
export function withPictureNames(images: readonly DatasetImage[]): DatasetImage[] {
  const keepsName = (image: DatasetImage) => pictureName(image) === image.name;
  const order = [...images.filter(keepsName), ...images.filter((image) => !keepsName(image))];
  const names = distinctNames(order.map(pictureName));
  const nameOf = new Map(order.map((image, at) => [image, names[at]!]));
  return images.map((image) => ({ ...image, name: nameOf.get(image)! }));
}

/** Of a file of one plane its own bytes, unless it is cropped; of a slice a PNG. Throws what reading the file throws. */
export async function pictureOf(job: ExportJob, image: DatasetImage): Promise<Content> {
  const { id, path, slice, facts, widthPx, heightPx } = image;
  if (slice === null && !isCropped(image)) return bytesOf(path);
  const micrograph = await job.openImage(id);
  const address = slice?.plane ?? firstPlane;
  const rows: Bbox = [0, 0, widthPx, heightPx];
  const plane = isCropped(image) ? await micrograph.readRegion(address, 0, rows) : await micrograph.readPlane(address);
  return slice === null && isWrittenAsTiff(image) ? encodeTiff(plane, facts) : encodePlanePng(plane);
}

function pictureName(image: DatasetImage): string {
  const { name, slice, readable } = image;
  if (slice !== null || !readable || !isCropped(image)) return name;
  const [ending, fits] = isWrittenAsTiff(image) ? ['.tif', /\.tiff?$/i] : ['.png', /\.png$/i];
  return fits.test(name) ? name : stemOf(name) + ending;
}

/** TIFF stays TIFF, with its pixel size; only it holds floating-point values. All else, JPEG too, is a PNG without loss. */
function isWrittenAsTiff({ facts }: DatasetImage): boolean {
  return facts.format === 'TIFF' || facts.dtype === 'float32';
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) yield chunk as Uint8Array;
  } catch (cause) {
    throw fromSystemError(cause, path, 'Copying a micrograph');
  }
}
