import type { TiffDirectory } from './tiffDirectory.ts';
import { imageJValue, isImageJ, omePixelsAttribute } from './tiffStack.ts';

export interface PixelSize {
  /** Length of a pixel's side (along x), in `unit` as the file writes it. */
  size: number;
  unit: string;
  source: string;
}

/**
 * The finders in order of trust: what the instrument wrote, then what programs declare, then bare resolution tags.
 * Sources: tag numbers and keys as in tifffile and RosettaSciIO (the project's field notes list them).
 */
const finders: ((page: TiffDirectory) => PixelSize | null)[] = [
  fromFei,
  fromZeiss,
  fromOme,
  fromImageJ,
  fromResolutionTags,
];

/** Pixel size that a TIFF's first page states, or null. */
export function pixelSizeOf(page: TiffDirectory): PixelSize | null {
  for (const find of finders) {
    const found = find(page);
    if (found && Number.isFinite(found.size) && found.size > 0) return found;
  }
  return null;
}

function fromFei(page: TiffDirectory): PixelSize | null {
  for (const tag of [34682, 34680]) {
    const text = page.vendorText.get(tag) ?? '';
    const width = /^PixelWidth\s*=\s*(\S+)/m.exec(text)?.[1];
    if (width !== undefined) return { size: Number(width), unit: 'm', source: `Thermo/FEI tag ${tag}` };
  }
  return null;
}

function fromZeiss(page: TiffDirectory): PixelSize | null {
  const text = page.vendorText.get(34118) ?? '';
  const found = /^AP_(?:IMAGE_)?PIXEL_SIZE\s*\r?\n[^=\r\n]*=\s*([\d.eE+-]+)\s*(\S*m)\b/m.exec(text);
  if (!found) return null;
  // SmartSEM's µ (latin-1) is lost as '?' in some files.
  return { size: Number(found[1]), unit: found[2]!.replace(/^[?\u00b5\u03bc]m$/, 'µm'), source: 'Zeiss tag 34118' };
}

function fromOme(page: TiffDirectory): PixelSize | null {
  const size = Number(omePixelsAttribute(page.description, 'PhysicalSizeX') || Number.NaN);
  const unit = omePixelsAttribute(page.description, 'PhysicalSizeXUnit') || 'µm';
  return { size, unit: unit.replace('\u03bc', 'µ'), source: 'OME-XML' };
}

function fromImageJ(page: TiffDirectory): PixelSize | null {
  const unit = imageJValue(page.description, 'unit').replace(/^\\u00B5/i, 'µ');
  if (!isImageJ(page.description) || unit === '' || /^pixels?$/i.test(unit) || !page.resolution) return null;
  return { size: 1 / page.resolution.x, unit, source: 'ImageJ description and resolution tags' };
}

/**
 * Resolution per inch or centimetre is the screen's or the printer's in most microscopes' files (72 to 4800 per inch
 * are seen). Beyond 12,700 per inch (pixels below 2 µm) nothing prints: there it can only be the specimen's.
 */
function fromResolutionTags({ resolution }: TiffDirectory): PixelSize | null {
  if (!resolution || (resolution.unit !== 2 && resolution.unit !== 3)) return null;
  const micrometres = (resolution.unit === 2 ? 25_400 : 10_000) / resolution.x;
  return micrometres < 2 ? { size: micrometres, unit: 'µm', source: 'TIFF resolution tags' } : null;
}
