import type { ChannelInfo } from '../../api/contract.ts';
import { type PixelSize, pixelSizeOf, plainUnit } from '../pixelSize.ts';
import { xmlTags } from '../xml.ts';

/** Where a plane is: a directory of this file, or of a file beside it. */
export interface OmePlane {
  /** Name without folders; null: this file. */
  fileName: string | null;
  directory: number;
}

/** The first image of an OME-XML description. Source: the OME model 2016-06, "OME-TIFF specification". */
export interface OmeImage {
  sizeC: number;
  sizeZ: number;
  sizeT: number;
  /** The pages' order, fastest first, of C, Z and T. */
  order: Axis[];
  /** Samples a pixel that OME counts as channels of one page. */
  samplesPerPixel: number;
  /** By {@link planeKey}; empty where the XML does not say, and pages follow `order`. */
  planes: Map<number, OmePlane>;
  channelInfo: ChannelInfo[];
  pixelSize: PixelSize | null;
  /** File beside this one that holds the description of the whole set, where this one only points to it. */
  metadataFile: string | null;
}

export type Axis = 'C' | 'Z' | 'T';

/** Most planes of an image: c × z × t. */
const maxPlanes = 1_000_000;

export function isOme(description: string): boolean {
  return /<(?:\w+:)?OME[\s>]/.test(description.slice(0, 4096));
}

/**
 * Null for text that is no OME-XML or says nothing about an image. `samplesPerPixel`: of the file's pages; not every
 * writer repeats it in the XML.
 */
export function readOme(xml: string, samplesPerPixel: number): OmeImage | null {
  const image: OmeImage = {
    ...{ sizeC: 0, sizeZ: 0, sizeT: 0, order: [], samplesPerPixel, pixelSize: null, metadataFile: null },
    planes: new Map(),
    channelInfo: [],
  };
  let images = 0;
  let added = 0;
  let range: PlaneRange | null = null;
  for (const { name, attributes } of xmlTags(xml)) {
    const text = (key: string) => attributes.get(key) ?? '';
    if (name === 'BinaryOnly') return { ...image, metadataFile: text('MetadataFile') };
    if (name === 'Image' && ++images > 1) break;
    if (name === 'Pixels') readPixels(image, attributes);
    if (name === 'Channel' && image.channelInfo.length < 1000) {
      image.samplesPerPixel = Math.max(image.samplesPerPixel, wholeNumber(text('SamplesPerPixel'), 1));
      image.channelInfo.push({ name: text('Name') || null, color: omeColor(text('Color')) });
    }
    if (name === 'UUID' && range) range.fileName = text('FileName') || null;
    else if (name !== 'UUID') {
      // Ranges may overlap; more of them than planes is no description of an image.
      if (range && added <= 2 * maxPlanes) added += addPlanes(image, range);
      range = name === 'TiffData' ? planeRange(attributes) : null;
    }
  }
  if (range) addPlanes(image, range);
  const planes = image.sizeC * image.sizeZ * image.sizeT;
  return planes > 0 && planes <= maxPlanes && image.order.length === 3 ? image : null;
}

export function planeKey(image: OmeImage, c: number, z: number, t: number): number {
  const at = { C: c, Z: z, T: t };
  const sizes = pageSizes(image);
  let key = 0;
  let stride = 1;
  for (const axis of image.order) {
    key += at[axis] * stride;
    stride *= sizes[axis];
  }
  return key;
}

/** Sizes of the axes that pages count: samples of a page that are channels are not among them. */
export function pageSizes({ sizeC, sizeZ, sizeT, samplesPerPixel }: OmeImage): Record<Axis, number> {
  return { C: Math.max(1, Math.round(sizeC / samplesPerPixel)), Z: sizeZ, T: sizeT };
}

interface PlaneRange {
  c: number;
  z: number;
  t: number;
  directory: number;
  /** null: all that follow. */
  count: number | null;
  fileName: string | null;
}

function readPixels(image: OmeImage, attributes: ReadonlyMap<string, string>): void {
  const text = (key: string) => attributes.get(key) ?? '';
  image.sizeC = wholeNumber(text('SizeC'), 0);
  image.sizeZ = wholeNumber(text('SizeZ'), 0);
  image.sizeT = wholeNumber(text('SizeT'), 0);
  const order = text('DimensionOrder').slice(2).split('');
  image.order = order.filter((axis): axis is Axis => axis === 'C' || axis === 'Z' || axis === 'T');
  const zStep = Number(text('PhysicalSizeZ') || Number.NaN);
  image.pixelSize = pixelSizeOf({
    size: Number(text('PhysicalSizeX') || Number.NaN),
    sizeY: Number(text('PhysicalSizeY') || text('PhysicalSizeX')),
    unit: plainUnit(text('PhysicalSizeXUnit') || 'µm'),
    source: 'OME-XML',
    ...(zStep > 0 ? { zStep, zUnit: plainUnit(text('PhysicalSizeZUnit') || 'µm') } : {}),
  });
}

function planeRange(attributes: ReadonlyMap<string, string>): PlaneRange {
  const number = (key: string, absent: number) => wholeNumber(attributes.get(key) ?? '', absent);
  const all = !attributes.has('IFD') && !attributes.has('PlaneCount');
  return {
    c: number('FirstC', 0),
    z: number('FirstZ', 0),
    t: number('FirstT', 0),
    directory: number('IFD', 0),
    count: all ? null : number('PlaneCount', 1),
    fileName: null,
  };
}

function addPlanes(image: OmeImage, range: PlaneRange): number {
  const sizes = pageSizes(image);
  const most = Math.min(maxPlanes, sizes.C * sizes.Z * sizes.T);
  const first = planeKey(image, Math.floor(range.c / image.samplesPerPixel), range.z, range.t);
  const count = Math.min(range.count ?? most, most - first);
  // A file name is a name: whatever a description says, nothing outside of the folder is opened.
  const fileName = range.fileName === null ? null : (range.fileName.split(/[\\/]/).at(-1) ?? null);
  for (let i = 0; i < count; i++) image.planes.set(first + i, { fileName, directory: range.directory + i });
  return count;
}

function wholeNumber(text: string, absent: number): number {
  const value = text === '' ? absent : Number(text);
  return Number.isInteger(value) && value >= 0 && value < 2 ** 31 ? value : absent;
}

/** A signed 32-bit integer of red, green, blue and alpha, a byte each. */
function omeColor(text: string): string | null {
  const value = Number(text);
  if (text === '' || !Number.isInteger(value)) return null;
  return `#${(value >>> 8).toString(16).padStart(6, '0')}`;
}
