import { traceOutlines } from '../../native-models/masks/contour.ts';
import type { Bbox, Mask } from '../../native-models/masks/mask.ts';
import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { wholeOf } from '../service/micrographs/planeParts.ts';
import { type DisplayPixels, displayPixels } from '../service/micrographs/displayPixels.ts';
import type { ModelInput, PartedInput } from './modelInput.ts';

/** A part of a micrograph, ready to be drawn: small, however large the part is. */
export interface MicrographView {
  region: Bbox;
  samples: PixelPlane['samples'];
  /** Pixels of the plane that a pixel of the picture stands for, in each direction. */
  step: number;
  /** As the model saw it. */
  pixels: DisplayPixels;
}

/** @param mostPx how many pixels a side the view keeps at most. */
export function viewMicrograph({ plane, valueRange }: ModelInput, region: Bbox, mostPx: number): MicrographView {
  const step = Math.max(1, Math.ceil(Math.max(region[2], region[3]) / mostPx));
  return { region, samples: plane.samples, step, pixels: displayPixels(plane, valueRange, region, step) };
}

/** As {@link viewMicrograph}, reading no more of a large plane than the view keeps. */
export async function viewPart(
  { parts, valueRange }: PartedInput,
  region: Bbox,
  mostPx: number,
): Promise<MicrographView> {
  const { area, step, read } = parts.part(region, mostPx);
  const plane = await read();
  const view = viewMicrograph({ plane, valueRange }, wholeOf(plane), mostPx);
  return { ...view, region: area, step: step * view.step };
}

/** The square of this side around a point, moved into the plane; cut where the plane is smaller than that. */
export function squareAround(
  { x, y }: { x: number; y: number },
  sidePx: number,
  plane: Pick<PixelPlane, 'widthPx' | 'heightPx'>,
): Bbox {
  const along = (centre: number, most: number): [from: number, length: number] => {
    const length = Math.min(Math.ceil(sidePx), most);
    return [Math.max(0, Math.min(Math.round(centre - length / 2), most - length)), length];
  };
  const [left, width] = along(x, plane.widthPx);
  const [top, height] = along(y, plane.heightPx);
  return [left, top, width, height];
}

/**
 * The outline of a mask as SVG path data, in pixels of the plane from the view's corner. Where a mask goes on beyond
 * the view, so does its outline. At steps over 1 it is as coarse as the view's pixels; nothing is too thin for it.
 */
export function outlinePath(mask: Mask, view: MicrographView): string {
  const { outer, holes } = traceOutlines(coarseMask(mask, view));
  return [...outer, ...holes].map((ring) => ringPath(ring, view.step)).join('');
}

/** In pixels of the view, with one more at each side. A pixel counts where any pixel of the plane in it does. */
function coarseMask(mask: Mask, { region: [left, top], step, pixels: { widthPx, heightPx } }: MicrographView): Mask {
  const [width, height] = [widthPx + 2, heightPx + 2];
  const data = new Uint8Array(width * height);
  const [fromX, toX] = [Math.max(mask.x, left - step), Math.min(mask.x + mask.width, left + (widthPx + 1) * step)];
  const [fromY, toY] = [Math.max(mask.y, top - step), Math.min(mask.y + mask.height, top + (heightPx + 1) * step)];
  for (let v = fromY; v < toY; v++) {
    const row = (Math.floor((v - top) / step) + 1) * width;
    for (let u = fromX; u < toX; u++) {
      if (mask.data[(v - mask.y) * mask.width + u - mask.x]) data[row + Math.floor((u - left) / step) + 1] = 1;
    }
  }
  return { x: -1, y: -1, width, height, data };
}

function ringPath(ring: readonly number[], step: number): string {
  let path = '';
  for (let at = 0; at < ring.length; at += 2)
    path += `${at === 0 ? 'M' : 'L'}${ring[at]! * step} ${ring[at + 1]! * step}`;
  return `${path}Z`;
}
