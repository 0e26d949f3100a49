import type { Bbox } from '../../../native-models/masks/mask.ts';
import { cropPlane } from '../../../native-models/predictor/cropPlane.ts';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { Micrograph, PlaneAddress } from './contract.ts';
import { LargePlane, wholePlanePixels } from './largePlane.ts';
import { PlaneCache } from './planeCache.ts';

/** A large plane is reduced for an encoder to no less than twice the side that encoders see. */
export const encodedSidePx = 2 * 1024;

/** A part of a plane, perhaps reduced. */
export interface PlanePart {
  /** What it shows: the part that was asked for, grown to whole pixels of what is read. */
  area: Bbox;
  /** Pixels of the plane that a pixel of the part stands for, in each direction. */
  step: number;
  read(): Promise<PixelPlane>;
}

/** A plane that is asked for in parts, whether it is held whole or not: see {@link LargePlane}. */
export interface PlaneParts {
  readonly widthPx: number;
  readonly heightPx: number;
  /** What shows all of it, for its contrast. */
  preview(): Promise<PixelPlane>;
  /** A part for eyes that see `sidePx` pixels of its longest side. Nothing is read before it is asked for. */
  part(bbox: Bbox, sidePx: number): PlanePart;
}

/** A plane whose parts are cut out of the whole, and are never reduced. */
export function wholePlane(
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
  read: () => Promise<PixelPlane>,
): PlaneParts {
  return {
    widthPx,
    heightPx,
    preview: read,
    part: ([x, y, width, height]) => ({
      area: [x, y, width, height],
      step: 1,
      read: async () => cropPlane(await read(), [x, y, x + width, y + height]),
    }),
  };
}

/** The part that is the plane. */
export function wholeOf({ widthPx, heightPx }: Pick<PlaneParts, 'widthPx' | 'heightPx'>): Bbox {
  return [0, 0, widthPx, heightPx];
}

/** Bytes of the chunks and the overview of a large plane that are kept for the next part. */
const partsBudgetBytes = 32 * 2 ** 20;

/**
 * A plane of a file that is looked at by one command, to whose end its reading goes on: held whole unless it is large and
 * its file can be read in parts.
 */
export function openPlaneParts(micrograph: Micrograph, address: PlaneAddress): PlaneParts {
  const { widthPx, heightPx } = micrograph.facts;
  const large = widthPx * heightPx > wholePlanePixels ? openLarge(micrograph, address) : null;
  if (large) return large;
  let held: Promise<PixelPlane> | null = null;
  return wholePlane({ widthPx, heightPx }, () => (held ??= micrograph.readPlane(address)));
}

function openLarge(micrograph: Micrograph, address: PlaneAddress): LargePlane | null {
  return LargePlane.of(micrograph, {
    address,
    key: 'plane',
    fileName: 'plane',
    parts: new PlaneCache(partsBudgetBytes),
    overviews: null,
    signal: new AbortController().signal,
    inTurn: (work) => work(),
    noteTrouble: (work) => work(),
  });
}
