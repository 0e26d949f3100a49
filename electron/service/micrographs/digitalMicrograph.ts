import type { Bbox } from '../../../native-models/masks/mask.ts';
import type { MicrographFacts } from '../api/contract.ts';
import type { Micrograph, MicrographReader, PlaneAddress } from './contract.ts';
import { checkPlaneSize } from './decodePlane.ts';
import { type DmImage, readDmImage } from './dmTags.ts';
import { FileBytes } from './fileBytes.ts';
import { fileDamaged, fileUnsupported } from './fileDamage.ts';
import { instrumentOf, pixelSizeFacts, pixelSizeOf, plainUnit } from './pixelSize.ts';
import { type RawLayout, rawEnd, readRawRegion } from './rawPlanes.ts';
import { checkAddress, regionWise } from './regions.ts';
import { bytesPerSample, dtypeFacts, type StoredDtype } from './storedSamples.ts';

/** Gatan DigitalMicrograph 3 and 4: the largest image that is no thumbnail. */
export const dmReader: MicrographReader = {
  format: 'DM',
  extensions: ['.dm3', '.dm4'],
  recognises: (head) => {
    if (head.length < 16 || head[0] !== 0 || head[1] !== 0 || head[2] !== 0) return false;
    const isOrder = (at: number) => head[at] === 0 && head[at + 1] === 0 && head[at + 2] === 0 && head[at + 3]! <= 1;
    return (head[3] === 3 && isOrder(8)) || (head[3] === 4 && isOrder(12));
  },
  open: openDm,
};

/** `ImageData.DataType`. Source: the file format notes of the DM3 reader of Bernhard Schaffer, and RosettaSciIO. */
const dataTypes: Record<number, StoredDtype> = {
  1: 'int16',
  2: 'float32',
  3: 'complex64',
  6: 'uint8',
  7: 'int32',
  9: 'int8',
  10: 'uint16',
  11: 'uint32',
  12: 'float64',
  13: 'complex128',
  14: 'uint8',
};
/** Four bytes a pixel: blue, green, red, and one of no meaning. */
const packedColour = 23;

async function openDm(path: string): Promise<Micrograph> {
  return FileBytes.use(path, async (bytes) => {
    const image = await readDmImage(bytes);
    const isColour = image.dataType === packedColour;
    const stored = isColour ? 'uint8' : dataTypes[image.dataType];
    if (!stored) throw fileUnsupported(path, `holds samples of DigitalMicrograph's data type ${image.dataType}`);
    const [widthPx = 0, heightPx = 1, z = 1, t = 1] = image.dimensions;
    const dtype = dtypeFacts(stored);
    checkPlaneSize(path, widthPx, heightPx, isColour ? 3 : 1, dtype.dtype);
    const layout: RawLayout = {
      at: image.dataAt,
      rowBytes: widthPx * bytesPerSample[stored] * (isColour ? 4 : 1),
      heightPx,
      stored,
      littleEndian: image.littleEndian,
      storedSamples: isColour ? 4 : 1,
      pick: isColour ? [2, 1, 0] : [0],
      bottomUp: false,
    };
    const planeBytes = layout.rowBytes * heightPx;
    const promised = planeBytes * z * t;
    if (rawEnd(layout) + promised - planeBytes > bytes.size || promised > image.dataBytes) {
      throw fileDamaged(path, `is cut short: it promises ${z * t} planes of ${widthPx} × ${heightPx} ${stored}`);
    }
    const facts: MicrographFacts = {
      ...{ path, format: `DM${image.version}`, widthPx, heightPx, ...dtype, samples: isColour ? 3 : 1 },
      ...{ channels: 1, z, t, ...pixelSizeOfImage(image) },
      axes: `${t > 1 ? 'T' : ''}${z > 1 ? 'Z' : ''}YX${isColour ? 'S' : ''}`,
      shape: [...[t, z].filter((size) => size > 1), heightPx, widthPx, ...(isColour ? [3] : [])],
      instrument: instrumentOf('Gatan', {
        model: image.microscope,
        voltageV: image.voltageV,
        magnification: image.magnification,
      }),
    };
    const read = (plane: PlaneAddress, _: number, region: Bbox) => {
      checkAddress(facts, plane);
      const at = layout.at + (plane.t * z + plane.z) * planeBytes;
      return FileBytes.use(path, (file) => readRawRegion(file, { ...layout, at }, region));
    };
    return regionWise(facts, [{ widthPx, heightPx }], read, [{ widthPx, heightPx: 1 }]);
  });
}

/** Units are those of a length ('nm', 'µm'); diffraction patterns ('1/nm') have them reciprocal, and keep them. */
function pixelSizeOfImage({ scales, units }: DmImage): ReturnType<typeof pixelSizeFacts> {
  const unit = plainUnit(units[0] ?? '');
  if (unit === '') return pixelSizeFacts(null);
  return pixelSizeFacts(
    pixelSizeOf({
      ...{ size: scales[0] ?? Number.NaN, unit, source: 'DigitalMicrograph calibration' },
      ...(scales[1] !== undefined && units[1] === units[0] ? { sizeY: scales[1] } : {}),
      ...(scales[2] !== undefined && units[2] ? { zStep: scales[2], zUnit: plainUnit(units[2]) } : {}),
    }),
  );
}
