import { type Mask, maskArea, trimMask, windowOf } from '../masks/mask.ts';
import type { AutomaticSettings } from './segmentPlane.ts';

/**
 * The part of a mask that lies on the specimen, the first `rows` rows of the image; null where nothing or less than half
 * of it does: what an instrument writes below is no object.
 */
export function onSpecimen(mask: Mask, rows: number): Mask | null {
  if (mask.y + mask.height <= rows) return mask;
  if (mask.y >= rows) return null;
  const kept = trimMask(windowOf(mask, [mask.x, mask.y, mask.width, rows - mask.y]));
  return 2 * maskArea(kept) < maskArea(mask) ? null : kept;
}

/** Settings for a part of the image, `heightPx` rows from `top` on; null where none of these shows the specimen. */
export function settingsOfPart(settings: AutomaticSettings, top: number, heightPx: number): AutomaticSettings | null {
  const { specimenRows } = settings;
  if (specimenRows === undefined) return settings;
  const rows = Math.min(heightPx, specimenRows - top);
  return rows > 0 ? { ...settings, specimenRows: rows } : null;
}
