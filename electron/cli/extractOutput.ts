import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import sharp from 'sharp';
import { boundaryMap, phaseMap } from '../../native-models/automatic/extract/boundaryMap.ts';
import { extractMicrostructure } from '../../native-models/automatic/extract/extractMicrostructure.ts';
import type { ExtractOptions, Microstructure } from '../../native-models/automatic/extract/microstructure.ts';
import type { MaskRecord } from '../../native-models/automatic/record.ts';
import { cropPlane } from '../../native-models/predictor/cropPlane.ts';
import type { PixelPlane, ValueRange } from '../../native-models/predictor/pixels.ts';
import type { MicrographFacts } from '../service/api/contract.ts';
import { maxLabel } from '../service/datasets/labelImage.ts';
import { encodeLabelTiff } from '../service/datasets/labelTiff.ts';
import { fromSystemError } from '../service/errors.ts';
import type { AutomaticImage } from './automaticImages.ts';

/** The extracted regions of one micrograph, beside its label image. */
export interface ExtractFiles {
  /** Objects white, ground black. */
  phase: string;
  /** Boundaries white. */
  boundaries: string;
  /** Label image of the regions, none of which overlaps another; not written of more than 16 bits can number. */
  regions: string;
}

export function extractFiles({ labels }: Pick<AutomaticImage, 'labels'>): ExtractFiles {
  const stem = labels.replace(/_labels\.tif$/, '');
  return { phase: `${stem}_phase.png`, boundaries: `${stem}_boundaries.png`, regions: `${stem}_regions.tif` };
}

export function isExtracted(image: Pick<AutomaticImage, 'labels'>): boolean {
  const { phase, boundaries } = extractFiles(image);
  return existsSync(phase) && existsSync(boundaries);
}

/** What is extracted from. */
interface Extracted {
  plane: PixelPlane;
  valueRange: ValueRange;
  facts: MicrographFacts;
  /** Rows from the top that show the specimen: below them all is ground. */
  specimenRows: number;
}

/**
 * Extracts the regions of one micrograph from its masks and writes them.
 * @throws LamellaError of a folder or a file that can't be written.
 */
export async function writeExtract(
  image: AutomaticImage,
  { plane, valueRange, facts, specimenRows }: Extracted,
  records: readonly MaskRecord[],
  options: ExtractOptions,
): Promise<ExtractFiles & { count: number }> {
  const files = extractFiles(image);
  const specimen = cropPlane(plane, [0, 0, plane.widthPx, specimenRows]);
  const structure = withGroundBelow(extractMicrostructure(records, specimen, valueRange, options), plane.heightPx);
  const { widthPx, heightPx, labels, count } = structure;
  if (count <= maxLabel) {
    const regions = { widthPx, heightPx, data: Uint16Array.from(labels), objects: [], overlapping: 0, covered: 0 };
    await write(files.regions, await encodeLabelTiff(regions, facts));
  }
  await write(files.boundaries, await encodeMap(boundaryMap(structure, options.boundaryPx), widthPx, heightPx));
  await write(files.phase, await encodeMap(phaseMap(structure), widthPx, heightPx));
  return { ...files, count };
}

function withGroundBelow(structure: Microstructure, heightPx: number): Microstructure {
  if (structure.heightPx === heightPx) return structure;
  const labels = new Uint32Array(structure.widthPx * heightPx);
  labels.set(structure.labels);
  return { ...structure, heightPx, labels };
}

/** Values of 0 and 1 as a grey PNG of black and white. */
async function encodeMap(map: Uint8Array, width: number, height: number): Promise<Buffer> {
  const grey = map.map((value) => 255 * value);
  return sharp(grey, { raw: { width, height, channels: 1 }, limitInputPixels: false })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}

async function write(path: string, content: Uint8Array | Uint8Array[]): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  } catch (cause) {
    throw fromSystemError(cause, path, 'Writing the extracted regions');
  }
}
