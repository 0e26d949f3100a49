import type { TiffDirectory } from './directory.ts';
import { imageJImages, imageJValue, isImageJ } from './imageJ.ts';
import { type Axis, type OmeImage, pageSizes } from './ome.ts';

/** Where a plane lies. */
export interface PageAddress {
  /** File beside this one; null: this file. */
  fileName: string | null;
  /** Index of the directory in its file. */
  page: number;
  /** Images of the same size that lie before it, where one directory stands for many. */
  skipped: number;
}

/** How the pages of a TIFF are channels, slices and time points. */
export interface TiffStack {
  channels: number;
  z: number;
  t: number;
  /** Slowest first, as the pages lie in the file, axes of length 1 left out; 'I' for pages that nothing names. */
  axes: string;
  shape: number[];
  /** null where the file has no page for it. All parts count from 0. */
  pageOf(c: number, z: number, t: number): PageAddress | null;
}

/**
 * Planes are the pages that equal the first one in size and sample type; reduced copies (pyramids, thumbnails), masks
 * and pages of another kind are none. ImageJ's and OME's descriptions say how to count them; without one, pages are z.
 */
export function stackOf(directories: readonly TiffDirectory[], description: string, ome: OmeImage | null): TiffStack {
  const first = directories[0]!;
  const pages = directories.flatMap((page, index) => (index === 0 || isPlaneLike(page, first) ? [index] : []));
  const inFile = (index: number): PageAddress | null => {
    const page = pages[index];
    return page === undefined ? null : { fileName: null, page, skipped: 0 };
  };
  if (ome) {
    const sizes = pageSizes(ome);
    const count = sizes.C * sizes.Z * sizes.T;
    if (ome.planes.size > 0) {
      return countedStack(sizes, ome.order, (index) => {
        const plane = ome.planes.get(index);
        return plane ? { fileName: plane.fileName, page: plane.directory, skipped: 0 } : null;
      });
    }
    if (count === pages.length) return countedStack(sizes, ome.order, inFile);
  }
  if (isImageJ(description)) {
    const sizes = imageJSizes(description);
    const count = sizes.C * sizes.Z * sizes.T;
    // Beyond 4 GiB, and for virtual stacks, ImageJ writes one directory; the other images follow the first one's data.
    const follow = directories.length === 1 && first.compression === 1 && imageJImages(description) === count;
    if (follow) return countedStack(sizes, imageJOrder, (index) => ({ fileName: null, page: 0, skipped: index }));
    if (count === pages.length) return countedStack(sizes, imageJOrder, inFile);
  }
  const unnamed = countedStack({ C: 1, Z: pages.length, T: 1 }, imageJOrder, inFile);
  return { ...unnamed, axes: unnamed.axes.replace('Z', 'I') };
}

/** Those that are reduced copies of a page, by their kind and shape, largest first. */
export function reducedCopies(full: TiffDirectory, candidates: readonly TiffDirectory[]): TiffDirectory[] {
  const copies = candidates.filter((page) => {
    const shape = (page.widthPx * full.heightPx) / (page.heightPx * full.widthPx);
    return isKindOf(page, full) && page.widthPx < full.widthPx && Math.abs(shape - 1) < 0.05;
  });
  return copies.sort((a, b) => b.widthPx - a.widthPx);
}

/** Whether a page can be a level of a pyramid over `full`. */
export function isKindOf(page: TiffDirectory, full: TiffDirectory): boolean {
  return (
    (page.subfileType & 0b100) === 0 &&
    page.widthPx > 0 &&
    page.heightPx > 0 &&
    page.bitsPerSample === full.bitsPerSample &&
    page.sampleFormat === full.sampleFormat &&
    page.samplesPerPixel === full.samplesPerPixel &&
    page.photometric === full.photometric
  );
}

const imageJOrder: readonly Axis[] = ['C', 'Z', 'T'];

function imageJSizes(description: string): Record<Axis, number> {
  const size = (key: string) => {
    const value = Number(imageJValue(description, key));
    return Number.isInteger(value) && value > 0 ? value : 1;
  };
  const sizes = { C: size('channels'), Z: size('slices'), T: size('frames') };
  const images = imageJImages(description) ?? 1;
  // A plain stack may name its images only.
  return sizes.C * sizes.Z * sizes.T === 1 ? { ...sizes, Z: images } : sizes;
}

function countedStack(
  sizes: Record<Axis, number>,
  order: readonly Axis[],
  pageAt: (index: number) => PageAddress | null,
): TiffStack {
  const long = [...order].reverse().filter((axis) => sizes[axis] > 1);
  return {
    channels: sizes.C,
    z: sizes.Z,
    t: sizes.T,
    axes: long.join(''),
    shape: long.map((axis) => sizes[axis]),
    pageOf: (c, z, t) => {
      const at = { C: c, Z: z, T: t };
      let index = 0;
      let stride = 1;
      for (const axis of order) {
        index += at[axis] * stride;
        stride *= sizes[axis];
      }
      return pageAt(index);
    },
  };
}

function isPlaneLike(page: TiffDirectory, first: TiffDirectory): boolean {
  const isReduced = (page.subfileType & 1) !== 0;
  return !isReduced && page.widthPx === first.widthPx && page.heightPx === first.heightPx && isKindOf(page, first);
}
