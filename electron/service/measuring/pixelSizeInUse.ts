import type { MicrographView, PixelLength } from '../api/contract.ts';

type Sized = Pick<MicrographView, 'pixelSize' | 'pixelUnit' | 'pixelSizeSource' | 'pixelSizeY' | 'filePixelSize'>;

/** Says so wherever a pixel size's source is shown. */
export const byHand = 'by hand';

/** The facts with the pixel size that was set by hand, if any; the file's own one stays beside it. */
export function pixelSizeInUse<Facts extends Sized>(facts: Facts, set: PixelLength | null): Facts {
  if (!set) return facts;
  const { pixelSize, pixelUnit, pixelSizeSource, pixelSizeY, ...others } = facts;
  return {
    ...(others as Facts),
    pixelSize: set.size,
    pixelUnit: set.unit,
    pixelSizeSource: byHand,
    filePixelSize: { pixelSize, pixelUnit, pixelSizeSource, ...(pixelSizeY === undefined ? {} : { pixelSizeY }) },
  };
}
