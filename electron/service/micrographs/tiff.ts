import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { MicrographFacts } from '../api/contract.ts';
import { fromSystemError } from '../errors.ts';
import type { Micrograph, MicrographReader, PlaneAddress } from './contract.ts';
import { checkPlaneSize, decodePlane } from './decodePlane.ts';
import { fileDamaged, fileUnsupported } from './fileDamage.ts';
import { noSuchPlane } from './singlePicture.ts';
import { readTiffDirectories, type TiffDirectory } from './tiffDirectory.ts';
import { pixelSizeOf } from './tiffPixelSize.ts';
import { relabelAsUnsigned, relabelled, samplesOf, type TiffSamples } from './tiffSamples.ts';
import { imageJImages, stackOf, type TiffStack } from './tiffStack.ts';

/**
 * TIFF and BigTIFF: pages are read by libvips, their meaning here. Orientation tags are ignored, as Fiji and tifffile
 * do, so that coordinates mean the same there. "White is zero" pictures are inverted: high values are bright.
 */
export const tiffReader: MicrographReader = {
  format: 'TIFF',
  extensions: ['.tif', '.tiff'],
  recognises: (head) =>
    (head[0] === 0x49 && head[1] === 0x49 && (head[2] === 42 || head[2] === 43) && head[3] === 0) ||
    (head[0] === 0x4d && head[1] === 0x4d && head[2] === 0 && (head[3] === 42 || head[3] === 43)),
  open: openTiff,
};

/** Largest file that is read whole to relabel its samples (1 GiB). */
const maxRelabelledBytes = 2 ** 30;

async function openTiff(path: string): Promise<Micrograph> {
  const { directories, fileSize } = await readStructure(path);
  const first = directories[0]!;
  const samples = samplesOf(first, path);
  checkPlaneSize(path, first.widthPx, first.heightPx, samples.samples, samples.stored);
  checkComplete(path, first, fileSize);
  const stack = stackOf(directories);
  const promised = imageJImages(first.description);
  if (promised !== null && promised > 1 && directories.length === 1) {
    throw fileUnsupported(
      path,
      `is an ImageJ stack of ${promised} images without a directory for each`,
      'Open it in Fiji and save it as OME-TIFF, or save single slices.',
    );
  }
  const pixelSize = pixelSizeOf(first);
  const facts: MicrographFacts = {
    path,
    format: 'TIFF',
    widthPx: first.widthPx,
    heightPx: first.heightPx,
    dtype: samples.dtype,
    samples: samples.samples,
    channels: stack.channels,
    z: stack.z,
    t: stack.t,
    pixelSize: pixelSize?.size ?? null,
    pixelUnit: pixelSize?.unit ?? null,
    pixelSizeSource: pixelSize?.source ?? null,
  };
  if (samples.storedDtype !== null) facts.storedDtype = samples.storedDtype;
  return {
    facts,
    readPlane: async (plane) => {
      const page = pageOf(path, stack, plane);
      checkComplete(path, directories[page]!, fileSize);
      return readPage(path, page, samples, directories);
    },
  };
}

async function readStructure(path: string): Promise<{ directories: TiffDirectory[]; fileSize: number }> {
  try {
    const file = await open(path, 'r');
    try {
      return { directories: await readTiffDirectories(file, path), fileSize: (await file.stat()).size };
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fromSystemError(cause, path, `Reading ${basename(path)}`);
  }
}

/** libvips fills what a cut file lacks with black; a micrograph that looks whole must be whole. */
function checkComplete(path: string, page: TiffDirectory, fileSize: number): void {
  if (page.dataEnd <= fileSize) return;
  throw fileDamaged(path, `is cut short: its picture ends at byte ${page.dataEnd}, the file at ${fileSize}`);
}

function pageOf(path: string, stack: TiffStack, plane: PlaneAddress): number {
  const { z, t } = plane;
  const c = plane.c ?? 0;
  const inside = c >= 0 && z >= 0 && t >= 0 && c < stack.channels && z < stack.z && t < stack.t;
  const page = inside ? stack.pages[stack.pageOf(c, z, t)] : undefined;
  if (page === undefined) throw noSuchPlane(path, plane);
  return page;
}

async function readPage(
  path: string,
  page: number,
  samples: TiffSamples,
  directories: readonly TiffDirectory[],
): Promise<PixelPlane> {
  const request = { path, page, stored: samples.stored, samples: samples.samples, orient: false, strict: true };
  if (samples.relabel === null) return decodePlane(request);
  const bytes = relabelAsUnsigned(await readWhole(path), directories);
  return relabelled(await decodePlane({ ...request, bytes }), samples.relabel);
}

async function readWhole(path: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > maxRelabelledBytes) throw fileUnsupported(path, 'holds int16 or float16 samples in more than 1 GiB');
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fromSystemError(cause, path, `Reading ${basename(path)}`);
  }
}
