import type { Mask } from '../../../native-models/masks/mask.ts';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';

/** How an object stands out: in the values of the plane's samples, all alike. */
export interface MaskContrast {
  /** Mean inside less mean around. */
  difference: number;
  /** Standard deviation around. */
  spread: number;
}

/** Of what lies around an object, so many pixels beyond its box count, at least, or this share of its sides. */
const [leastMarginPx, marginShare] = [3, 0.25];

/** Against everything else in the mask's box, made larger; null where nothing lies around it. */
export function maskContrast(mask: Mask, plane: PixelPlane): MaskContrast | null {
  const margin = Math.ceil(Math.max(leastMarginPx, marginShare * Math.max(mask.width, mask.height)));
  const inside = new Moments();
  const around = new Moments();
  const [right, bottom] = [mask.x + mask.width, mask.y + mask.height];
  for (let y = Math.max(0, mask.y - margin); y < Math.min(plane.heightPx, bottom + margin); y++) {
    for (let x = Math.max(0, mask.x - margin); x < Math.min(plane.widthPx, right + margin); x++) {
      const inBox = x >= mask.x && x < right && y >= mask.y && y < bottom;
      const isInside = inBox && mask.data[(y - mask.y) * mask.width + x - mask.x] === 1;
      const at = (y * plane.widthPx + x) * plane.samples;
      for (let sample = 0; sample < plane.samples; sample++) {
        const value = plane.data[at + sample]!;
        if (Number.isFinite(value)) (isInside ? inside : around).add(value);
      }
    }
  }
  if (inside.count === 0 || around.count === 0) return null;
  return { difference: inside.mean() - around.mean(), spread: around.deviation() };
}

class Moments {
  count = 0;
  #sum = 0;
  #squares = 0;

  add(value: number): void {
    this.count++;
    this.#sum += value;
    this.#squares += value * value;
  }

  mean(): number {
    return this.#sum / this.count;
  }

  deviation(): number {
    return Math.sqrt(Math.max(0, this.#squares / this.count - this.mean() ** 2));
  }
}
