import type { Bbox } from '../../../native-models/masks/mask.ts';
import { cropPlane } from '../../../native-models/predictor/cropPlane.ts';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { MicrographFacts } from '../api/contract.ts';
import { LamellaError } from '../errors.ts';
import type { LevelSize, Micrograph, PlaneAddress } from './contract.ts';
import { checkPlaneSize } from './decodePlane.ts';

/** A micrograph whose decoder only gives whole planes: parts are cut out of them. */
export function wholePlanes(
  facts: MicrographFacts,
  readPlane: (plane: PlaneAddress) => Promise<PixelPlane>,
): Micrograph {
  const { path, widthPx, heightPx } = facts;
  const levels = [{ widthPx, heightPx }];
  return {
    facts,
    levels,
    readPlane,
    readRegion: async (plane, level, region) => {
      checkRegion(path, levels, level, region);
      const [x, y, width, height] = region;
      return cropPlane(await readPlane(plane), [x, y, x + width, y + height]);
    },
  };
}

/** A micrograph of which any part of any plane can be read. Parts that can't be held are refused: file-unsupported. */
export function regionWise(
  facts: MicrographFacts,
  levels: readonly LevelSize[],
  read: (plane: PlaneAddress, level: number, region: Bbox) => Promise<PixelPlane>,
  blocks?: readonly LevelSize[],
): Micrograph {
  const { path, widthPx, heightPx, samples, dtype } = facts;
  const readSized: typeof read = async (plane, level, region) => {
    checkPlaneSize(path, region[2], region[3], samples, dtype);
    return read(plane, level, region);
  };
  return {
    facts,
    levels,
    ...(blocks && { blocks }),
    readPlane: (plane) => readSized(plane, 0, [0, 0, widthPx, heightPx]),
    readRegion: async (plane, level, region) => {
      checkRegion(path, levels, level, region);
      return readSized(plane, level, region);
    },
  };
}

/** @throws LamellaError not-found where the region is not inside the level */
function checkRegion(path: string, levels: readonly LevelSize[], level: number, region: Bbox): void {
  const [x, y, width, height] = region;
  const size = levels[level];
  const whole = region.every((value) => Number.isInteger(value));
  if (
    size &&
    whole &&
    x >= 0 &&
    y >= 0 &&
    width > 0 &&
    height > 0 &&
    x + width <= size.widthPx &&
    y + height <= size.heightPx
  )
    return;
  throw new LamellaError(
    'not-found',
    `There is no region ${width} × ${height} px at (${x}, ${y}), level ${level}, in ${path}.`,
    {
      path,
    },
  );
}

/** @throws LamellaError not-found for an address outside the micrograph's channels, slices and time points */
export function checkAddress(facts: MicrographFacts, plane: PlaneAddress): void {
  const c = plane.c ?? 0;
  const inside = (index: number, count: number) => Number.isInteger(index) && index >= 0 && index < count;
  if (inside(c, facts.channels) && inside(plane.z, facts.z) && inside(plane.t, facts.t)) return;
  throw noSuchPlane(facts.path, plane);
}

/** @throws LamellaError not-found */
export function noSuchPlane(path: string, { c, z, t }: PlaneAddress): LamellaError {
  return new LamellaError('not-found', `There is no plane c=${c ?? 'all'} z=${z} t=${t} in ${path}.`, { path });
}
