import { type Mask, maskArea } from '../masks/mask.ts';

/** Of two masks with a higher IoU than this one goes. */
const sameIou = 0.5;
/** So also one of which more than this share lies in the other: a part of what is there already. */
const sameCover = 0.75;

/** Masks of which none shows what another one shows. */
export class DistinctMasks {
  readonly #masks: { mask: Mask; area: number }[] = [];

  constructor(masks: readonly Mask[]) {
    for (const mask of masks) this.#masks.push({ mask, area: maskArea(mask) });
  }

  /** Takes a mask in unless it shows what is there; says whether it did. */
  take(mask: Mask): boolean {
    const area = maskArea(mask);
    const repeats = this.#masks.some((other) => {
      const both = sharedPixels(mask, other.mask);
      return both > sameCover * Math.min(area, other.area) || both > sameIou * (area + other.area - both);
    });
    if (!repeats) this.#masks.push({ mask, area });
    return !repeats;
  }
}

function sharedPixels(a: Mask, b: Mask): number {
  const fromX = Math.max(a.x, b.x);
  const toX = Math.min(a.x + a.width, b.x + b.width);
  const toY = Math.min(a.y + a.height, b.y + b.height);
  let both = 0;
  for (let v = Math.max(a.y, b.y); v < toY; v++) {
    for (let u = fromX; u < toX; u++) {
      both += a.data[(v - a.y) * a.width + u - a.x]! & b.data[(v - b.y) * b.width + u - b.x]!;
    }
  }
  return both;
}
