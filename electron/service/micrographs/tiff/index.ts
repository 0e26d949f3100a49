import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Bbox } from '../../../../native-models/masks/mask.ts';
import { cropPlane } from '../../../../native-models/predictor/cropPlane.ts';
import type { PixelPlane } from '../../../../native-models/predictor/pixels.ts';
import type { MicrographFacts } from '../../api/contract.ts';
import type { LevelSize, Micrograph, MicrographReader, PlaneAddress } from '../contract.ts';
import { checkPlaneSize, decodePlane } from '../decodePlane.ts';
import { fileDamaged, fileUnsupported } from '../fileDamage.ts';
import { FileBytes } from '../fileBytes.ts';
import { instrumentFacts, pixelSizeFacts } from '../pixelSize.ts';
import { checkAddress, regionWise } from '../regions.ts';
import { type BlockTable, hasGreyPalette, readBlocks, readBlockTable } from './blocks.ts';
import { type TiffDirectory, TiffFile } from './directory.ts';
import { lzw } from './codecs/index.ts';
import { isOme, type OmeImage, readOme } from './ome.ts';
import { samplesOf, type TiffSamples } from './samples.ts';
import { isKindOf, type PageAddress, reducedCopies, stackOf, type TiffStack } from './stack.ts';
import { declaredPixelSize, vendorFactsOf } from './vendorTags.ts';

/**
 * TIFF and BigTIFF. Directories, strips and tiles are read here, so that a plane, a region or a level of a pyramid takes
 * only the bytes that it needs, every size is checked against the file before memory is taken, and signed and half-float
 * samples keep their values (libvips clips them, and gives whole pages only). What libtiff alone reads (fax, CMYK, Lab,
 * old JPEG) goes through libvips page by page, as do plain whole planes in LZW. Orientation tags are told but not applied, as Fiji and tifffile do, so
 * that coordinates mean the same there. "White is zero" pictures are inverted: high values are bright.
 */
export const tiffReader: MicrographReader = {
  format: 'TIFF',
  extensions: ['.tif', '.tiff', '.btf', '.tf8'],
  recognises: (head) =>
    (head[0] === 0x49 && head[1] === 0x49 && (head[2] === 42 || head[2] === 43) && head[3] === 0) ||
    (head[0] === 0x4d && head[1] === 0x4d && head[2] === 0 && (head[3] === 42 || head[3] === 43)),
  open: openTiff,
};

/** Longest file that describes an OME-TIFF set: 64 MiB. */
const maxCompanionBytes = 2 ** 26;

/** Tables that are kept: those of the levels of a slide, of a few pages of a stack. */
const keptTables = 16;

/** One TIFF file: its directories, and how their samples are read. */
interface OpenTiff {
  path: string;
  pages: TiffDirectory[];
  samples: TiffSamples;
  /** Of directories that were read last. */
  tables: Map<TiffDirectory, BlockTable>;
}

async function openTiff(path: string): Promise<Micrograph> {
  return FileBytes.use(path, async (bytes) => {
    const file = await TiffFile.open(bytes);
    const pages = await file.pages();
    const first = pages[0]!;
    const samples = samplesOf(first, await hasGreyPalette(file, first), path);
    // A slide of tiles may be larger than what can be held of it at once.
    const isSlide = first.tiled && samples.read === 'blocks' && first.widthPx > 0 && first.heightPx > 0;
    if (!isSlide) checkPlaneSize(path, first.widthPx, first.heightPx, samples.samples, samples.dtype);
    // Also for pages that libvips reads: it fills what a cut file lacks with black.
    await readBlockTable(file, first);
    const description = await descriptionOf(file, first);
    const ome = isOme(description) ? await omeImageOf(path, description, first.samplesPerPixel) : null;
    const stack = stackOf(pages, description, ome);
    const vendor = await vendorFactsOf(file, pages, description);
    const reduced = await reducedOf(file, pages, stack);
    // libvips is asked for pages only, not for directories below them.
    const levels = [first, ...reduced.filter((page) => samples.read === 'blocks' || pages.includes(page))];
    const facts = factsOf(path, first, samples, stack);
    Object.assign(facts, pixelSizeFacts(vendor?.pixelSize ?? declaredPixelSize(first, description, ome, vendor)));
    if (levels.length > 1) facts.pyramid = true;
    if (ome?.channelInfo.some(({ name, color }) => name !== null || color !== null)) {
      facts.channelInfo = ome.channelInfo.slice(0, facts.channels);
    }
    Object.assign(facts, vendor ? instrumentFacts(vendor, first.heightPx) : {});
    return micrographOf({ path, pages, samples, tables: new Map() }, facts, stack, levels);
  });
}

function micrographOf(
  own: OpenTiff,
  facts: MicrographFacts,
  stack: TiffStack,
  levels: readonly TiffDirectory[],
): Micrograph {
  const others = new Map<string, Promise<OpenTiff>>();
  const read = async (plane: PlaneAddress, level: number, region: Bbox): Promise<PixelPlane> => {
    checkAddress(facts, plane);
    const { samples } = own;
    const c = plane.c ?? 0;
    const address = stack.pageOf(Math.floor(c / samples.channels), plane.z, plane.t);
    if (!address) {
      throw fileDamaged(own.path, `promises a plane c=${c} z=${plane.z} t=${plane.t} in its description, and has none`);
    }
    const tiff = address.fileName === null ? own : await besides(own, others, address.fileName);
    return readPage(tiff, address, c % samples.channels, level, levels, region);
  };
  const sizes: LevelSize[] = levels.map(({ widthPx, heightPx }) => ({ widthPx, heightPx }));
  // Of uncompressed strips, the rows that are asked for are read.
  const blocks = levels.map(({ tiled, compression, widthPx, blockWidthPx, blockHeightPx }) =>
    tiled || compression !== 1 ? { widthPx: blockWidthPx, heightPx: blockHeightPx } : { widthPx, heightPx: 1 },
  );
  return regionWise(facts, sizes, read, own.samples.read === 'blocks' ? blocks : undefined);
}

async function readPage(
  tiff: OpenTiff,
  address: PageAddress,
  channel: number,
  level: number,
  levels: readonly TiffDirectory[],
  region: Bbox,
): Promise<PixelPlane> {
  const { path, pages, samples } = tiff;
  const page = pages[address.page];
  const like = pages[0]!;
  if (!page || page.widthPx !== like.widthPx || page.heightPx !== like.heightPx || !isKindOf(page, like)) {
    throw fileDamaged(path, `has no page ${address.page} like its first one, as its description says`);
  }
  const directory = level === 0 ? page : levels[level]!;
  const isWhole = region[2] === directory.widthPx && region[3] === directory.heightPx;
  const byVips = isWhole && address.skipped === 0 && pages.includes(directory) && isReadAlike(directory, samples);
  if (samples.read === 'page' || byVips) return readWithVips(tiff, directory, pages.indexOf(directory), region);
  return FileBytes.use(path, async (bytes) => {
    const file = await TiffFile.open(bytes);
    const own = await levelOf(file, page, level, levels);
    const size = levels[level]!;
    if (!own || own.widthPx !== size.widthPx || own.heightPx !== size.heightPx) {
      throw fileDamaged(path, `has no level ${level} of page ${address.page}`);
    }
    const table = shifted(await tableOf(tiff, file, own), address.skipped);
    return readBlocks(file, own, table, samples, channel, region);
  });
}

/**
 * Whole planes in LZW that libvips reads to the same samples, and faster. What is compressed by other methods it reads no
 * faster.
 */
function isReadAlike(page: TiffDirectory, { stored, samples }: TiffSamples): boolean {
  const { compression, photometric, samplesPerPixel, sampleFormat, planar } = page;
  const isPlain = photometric === (samples === 1 ? 1 : 2) && samplesPerPixel === samples && !planar;
  return compression === lzw && isPlain && sampleFormat === 1 && (stored === 'uint8' || stored === 'uint16');
}

/** The first page's levels are known; those of the other pages of a stack hang below each. */
async function levelOf(
  file: TiffFile,
  page: TiffDirectory,
  level: number,
  levels: readonly TiffDirectory[],
): Promise<TiffDirectory | undefined> {
  if (level === 0) return page;
  return page === levels[0] ? levels[level] : reducedCopies(page, await file.subDirectoriesOf(page))[level - 1];
}

async function tableOf({ tables }: OpenTiff, file: TiffFile, directory: TiffDirectory): Promise<BlockTable> {
  const held = tables.get(directory);
  if (held) return held;
  const table = await readBlockTable(file, directory);
  tables.set(directory, table);
  for (const oldest of tables.keys()) {
    if (tables.size <= keptTables) break;
    tables.delete(oldest);
  }
  return table;
}

/** The table of an image that lies behind others of its size, all under one directory. */
function shifted(table: BlockTable, skipped: number): BlockTable {
  if (skipped === 0) return table;
  const bytes = table.lengths.reduce((sum, length) => sum + length, 0);
  return { ...table, offsets: table.offsets.map((offset) => offset + skipped * bytes) };
}

async function readWithVips(tiff: OpenTiff, page: TiffDirectory, index: number, region: Bbox): Promise<PixelPlane> {
  const { path, samples } = tiff;
  await FileBytes.use(path, async (bytes) => readBlockTable(await TiffFile.open(bytes), page));
  const stored = samples.dtype === 'uint16' ? 'uint16' : 'uint8';
  const plane = await decodePlane({ path, page: index, stored, samples: samples.samples, orient: false, strict: true });
  const [x, y, width, height] = region;
  return cropPlane(plane, [x, y, x + width, y + height]);
}

/** Another file of an OME-TIFF set. */
async function besides(own: OpenTiff, others: Map<string, Promise<OpenTiff>>, name: string): Promise<OpenTiff> {
  if (name === basename(own.path)) return own;
  const held = others.get(name);
  if (held) return held;
  const path = join(dirname(own.path), name);
  const opened = FileBytes.use(path, async (bytes) => {
    const pages = await (await TiffFile.open(bytes)).pages();
    const [first, like] = [pages[0]!, own.pages[0]!];
    if (!isKindOf(first, like) || first.widthPx !== like.widthPx || first.heightPx !== like.heightPx) {
      throw fileDamaged(path, `does not fit to ${basename(own.path)}, whose set it belongs to`);
    }
    return { path, pages, samples: own.samples, tables: new Map() };
  });
  others.set(name, opened);
  opened.catch(() => others.delete(name));
  return opened;
}

function factsOf(path: string, first: TiffDirectory, samples: TiffSamples, stack: TiffStack): MicrographFacts {
  const { widthPx, heightPx, samplesPerPixel } = first;
  const plane = first.planar && samplesPerPixel > 1 ? 'SYX' : samplesPerPixel > 1 ? 'YXS' : 'YX';
  const lengths = { S: samplesPerPixel, Y: heightPx, X: widthPx };
  const shape = [...plane].map((axis) => lengths[axis as keyof typeof lengths]);
  const facts: MicrographFacts = {
    path,
    format: 'TIFF',
    widthPx,
    heightPx,
    dtype: samples.dtype,
    samples: samples.samples,
    channels: stack.channels * samples.channels,
    z: stack.z,
    t: stack.t,
    pixelSize: null,
    pixelUnit: null,
    pixelSizeSource: null,
    axes: stack.axes + plane,
    shape: [...stack.shape, ...shape],
  };
  if (first.orientation >= 2 && first.orientation <= 8) facts.ignoredOrientation = first.orientation;
  if (samples.storedDtype !== null) facts.storedDtype = samples.storedDtype;
  const storedSamples = samples.palette ? samples.samples : samplesPerPixel / samples.channels;
  if (storedSamples !== samples.samples && samples.channels === 1) facts.storedSamples = samplesPerPixel;
  return facts;
}

/** Reduced copies of the first plane: in directories of its own, or, where it is the only plane, among the pages. */
async function reducedOf(
  file: TiffFile,
  pages: readonly TiffDirectory[],
  stack: TiffStack,
): Promise<readonly TiffDirectory[]> {
  const first = pages[0]!;
  const within = reducedCopies(first, await file.subDirectoriesOf(first));
  if (within.length > 0) return within;
  return stack.channels * stack.z * stack.t === 1 ? reducedCopies(first, pages) : [];
}

function descriptionOf(file: TiffFile, page: TiffDirectory): Promise<string> {
  return file.text(page.metadata.get(270), 'utf8');
}

/**
 * The image that the description is about. A file of a set may only name the file that describes the set.
 * @throws LamellaError file-unsupported where that one is not there
 */
async function omeImageOf(path: string, description: string, samples: number): Promise<OmeImage | null> {
  const image = readOme(description, samples);
  if (!image || image.metadataFile === null) return image;
  const name = image.metadataFile.split(/[\\/]/).at(-1)!;
  const companion = join(dirname(path), name);
  const missing = fileUnsupported(
    path,
    `is one file of an OME-TIFF set that ${name || 'another file'} describes, which is not beside it`,
    `Put ${name || 'the description'} and all files of the set into one folder, or save the set as one OME-TIFF.`,
  );
  if (name === '') throw missing;
  try {
    if ((await stat(companion)).size > maxCompanionBytes) throw missing;
    if (name.toLowerCase().endsWith('.ome')) return readOme(await readFile(companion, 'utf8'), samples);
    return await FileBytes.use(companion, async (bytes) => {
      const file = await TiffFile.open(bytes);
      const described = readOme(await descriptionOf(file, (await file.pages())[0]!), samples);
      return described?.metadataFile === null ? described : null;
    });
  } catch {
    throw missing;
  }
}
