import { extname } from 'node:path';
import type { Bbox } from '../../../native-models/masks/mask.ts';
import type { InstrumentFacts, MicrographFacts } from '../api/contract.ts';
import type { Micrograph, MicrographReader, PlaneAddress } from './contract.ts';
import { checkPlaneSize } from './decodePlane.ts';
import { FileBytes } from './fileBytes.ts';
import { fileDamaged, fileUnsupported } from './fileDamage.ts';
import { instrumentOf, pixelSizeFacts, pixelSizeOf } from './pixelSize.ts';
import { type RawLayout, readRawRegion } from './rawPlanes.ts';
import { checkAddress, regionWise } from './regions.ts';
import { bytesPerSample, dtypeFacts, type StoredDtype } from './storedSamples.ts';

const headerBytes = 1024;

/**
 * MRC / CCP4 (electron microscopy). Source: MRC2014, Cheng et al. 2015. The file's first row is shown on top, as mrcfile
 * and HyperSpy give it (IMOD shows it at the bottom). Sections are z.
 */
export const mrcReader: MicrographReader = {
  format: 'MRC',
  extensions: ['.mrc', '.mrcs', '.rec', '.st'],
  recognises: (head) => orderOf(head) !== null,
  open: openMrc,
};

/** Modes of the standard and of IMOD. 0 is signed by the standard; IMOD's files say in a flag where it is not. */
const modes: Record<number, StoredDtype> = {
  0: 'int8',
  1: 'int16',
  2: 'float32',
  3: 'complexint16',
  4: 'complex64',
  6: 'uint16',
  12: 'float16',
};

/** Whether the header is little-endian; null: no MRC. 'MAP ' at 208, or the fields of the time before it. */
function orderOf(head: Uint8Array): boolean | null {
  if (head.length < 212) return null;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const isNamed = view.getUint32(208) === 0x4d415020;
  for (const little of [true, false]) {
    const int = (word: number) => view.getInt32(word * 4, little);
    const sized = int(0) > 0 && int(1) > 0 && int(2) > 0 && int(3) >= 0 && int(3) <= 101;
    const axes = [int(16), int(17), int(18)];
    const isOrdered = axes.join() === '1,2,3' || (isNamed && axes.every((axis) => axis >= 0 && axis <= 3));
    if (sized && isOrdered) return little;
  }
  return null;
}

async function openMrc(path: string): Promise<Micrograph> {
  return FileBytes.use(path, async (bytes) => {
    if (bytes.size < headerBytes) throw fileDamaged(path, 'ends within its header');
    const head = await bytes.view(0, headerBytes);
    const little = orderOf(new Uint8Array(head.buffer, head.byteOffset, headerBytes));
    if (little === null) throw fileDamaged(path, 'has a header that contradicts itself');
    const int = (word: number) => head.getInt32(word * 4, little);
    const float = (word: number) => head.getFloat32(word * 4, little);
    const [widthPx, heightPx, z, mode] = [int(0), int(1), int(2), int(3)];
    const stored = isUnsignedByImod(int) && mode === 0 ? 'uint8' : modes[mode];
    if (!stored) throw fileUnsupported(path, `is an MRC file of mode ${mode}, which is not read`);
    const dtype = dtypeFacts(stored);
    checkPlaneSize(path, widthPx, heightPx, 1, dtype.dtype);
    const rowBytes = widthPx * bytesPerSample[stored];
    const at = headerBytes + Math.max(0, int(23));
    if (at + rowBytes * heightPx * z > bytes.size) {
      throw fileDamaged(path, `is cut short: it promises ${z} sections of ${widthPx} × ${heightPx} ${stored}`);
    }
    // Cell lengths are in ångström, over mx, my and mz intervals. Stacks of pictures have cells of no meaning along z.
    const pixelSize = pixelSizeOf({
      size: float(10) / int(7) / 10,
      sizeY: float(11) / int(8) / 10,
      unit: 'nm',
      source: 'MRC header',
      ...(z > 1 && extname(path).toLowerCase() !== '.mrcs' ? { zStep: float(12) / int(9) / 10 } : {}),
    });
    const instrument = await feiInstrument(bytes, head, int(23));
    const facts: MicrographFacts = {
      ...(instrument ? { instrument } : {}),
      ...{ path, format: 'MRC', widthPx, heightPx, ...dtype, samples: 1, channels: 1, z, t: 1 },
      // Programs that know none write a cell of one ångström a pixel, or of zeros.
      ...pixelSizeFacts(float(10) === int(7) ? null : pixelSize),
      axes: z > 1 ? 'ZYX' : 'YX',
      shape: z > 1 ? [z, heightPx, widthPx] : [heightPx, widthPx],
    };
    const layout: Omit<RawLayout, 'at'> = {
      ...{ rowBytes, heightPx, stored, littleEndian: little, storedSamples: 1, bottomUp: false },
      pick: [0],
    };
    const read = (plane: PlaneAddress, _: number, region: Bbox) => {
      checkAddress(facts, plane);
      const section = { ...layout, at: at + plane.z * rowBytes * heightPx };
      return FileBytes.use(path, (file) => readRawRegion(file, section, region));
    };
    return regionWise(facts, [{ widthPx, heightPx }], read, [{ widthPx, heightPx: 1 }]);
  });
}

/**
 * Thermo/FEI's extended header ('FEI1', 'FEI2' at byte 104): microscope at byte 20 and voltage at 84 of the first
 * section's block. Source: RosettaSciIO's MRC reader.
 */
async function feiInstrument(bytes: FileBytes, head: DataView, extendedBytes: number): Promise<InstrumentFacts | null> {
  const kind = head.getUint32(104);
  if ((kind !== 0x46454931 && kind !== 0x46454932) || extendedBytes < 92 || bytes.size < headerBytes + 92) return null;
  const block = await bytes.view(headerBytes, 92);
  const text = Buffer.from(block.buffer, block.byteOffset + 20, 16).toString('latin1');
  return instrumentOf('Thermo/FEI', { model: text.split('\0')[0]!.trim(), voltageV: block.getFloat64(84, true) });
}

/** IMOD's stamp 'IMOD' at byte 152; bit 0 of the flags after it: bytes are signed. */
function isUnsignedByImod(int: (word: number) => number): boolean {
  return int(38) === 1_146_047_817 && (int(39) & 1) === 0;
}
