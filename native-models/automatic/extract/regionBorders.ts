import type { GreyPlane } from '../greyPlane.ts';
import type { Microstructure } from './microstructure.ts';

/** Where two regions, or a region and the ground, meet. */
export interface RegionBorder {
  /** Labels, the lower one first: 0 is the ground. */
  first: number;
  second: number;
  /** Sides of pixels between the two. */
  length: number;
  /** Sum over these sides of how steep the grey is there (see ../edgeStrength.ts). */
  strength: number;
}

/** All borders of a label image, each once. */
export function regionBorders(
  { labels, widthPx, heightPx, count }: Microstructure,
  picture: GreyPlane,
  edges: Float32Array,
): RegionBorder[] {
  const { factor, width } = picture;
  const borders = new Map<number, RegionBorder>();
  const meet = (a: number, b: number, x: number, y: number) => {
    const [first, second] = a < b ? [a, b] : [b, a];
    const key = first * (count + 1) + second;
    let border = borders.get(key);
    if (!border) borders.set(key, (border = { first, second, length: 0, strength: 0 }));
    border.length++;
    border.strength += edges[Math.floor(y / factor) * width + Math.floor(x / factor)]!;
  };
  for (let y = 0, at = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++, at++) {
      const label = labels[at]!;
      if (x + 1 < widthPx && labels[at + 1] !== label) meet(label, labels[at + 1]!, x, y);
      if (y + 1 < heightPx && labels[at + widthPx] !== label) meet(label, labels[at + widthPx]!, x, y);
    }
  }
  return [...borders.values()];
}
