import type { InstrumentFacts, MicrographFacts } from '../api/contract.ts';

export interface PixelSize {
  /** Length of a pixel's side along x, in `unit` as the file writes it. */
  size: number;
  /** Along y, where the file gives it. */
  sizeY?: number;
  unit: string;
  /** Where the file says so, for people. */
  source: string;
  zStep?: number;
  zUnit?: string;
}

/** What an instrument or a program wrote about a picture. */
export interface VendorFacts {
  pixelSize: PixelSize | null;
  instrument: InstrumentFacts | null;
  /** Rows of the picture proper, where what is below them is the info bar. */
  imageRows: number | null;
}

/** Null for a length that is none: not finite, zero, negative. */
export function pixelSizeOf(found: PixelSize): PixelSize | null {
  return isLength(found.size) ? found : null;
}

/** The facts of a pixel size, null included. */
export function pixelSizeFacts(
  found: PixelSize | null,
): Partial<MicrographFacts> & Pick<MicrographFacts, 'pixelSize' | 'pixelUnit' | 'pixelSizeSource'> {
  if (!found) return { pixelSize: null, pixelUnit: null, pixelSizeSource: null };
  const { size, sizeY, unit, source, zStep, zUnit } = found;
  const squareWithin = 1e-4;
  return {
    pixelSize: size,
    pixelUnit: unit,
    pixelSizeSource: source,
    ...(sizeY !== undefined && isLength(sizeY) && Math.abs(sizeY / size - 1) > squareWithin
      ? { pixelSizeY: sizeY }
      : {}),
    ...(zStep !== undefined && isLength(zStep) ? { zStep, zUnit: zUnit ?? unit } : {}),
  };
}

/** The facts of an instrument and of the info bar below the picture proper, where it says so. */
export function instrumentFacts(
  { instrument, imageRows }: VendorFacts,
  heightPx: number,
): Pick<MicrographFacts, 'instrument' | 'dataBar'> {
  const isBar = imageRows !== null && imageRows > 0 && imageRows < heightPx;
  return {
    ...(instrument ? { instrument } : {}),
    ...(isBar ? { dataBar: { y: imageRows, height: heightPx - imageRows } } : {}),
  };
}

/** Drops what is not there: empty texts, numbers that are none or not positive (0 and -1 stand for unknown). */
export function instrumentOf(maker: string, found: Omit<Partial<InstrumentFacts>, 'maker'>): InstrumentFacts {
  const kept = Object.entries(found).filter(([, value]) =>
    typeof value === 'number' ? isLength(value) : value !== undefined && value !== '',
  );
  return { maker, ...Object.fromEntries(kept) };
}

/** 'µ' is written with either of two characters, and lost as '?' where latin-1 was taken for something else. */
export function plainUnit(unit: string): string {
  return unit.replace(/^[?\u00b5\u03bc\ufffd]m$/, 'µm').replace('\u03bc', 'µ');
}

function isLength(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}
