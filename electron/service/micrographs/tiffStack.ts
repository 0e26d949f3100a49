import type { TiffDirectory } from './tiffDirectory.ts';

/** How the pages of a TIFF are channels, slices and time points. */
export interface TiffStack {
  /** Indices of the directories that are planes of the first picture's kind, in file order. */
  pages: number[];
  channels: number;
  z: number;
  t: number;
  /** Position in `pages`; all parts count from 0. */
  pageOf(c: number, z: number, t: number): number;
}

type Axis = 'C' | 'Z' | 'T';

/**
 * Planes are the pages that equal the first one in size and sample type; reduced copies (pyramids, thumbnails), masks
 * and pages of another kind are none. ImageJ's and OME's descriptions say how to count them; without one, pages are z.
 */
export function stackOf(directories: readonly TiffDirectory[]): TiffStack {
  const first = directories[0]!;
  const pages = directories.flatMap((page, index) => (index === 0 || isPlaneLike(page, first) ? [index] : []));
  const declared = imageJStack(first.description) ?? omeStack(first);
  if (declared && declared.C * declared.Z * declared.T === pages.length) return countedStack(pages, declared);
  return countedStack(pages, { C: 1, Z: pages.length, T: 1, order: ['C', 'Z', 'T'] });
}

/** Number of images that ImageJ's description promises; null without one. */
export function imageJImages(description: string): number | null {
  const count = Number(imageJValue(description, 'images'));
  return isImageJ(description) && count > 0 ? count : null;
}

export function isImageJ(description: string): boolean {
  return description.startsWith('ImageJ=');
}

/** Value of `key=value` in ImageJ's description, '' when absent. */
export function imageJValue(description: string, key: string): string {
  const line = description.split(/\r?\n/).find((text) => text.startsWith(`${key}=`));
  return line?.slice(key.length + 1) ?? '';
}

/** Value of an attribute of OME-XML's first `Pixels` element, '' when absent. */
export function omePixelsAttribute(description: string, name: string): string {
  const element = /<(?:\w+:)?Pixels\s[^>]*>/.exec(description)?.[0] ?? '';
  return new RegExp(`\\s${name}\\s*=\\s*["']([^"']*)["']`).exec(element)?.[1] ?? '';
}

interface Declared {
  C: number;
  Z: number;
  T: number;
  /** Fastest first. */
  order: Axis[];
}

function imageJStack(description: string): Declared | null {
  if (!isImageJ(description)) return null;
  const size = (key: string) => Math.max(1, Number(imageJValue(description, key)) || 1);
  return { C: size('channels'), Z: size('slices'), T: size('frames'), order: ['C', 'Z', 'T'] };
}

function omeStack(first: TiffDirectory): Declared | null {
  const size = (name: string) => Number(omePixelsAttribute(first.description, name)) || 0;
  const order = omePixelsAttribute(first.description, 'DimensionOrder').slice(2).split('');
  if (!['C', 'Z', 'T'].every((axis) => order.includes(axis))) return null;
  // OME counts the samples of a colour page as channels.
  const channels = size('SizeC') / (first.samplesPerPixel >= 3 ? first.samplesPerPixel : 1);
  return { C: channels, Z: size('SizeZ'), T: size('SizeT'), order: order as Axis[] };
}

function countedStack(pages: number[], { order, ...sizes }: Declared): TiffStack {
  return {
    pages,
    channels: sizes.C,
    z: sizes.Z,
    t: sizes.T,
    pageOf: (c, z, t) => {
      const at = { C: c, Z: z, T: t };
      let index = 0;
      let stride = 1;
      for (const axis of order) {
        index += at[axis] * stride;
        stride *= sizes[axis];
      }
      return index;
    },
  };
}

function isPlaneLike(page: TiffDirectory, first: TiffDirectory): boolean {
  const reducedOrMask = (page.subfileType & 0b101) !== 0;
  return (
    !reducedOrMask &&
    page.widthPx === first.widthPx &&
    page.heightPx === first.heightPx &&
    page.bitsPerSample === first.bitsPerSample &&
    page.sampleFormat === first.sampleFormat &&
    page.samplesPerPixel === first.samplesPerPixel
  );
}
