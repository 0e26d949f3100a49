import { pixelSizeOf, type PixelSize, plainUnit, type VendorFacts } from '../pixelSize.ts';
import { factsOfFei, factsOfThermoXml } from '../vendors/fei.ts';
import { factsOfJeolXml } from '../vendors/jeol.ts';
import { factsOfTescan } from '../vendors/tescan.ts';
import { factsOfZeiss } from '../vendors/zeiss.ts';
import type { TiffDirectory, TiffFile } from './directory.ts';
import { imageJValue, isImageJ } from './imageJ.ts';
import type { OmeImage } from './ome.ts';

/** How many pages are asked: Olympus writes its tag at the second one, the first being a preview. */
const pagesAsked = 2;

/** What the vendors' tags of the first pages say, or null. Tag numbers as in tifffile and RosettaSciIO. */
export async function vendorFactsOf(
  file: TiffFile,
  pages: readonly TiffDirectory[],
  description: string,
): Promise<VendorFacts | null> {
  for (const page of pages.slice(0, pagesAsked)) {
    const text = (tag: number) => file.text(page.metadata.get(tag), 'latin1');
    const has = (tag: number) => page.metadata.has(tag);
    let found: VendorFacts | null = null;
    for (const tag of [34682, 34680]) if (has(tag)) found ??= factsOfFei(await text(tag), tag, page.heightPx);
    if (has(34683)) found ??= factsOfThermoXml(await text(34683));
    if (has(34118)) found ??= factsOfZeiss(await text(34118), page.widthPx);
    if (has(50431)) {
      const raw = Buffer.from(await file.raw(page.metadata.get(50431))).toString('latin1');
      found ??= factsOfTescan(raw, page.heightPx, 'Tescan tag 50431');
    }
    if (has(33560)) found ??= await olympusFacts(file, page);
    if (has(65009)) found ??= await gatanFacts(file, page);
    if (found) return found;
  }
  const maker = await file.text(pages[0]?.metadata.get(271), 'latin1');
  if (!maker.startsWith('JEOL')) return null;
  return factsOfJeolXml(description) ?? { pixelSize: null, instrument: { maker: 'JEOL' }, imageRows: null };
}

/** Pixel size by what programs declare, then by bare resolution tags: these only outside of SEM files. */
export function declaredPixelSize(
  page: TiffDirectory,
  description: string,
  ome: OmeImage | null,
  vendor: VendorFacts | null,
): PixelSize | null {
  const ofOme = ome?.pixelSize ?? null;
  return (
    ofOme ??
    fromImageJ(page, description) ??
    fromAperio(description) ??
    (vendor ? null : fromResolutionTags(page, description))
  );
}

/**
 * Olympus SIS, tag 33560: 'SIS0', then at byte 58 the number of entries (kind, count, offset); kind 1 holds the power of
 * ten at byte 10 and the pixel's width and height after it. Source: tifffile's read_sis.
 */
async function olympusFacts(file: TiffFile, page: TiffDirectory): Promise<VendorFacts | null> {
  const [at] = await file.numbers(page.metadata.get(33560), 1);
  const { bytes } = file;
  if (at === undefined || at + 60 > bytes.size) return null;
  const head = await bytes.view(at, 60);
  if (head.getUint32(0, true) !== 0x30534953) return null;
  const count = head.getUint16(58, true);
  if (at + 60 + count * 8 > bytes.size) return null;
  const entries = await bytes.view(at + 60, count * 8);
  for (let i = 0; i < count; i++) {
    const kind = entries.getUint16(i * 8, true);
    const offset = entries.getUint32(i * 8 + 4, true);
    if (kind !== 1 || offset + 28 > bytes.size) continue;
    const general = await bytes.view(offset, 28);
    const metres = 10 ** general.getInt16(10, true);
    return {
      pixelSize: pixelSizeOf({
        size: general.getFloat64(12, true) * metres,
        sizeY: general.getFloat64(20, true) * metres,
        unit: 'm',
        source: 'Olympus SIS tag 33560',
      }),
      instrument: { maker: 'Olympus' },
      imageRows: null,
    };
  }
  return null;
}

/** DigitalMicrograph: tags 65003/65004 units and 65009/65010 lengths of a pixel. Source: RosettaSciIO. */
async function gatanFacts(file: TiffFile, page: TiffDirectory): Promise<VendorFacts | null> {
  const [size] = await file.numbers(page.metadata.get(65009), 1);
  const [sizeY] = await file.numbers(page.metadata.get(65010), 1);
  const unit = gatanUnit(await file.raw(page.metadata.get(65003)));
  if (size === undefined || unit === '') return null;
  const pixelSize = pixelSizeOf({ size, sizeY: sizeY ?? size, unit, source: 'DigitalMicrograph tags 65003, 65009' });
  return { pixelSize, instrument: { maker: 'Gatan' }, imageRows: null };
}

/** UTF-8 or latin-1, by the version of the program. */
function gatanUnit(raw: Uint8Array): string {
  const text = Buffer.from(raw);
  const utf8 = text.toString('utf8');
  return plainUnit((utf8.includes('\ufffd') ? text.toString('latin1') : utf8).replace(/\0[^]*$/, ''));
}

function fromImageJ(page: TiffDirectory, description: string): PixelSize | null {
  const unit = imageJValue(description, 'unit').replace(/^\\u00B5/i, 'µ');
  if (!isImageJ(description) || unit === '' || /^pixels?$/i.test(unit) || !page.resolution) return null;
  const { x, y } = page.resolution;
  const spacing = Number(imageJValue(description, 'spacing') || Number.NaN);
  return pixelSizeOf({
    size: 1 / x,
    sizeY: 1 / y,
    unit,
    source: 'ImageJ description and resolution tags',
    ...(spacing > 0 ? { zStep: spacing } : {}),
  });
}

/** Aperio slides: `…|MPP = 0.2521|…` in the description, micrometres a pixel. */
function fromAperio(description: string): PixelSize | null {
  if (!description.startsWith('Aperio')) return null;
  const size = Number(/\|\s*MPP\s*=\s*([\d.]+)/.exec(description)?.[1] ?? Number.NaN);
  return pixelSizeOf({ size, unit: 'µm', source: 'Aperio description' });
}

/**
 * Resolution per inch or centimetre is the screen's or the printer's in most microscopes' files (72 to 4800 per inch
 * are seen). Beyond 12,700 per inch (pixels below 2 µm) nothing prints: there it can only be the specimen's.
 */
function fromResolutionTags({ resolution }: TiffDirectory, description: string): PixelSize | null {
  if (isImageJ(description) || !resolution || (resolution.unit !== 2 && resolution.unit !== 3)) return null;
  const micrometres = (resolution.unit === 2 ? 25_400 : 10_000) / resolution.x;
  const found = { size: micrometres, unit: 'µm', source: 'TIFF resolution tags' };
  return micrometres < 2 ? pixelSizeOf(found) : null;
}
