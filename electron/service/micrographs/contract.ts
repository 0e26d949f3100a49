import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { DisplayRange, MicrographFacts } from '../api/contract.ts';

/** Address of a plane; every part counts from 0. `c` null: all samples of a colour file. */
export interface PlaneAddress {
  c: number | null;
  z: number;
  t: number;
}

export const firstPlane: PlaneAddress = { c: null, z: 0, t: 0 };

/** An opened micrograph file. Reading may be slow and may throw LamellaError (file-missing, file-damaged …). */
export interface Micrograph {
  facts: MicrographFacts;
  /** The whole plane. */
  readPlane(plane: PlaneAddress): Promise<PixelPlane>;
}

/** How one kind of file is read; index.ts holds the table, and nothing else names a format. */
export interface MicrographReader {
  /** 'PNG', 'TIFF' … */
  format: string;
  /** Lower-case file endings with the dot. */
  extensions: readonly string[];
  /** Looks at the first bytes only. */
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
