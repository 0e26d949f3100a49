import { Ini } from '../ini.ts';
import { instrumentOf, pixelSizeOf, type VendorFacts } from '../pixelSize.ts';
import { xmlTags } from '../xml.ts';

/**
 * Thermo Fisher / FEI: INI text in tag 34682 (Helios, Quanta …) or 34680 (SFEG), lengths in metres. Rows beyond
 * `[Image] ResolutionY` are the data bar. Source: RosettaSciIO's and tifffile's readers; files of a Helios 660.
 */
export function factsOfFei(text: string, tag: number, heightPx: number): VendorFacts | null {
  const ini = new Ini(text);
  if (!ini.has('Image') && !ini.has('Scan') && !ini.has('System')) return null;
  const beam = ini.text('Beam', 'Beam') || 'EBeam';
  const fieldWidth = ini.number(beam, 'HFW');
  const resolutionX = ini.number('Image', 'ResolutionX');
  const rows = ini.number('Image', 'ResolutionY');
  const source = `Thermo/FEI tag ${tag}`;
  return {
    pixelSize:
      pixelSizeOf({
        size: ini.number('Scan', 'PixelWidth'),
        sizeY: ini.number('Scan', 'PixelHeight'),
        unit: 'm',
        source,
      }) ??
      pixelSizeOf({
        size: fieldWidth / resolutionX,
        sizeY: ini.number(beam, 'VFW') / rows,
        unit: 'm',
        source: `${source} (field width)`,
      }),
    instrument: instrumentOf('Thermo/FEI', {
      model: ini.text('System', 'SystemType'),
      detector: ini.text('Detectors', 'Name'),
      voltageV: ini.number('Beam', 'HV'),
      workingDistanceM: ini.number('Stage', 'WorkingDistance'),
    }),
    imageRows: rows > 0 && rows < heightPx ? rows : null,
  };
}

/** Newer programs of Thermo Fisher: XML in tag 34683, `<PixelSize><X unit="m">…`. */
export function factsOfThermoXml(xml: string): VendorFacts | null {
  let size = Number.NaN;
  let detector = '';
  let voltageV = Number.NaN;
  let within = '';
  for (const { name, text } of xmlTags(xml)) {
    if (name === 'X' && within === 'PixelSize') size = Number(text);
    else if (name === 'PixelWidth') size = Number(text);
    else if (name === 'DetectorName' && detector === '') detector = text;
    else if (name === 'AccelerationVoltage' || name === 'AccelerationVoltageInVolts') voltageV = Number(text);
    within = name;
  }
  const pixelSize = pixelSizeOf({ size, unit: 'm', source: 'Thermo/FEI tag 34683' });
  return { pixelSize, instrument: instrumentOf('Thermo/FEI', { detector, voltageV }), imageRows: null };
}
