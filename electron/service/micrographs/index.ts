import { open, readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { MicrographFacts } from '../api/contract.ts';
import { fromSystemError, LamellaError } from '../errors.ts';
import { bmpReader } from './bmp.ts';
import type { Micrograph, MicrographReader } from './contract.ts';
import { dmReader } from './digitalMicrograph.ts';
import { fileDamaged, fileUnsupported } from './fileDamage.ts';
import { jpegReader } from './jpeg.ts';
import { mrcReader } from './mrc.ts';
import { nrrdReader } from './nrrd.ts';
import { refuseOtherFormat } from './otherFormats.ts';
import { instrumentFacts, pixelSizeFacts } from './pixelSize.ts';
import { pngReader } from './png.ts';
import { tiffReader } from './tiff/index.ts';
import { sidecarFacts } from './vendors/sidecar.ts';
import { webpReader } from './webp.ts';
import { isZarrFolder, isZarrName, openZarr } from './zarr/index.ts';

/**
 * Every kind of file that is read; the first that recognises a file opens it. Who decodes: PNG, JPEG and WebP libvips;
 * TIFF, BMP, DigitalMicrograph, MRC and NRRD this folder, for planes and regions without the rest; OME-Zarr, which is a
 * folder and therefore not in the table, zarrita. MRC comes last: its mark is the least certain.
 */
const readers: readonly MicrographReader[] = [
  pngReader,
  jpegReader,
  tiffReader,
  webpReader,
  bmpReader,
  dmReader,
  nrrdReader,
  mrcReader,
];

/** Lower-case endings with the dot, for file dialogs. */
export const micrographExtensions: readonly string[] = readers.flatMap((reader) => reader.extensions);

const headBytes = 512;
/** Of names: 2 before 10, whatever their case. */
export const naturalOrder = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
/** Label images that Lamella's export writes beside the micrographs. */
const labelImage = /_labels\.(tiff?|png)$/i;

/** By the ending of its name; what is hidden from the user (dot files) is none. Of folders, OME-Zarr's are. */
export function isMicrographFile(path: string): boolean {
  const name = basename(path);
  return !name.startsWith('.') && (isZarrName(name) || micrographExtensions.includes(extname(name).toLowerCase()));
}

/** A folder that is one micrograph, by its name: OME-Zarr. */
export function isMicrographFolder(path: string): boolean {
  return isZarrName(path);
}

/**
 * Opens a file by what its first bytes say, whatever its name, or an OME-Zarr folder. What an instrument wrote into a
 * file beside it (pixel size, info bar) becomes part of its facts.
 * @throws LamellaError file-missing, file-unreadable, file-damaged, file-unsupported
 */
export async function openMicrograph(path: string): Promise<Micrograph> {
  const head = await readHead(path);
  if (head === null) return openZarr(path);
  if (head.length === 0) throw fileDamaged(path, 'is empty');
  const reader = readers.find((candidate) => candidate.recognises(head));
  if (!reader) {
    refuseOtherFormat(path, head);
    throw fileUnsupported(
      path,
      isMicrographFile(path)
        ? `is not what its name says: its content is no ${extname(path).slice(1).toUpperCase()} picture`
        : `is of a kind that is not read (${readers.map(({ format }) => format).join(', ')}, OME-Zarr are)`,
    );
  }
  const micrograph = await reader.open(path);
  await addSidecarFacts(micrograph.facts);
  return micrograph;
}

async function addSidecarFacts(facts: MicrographFacts): Promise<void> {
  // Instruments' own tags know better; resolution tags don't.
  if (facts.instrument || (facts.pixelSize !== null && facts.pixelSizeSource !== 'TIFF resolution tags')) return;
  const found = await sidecarFacts(facts.path, facts.heightPx);
  if (!found) return;
  Object.assign(facts, pixelSizeFacts(found.pixelSize), instrumentFacts(found, facts.heightPx));
}

/**
 * Micrograph files and OME-Zarr folders directly in a folder, by natural file name (2 before 10), absolute when
 * `folder` is. Hidden files, other folders and label images (`…_labels.tif`) are left out. In an OME-Zarr folder it is
 * the folder itself that is found.
 * @throws LamellaError file-missing, file-unreadable
 */
export async function findMicrographs(folder: string): Promise<string[]> {
  if (isZarrName(folder)) return [folder];
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => isMicrographFile(entry.name) && entry.isDirectory() === isZarrName(entry.name))
      .filter((entry) => !labelImage.test(entry.name))
      .map((entry) => entry.name)
      .sort((a, b) => naturalOrder.compare(a, b) || (a < b ? -1 : 1))
      .map((name) => join(folder, name));
  } catch (cause) {
    throw fromSystemError(cause, folder, 'Reading the folder');
  }
}

/** First bytes of a file; null: a Zarr folder. */
async function readHead(path: string): Promise<Uint8Array | null> {
  try {
    // Asked before opening: opening a pipe would wait for its writer.
    const found = await stat(path);
    if (found.isDirectory() && (await isZarrFolder(path))) return null;
    if (!found.isFile()) {
      throw new LamellaError('file-unsupported', `${path} is a folder or device, not a micrograph file.`, { path });
    }
    const file = await open(path, 'r');
    try {
      const head = new Uint8Array(headBytes);
      const { bytesRead } = await file.read(head, 0, headBytes, 0);
      return head.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fromSystemError(cause, path, `Opening ${basename(path)}`);
  }
}
