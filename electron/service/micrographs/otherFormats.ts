import { basename, extname } from 'node:path';
import { fileUnsupported } from './fileDamage.ts';

/**
 * Formats of the field that are not read, by their first bytes, and the way from each to one that is. CZI and ND2 have
 * no kept reader in JavaScript, and most of their files are compressed with JPEG XR or hold what needs the maker's
 * specification.
 */
interface OtherFormat {
  name: string;
  /** Lower-case file endings with the dot. */
  extensions: readonly string[];
  starts(head: Buffer): boolean;
  remedy: string;
}

const viaBioFormats =
  'Open it in Fiji (Bio-Formats) and save it as OME-TIFF, or convert it with bfconvert or bioformats2raw.';

const otherFormats: readonly OtherFormat[] = [
  {
    name: 'a Zeiss CZI file',
    extensions: ['.czi'],
    starts: (head) => text(head, 0, 10) === 'ZISRAWFILE',
    remedy: `In ZEN: Export as OME-TIFF. Without it: ${viaBioFormats}`,
  },
  {
    name: 'a Nikon ND2 file',
    extensions: ['.nd2'],
    starts: (head) => head.length > 4 && head.readUInt32LE(0) === 0x0abeceda,
    remedy: `In NIS-Elements: Save as TIFF (or OME-TIFF). Without it: ${viaBioFormats}`,
  },
  {
    name: 'a Leica LIF file',
    extensions: ['.lif'],
    starts: (head) => head[0] === 0x70 && head[1] === 0 && head[2] === 0 && head[3] === 0 && head[8] === 0x2a,
    remedy: `In LAS X: Export as TIFF. Without it: ${viaBioFormats}`,
  },
  {
    name: 'an old file of Zeiss AxioVision, a ZVI or OIB container',
    extensions: ['.zvi', '.oib'],
    starts: (head) => head.length > 8 && head.readUInt32BE(0) === 0xd0cf11e0,
    remedy: viaBioFormats,
  },
  {
    name: 'an HDF5 file (Imaris, BigDataViewer, NeXus)',
    extensions: ['.ims', '.h5', '.hdf5', '.nxs'],
    starts: (head) => text(head, 1, 4) === 'HDF',
    remedy: 'Save its image as OME-TIFF or OME-Zarr: in Fiji (Bio-Formats, BigDataViewer) or with h5py and tifffile.',
  },
  {
    name: 'a FITS file',
    extensions: ['.fits', '.fit'],
    starts: (head) => text(head, 0, 9) === 'SIMPLE  =',
    remedy: 'Open it in Fiji and save it as TIFF.',
  },
  {
    name: 'a DICOM file',
    extensions: ['.dcm'],
    starts: (head) => text(head, 128, 132) === 'DICM',
    remedy: 'Open it in Fiji and save it as TIFF.',
  },
  {
    name: 'a JPEG 2000 picture',
    extensions: ['.jp2', '.j2k'],
    starts: (head) => text(head, 4, 8) === 'jP  ' || (head.length > 4 && head.readUInt32BE(0) === 0xff4fff51),
    remedy: 'Open it in Fiji or GIMP and save it as TIFF or PNG.',
  },
  {
    name: 'a GIF picture',
    extensions: ['.gif'],
    starts: (head) => text(head, 0, 4) === 'GIF8',
    remedy: 'Save it as PNG or TIFF in another program.',
  },
  {
    name: 'a zip archive',
    extensions: ['.zip'],
    starts: (head) => text(head, 0, 4) === 'PK\u0003\u0004',
    remedy: 'Unpack it first; a zipped OME-Zarr is read as a folder.',
  },
];

/** @throws LamellaError file-unsupported that names the format, where it is one of them */
export function refuseOtherFormat(path: string, head: Uint8Array): void {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const format = otherFormats.find((candidate) => candidate.starts(bytes));
  if (format) throw fileUnsupported(path, `is ${format.name}, which is not read`, format.remedy);
  if (/\.companion\.ome$/i.test(basename(path))) {
    throw fileUnsupported(
      path,
      'describes a set of OME-TIFF files',
      'Open one of its .ome.tif files: the others are found through it.',
    );
  }
}

/** How to convert a file of one of these formats, by its name; null for other names. */
export function conversionOf(path: string): string | null {
  const extension = extname(path).toLowerCase();
  return otherFormats.find(({ extensions }) => extensions.includes(extension))?.remedy ?? null;
}

function text(head: Buffer, from: number, to: number): string {
  return head.toString('latin1', from, to);
}
