import { Ini } from '../ini.ts';
import { instrumentOf, pixelSizeOf, type VendorFacts } from '../pixelSize.ts';

/**
 * Hitachi: `<stem>.txt` with `[SemImageFile]`, `PixelSize=` in nm; `DataSize=1280x960` is the picture without an info
 * bar below it. Source: RosettaSciIO.
 */
export function factsOfHitachi(text: string, heightPx: number): VendorFacts | null {
  const ini = new Ini(text);
  if (!ini.has('SemImageFile')) return null;
  const value = (key: string) => ini.text('SemImageFile', key);
  const leading = (key: string) => Number(/^[\d.]+/.exec(value(key))?.[0] ?? Number.NaN);
  const rows = Number(/^\d+x(\d+)$/.exec(value('DataSize'))?.[1] ?? Number.NaN);
  return {
    pixelSize: pixelSizeOf({ size: leading('PixelSize'), unit: 'nm', source: 'Hitachi text file beside it' }),
    instrument: instrumentOf('Hitachi', {
      model: value('InstructName') || value('InstrumentName'),
      detector: value('SignalName'),
      voltageV: leading('AcceleratingVoltage'),
      workingDistanceM: leading('WorkingDistance') * 1e-6,
      magnification: leading('Magnification'),
    }),
    imageRows: rows > 0 && rows < heightPx ? rows : null,
  };
}
