import type { Bbox } from '../../../native-models/masks/mask.ts';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { MicrographFacts } from '../api/contract.ts';
import type { Micrograph, MicrographReader, PlaneAddress } from './contract.ts';
import { checkPlaneSize } from './decodePlane.ts';
import { FileBytes } from './fileBytes.ts';
import { fileDamaged, fileUnsupported } from './fileDamage.ts';
import { type RawLayout, rawEnd, readRawRegion } from './rawPlanes.ts';
import { checkAddress, regionWise } from './regions.ts';

/** Windows bitmap as cameras and old SEMs write it: 8-bit with a palette, 24 and 32 bit, uncompressed. */
export const bmpReader: MicrographReader = {
  format: 'BMP',
  extensions: ['.bmp'],
  recognises: (head) => head[0] === 0x42 && head[1] === 0x4d && head[6] === 0 && head[8] === 0,
  open: openBmp,
};

/** Source: BITMAPFILEHEADER and BITMAPINFOHEADER, Microsoft's Windows GDI reference. */
async function openBmp(path: string): Promise<Micrograph> {
  return FileBytes.use(path, async (bytes) => {
    const head = await bytes.view(0, 54);
    const headerBytes = head.getUint32(14, true);
    if (headerBytes < 40) throw fileUnsupported(path, 'is a bitmap of OS/2');
    const widthPx = head.getInt32(18, true);
    const signedHeight = head.getInt32(22, true);
    const heightPx = Math.abs(signedHeight);
    const bits = head.getUint16(28, true);
    const compression = head.getUint32(30, true);
    const isPlain = compression === 0 || (compression === 3 && bits === 32);
    if (!isPlain || (bits !== 8 && bits !== 24 && bits !== 32)) {
      throw fileUnsupported(path, `is a bitmap of ${bits} bits a pixel, compression ${compression}`);
    }
    checkPlaneSize(path, widthPx, heightPx, bits === 8 ? 1 : 3, 'uint8');
    const palette = bits === 8 ? await readPalette(bytes, 14 + headerBytes, head.getUint32(46, true) || 256) : null;
    const samples = palette === null || palette.isColoured ? 3 : 1;
    const layout: RawLayout = {
      at: head.getUint32(10, true),
      rowBytes: Math.ceil((widthPx * bits) / 32) * 4,
      heightPx,
      stored: 'uint8',
      littleEndian: true,
      storedSamples: bits / 8,
      // Blue comes first.
      pick: bits === 8 ? [0] : [2, 1, 0],
      bottomUp: signedHeight > 0,
    };
    if (rawEnd(layout) > bytes.size) throw fileDamaged(path, 'is cut short: its rows end beyond the end of the file');
    const facts: MicrographFacts = {
      ...{ path, format: 'BMP', widthPx, heightPx, dtype: 'uint8', samples, channels: 1, z: 1, t: 1 },
      ...{ pixelSize: null, pixelUnit: null, pixelSizeSource: null },
      axes: samples === 3 ? 'YXS' : 'YX',
      shape: samples === 3 ? [heightPx, widthPx, 3] : [heightPx, widthPx],
    };
    const readPart = async (plane: PlaneAddress, _: number, region: Bbox) => {
      checkAddress(facts, plane);
      const read = await FileBytes.use(path, (file) => readRawRegion(file, layout, region));
      return palette ? lookUp(read, palette) : read;
    };
    return regionWise(facts, [{ widthPx, heightPx }], readPart, [{ widthPx, heightPx: 1 }]);
  });
}

interface Palette {
  /** Red, green, blue; what the file leaves out is black. */
  colours: Uint8Array;
  isColoured: boolean;
}

async function readPalette(bytes: FileBytes, at: number, count: number): Promise<Palette> {
  const entries = await bytes.read(at, Math.min(256, count) * 4);
  const colours = new Uint8Array(256 * 3);
  let isColoured = false;
  for (let i = 0; i * 4 < entries.length; i++) {
    const [blue, green, red] = entries.subarray(i * 4, i * 4 + 3);
    colours.set([red!, green!, blue!], i * 3);
    isColoured ||= red !== green || red !== blue;
  }
  return { colours, isColoured };
}

function lookUp(plane: PixelPlane, { colours, isColoured }: Palette): PixelPlane {
  const samples = isColoured ? 3 : 1;
  const data = new Uint8Array(plane.data.length * samples);
  for (let i = 0; i < plane.data.length; i++) {
    for (let s = 0; s < samples; s++) data[i * samples + s] = colours[plane.data[i]! * 3 + s]!;
  }
  return { ...plane, samples, data };
}
