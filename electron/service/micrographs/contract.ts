import type { Bbox } from '../../../native-models/masks/mask.ts';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { DisplayRange, MicrographFacts, PlaneAddress } from '../api/contract.ts';

export type { PlaneAddress };

export const firstPlane: PlaneAddress = { c: null, z: 0, t: 0 };

export function isSamePlane(a: PlaneAddress, b: PlaneAddress): boolean {
  return a.c === b.c && a.z === b.z && a.t === b.t;
}

/** Whatever channel: what is seen in one is there in the others. */
export function isSameSlice(a: PlaneAddress, b: PlaneAddress): boolean {
  return a.z === b.z && a.t === b.t;
}

/** Size of a plane in one of the resolutions that the file itself holds. */
export interface LevelSize {
  widthPx: number;
  heightPx: number;
}

/**
 * An opened micrograph: facts now, pixels when they are asked for. Nothing is held open or in memory between calls.
 * Reading may be slow and may throw LamellaError (file-missing, file-damaged …; not-found for what is not in the file).
 */
export interface Micrograph {
  facts: MicrographFacts;
  /** Resolutions in the file, largest first; the first is the plane itself. One entry where there is no pyramid. */
  levels: readonly LevelSize[];
  /**
   * Of each level, what is decoded at once however small the region: a tile, a strip, a row. Left out where parts take
   * no less than the whole.
   */
  blocks?: readonly LevelSize[];
  /** The whole plane. */
  readPlane(plane: PlaneAddress): Promise<PixelPlane>;
  /**
   * A part of a plane, `region` in pixels of that level and inside it. Only tiles or strips that it touches are decoded
   * where the file has them; a file that is compressed as a whole is decoded as a whole.
   */
  readRegion(plane: PlaneAddress, level: number, region: Bbox): Promise<PixelPlane>;
}

/** How one kind of file is read; index.ts holds the table, and nothing else names a format. */
export interface MicrographReader {
  /** 'PNG', 'TIFF' … */
  format: string;
  /** Lower-case file endings with the dot. */
  extensions: readonly string[];
  /** Looks at the first bytes only (512, fewer in shorter files). */
  recognises(head: Uint8Array): boolean;
  open(path: string): Promise<Micrograph>;
}

/** Contrast facts of a plane: see MicrographView for their meaning. */
export interface Contrast {
  autoRange: DisplayRange;
  fullRange: DisplayRange;
  histogram: number[];
  histogramRange: DisplayRange;
}
