import { instrumentOf, type PixelSize, pixelSizeOf, plainUnit, type VendorFacts } from '../pixelSize.ts';
import { xmlTags } from '../xml.ts';

/**
 * JEOL SEM: `<stem>.txt` with lines `$$SM_MICRON_BAR <pixels>` and `$$SM_MICRON_MARKER <10um>`; a pixel is the one divided
 * by the other. Source: RosettaSciIO; the dollar signs are one or two.
 */
export function factsOfJeolText(text: string): VendorFacts | null {
  const value = (key: string) =>
    new RegExp(`^\\$\\$?${key}[ \\t]([^\\r\\n]{1,200})`, 'm').exec(text)?.[1]?.trim() ?? '';
  const bar = Number(value('SM_MICRON_BAR') || Number.NaN);
  const [, length, unit] = /^([\d.]+)\s*(nm|um|\u00b5m|\u03bcm|mm)$/.exec(value('SM_MICRON_MARKER')) ?? [];
  const magnification = Number(value('CM_MAG') || Number.NaN);
  if (!Number.isFinite(bar) && !Number.isFinite(magnification)) return null;
  return {
    pixelSize: pixelSizeOf({
      size: Number(length) / bar,
      unit: unit === 'um' ? 'µm' : plainUnit(unit ?? ''),
      source: 'JEOL text file beside it',
    }),
    instrument: instrumentOf('JEOL', {
      model: value('CM_INSTRUMENT'),
      detector: value('CM_SIGNAL'),
      voltageV: 1000 * Number(value('CM_ACCEL_VOLT') || Number.NaN),
      workingDistanceM: Number(value('SM_WD') || Number.NaN) / 1000,
      magnification,
    }),
    imageRows: null,
  };
}

/** JEOL SightX (TEM): XML in tag 270; diffraction patterns have no length a pixel. */
export function factsOfJeolXml(xml: string): VendorFacts | null {
  const values = new Map<string, string>();
  for (const { name, text } of xmlTags(xml)) if (text !== '' && !values.has(name)) values.set(name, text);
  if (!values.has('Manufacturer') && !values.has('Instruments')) return null;
  const number = (name: string) => Number(values.get(name) ?? Number.NaN);
  return {
    pixelSize: pixelSizeOfXml(values),
    instrument: instrumentOf('JEOL', {
      model: values.get('Instruments') ?? '',
      voltageV: number('AccelerationVoltage'),
    }),
    imageRows: null,
  };
}

function pixelSizeOfXml(values: ReadonlyMap<string, string>): PixelSize | null {
  const [, size, unit] = /^([\d.eE+-]+)\s*(pm|nm|[u\u00b5\u03bc]m|mm|m)$/.exec(values.get('PixelSize') ?? '') ?? [];
  if (size === undefined || /DIFF/i.test(values.get('ImageFormingMode') ?? '')) return null;
  return pixelSizeOf({ size: Number(size), unit: plainUnit(unit!.replace(/^u/, 'µ')), source: 'JEOL tag 270' });
}
