import { Ini } from '../ini.ts';
import { instrumentOf, pixelSizeOf, type VendorFacts } from '../pixelSize.ts';

/**
 * Tescan: INI text in tag 50431 (behind a thumbnail) or in `<stem>-tif.hdr` / `<stem>-png.hdr`; lengths in metres.
 * `ImageStripSize` is the height of the info bar. Source: RosettaSciIO.
 */
export function factsOfTescan(text: string, heightPx: number, source: string): VendorFacts | null {
  const start = text.indexOf('[MAIN]');
  // The tag's text is without sections behind its thumbnail, each key on a line of its own.
  const ini = new Ini(start >= 0 ? text.slice(start) : text);
  const main = (key: string) => ini.text('MAIN', key) || ini.text('', key);
  const sem = (key: string) => ini.text('SEM', key) || main(key);
  const size = Number(main('PixelSizeX') || Number.NaN);
  const strip = Number(main('ImageStripSize') || 0);
  if (!Number.isFinite(size) && main('Device') === '') return null;
  return {
    pixelSize: pixelSizeOf({ size, sizeY: Number(main('PixelSizeY') || size), unit: 'm', source }),
    instrument: instrumentOf('Tescan', {
      model: main('DeviceModel') || main('Device'),
      detector: sem('Detector') || sem('Detector0'),
      voltageV: Number(sem('HV') || Number.NaN),
      workingDistanceM: Number(sem('WD') || Number.NaN),
      magnification: Number(main('Magnification') || Number.NaN),
    }),
    imageRows: strip > 0 && strip < heightPx ? heightPx - strip : null,
  };
}
