import { instrumentOf, type PixelSize, pixelSizeOf, plainUnit, type VendorFacts } from '../pixelSize.ts';

/** Values are short; a longer line is no value. */
const maxCharacters = 200;

/**
 * Zeiss SmartSEM, tag 34118: numbers line by line, then for each value a line with its key and one `Name = value unit`.
 * Source: tifffile (CZ_SEM) and RosettaSciIO.
 */
export function factsOfZeiss(text: string, widthPx: number): VendorFacts {
  const lines = text.split(/\r\n|\r|\n/);
  const values = new Map<string, string>();
  for (let i = 0; i + 1 < lines.length; i++) {
    const at = lines[i + 1]!.indexOf('=');
    if (at >= 0 && /^[A-Z]{2}_\w+$/.test(lines[i]!))
      values.set(lines[i]!, lines[i + 1]!.slice(at + 1, at + maxCharacters).trim());
  }
  const value = (key: string) => values.get(key) ?? '';
  return {
    pixelSize:
      pixelSize(value('AP_IMAGE_PIXEL_SIZE')) ?? pixelSize(value('AP_PIXEL_SIZE')) ?? fromNumbers(lines, widthPx),
    instrument: instrumentOf('Zeiss', {
      model: value('DP_SEM'),
      detector: value('DP_DETECTOR_TYPE') || value('DP_DETECTOR_CHANNEL'),
      voltageV: withUnit(value('AP_ACTUALKV') || value('AP_MANUALKV'), { V: 1, kV: 1000 }),
      workingDistanceM: withUnit(value('AP_WD'), { m: 1, mm: 1e-3, µm: 1e-6, nm: 1e-9 }),
      magnification: withUnit(value('AP_MAG').replace(/\bK\s*X/i, 'KX'), { X: 1, KX: 1000 }),
    }),
    imageRows: null,
  };
}

function pixelSize(text: string): PixelSize | null {
  const [, size, unit] = /^([\d.eE+-]+)\s*(\S*m)$/.exec(text) ?? [];
  if (size === undefined || unit === undefined) return null;
  return pixelSizeOf({ size: Number(size), unit: plainUnit(unit), source: 'Zeiss tag 34118' });
}

/** Where no key names it, the fourth number is the pixel size in metres of a picture 1024 pixels wide. */
function fromNumbers(lines: readonly string[], widthPx: number): PixelSize | null {
  const size = (Number(lines[3]) * 1024) / widthPx;
  return pixelSizeOf({ size, unit: 'm', source: 'Zeiss tag 34118' });
}

function withUnit(text: string, units: Record<string, number>): number {
  const [, number, unit] = /^([\d.eE+-]+)\s*(\S+)$/.exec(text) ?? [];
  return number === undefined ? Number.NaN : Number(number) * (units[plainUnit(unit!)] ?? units[unit!] ?? Number.NaN);
}
