import type { Mask } from '../masks/mask.ts';
import { edgeStrength } from './edgeStrength.ts';
import type { GreyPlane } from './greyPlane.ts';

/** A border is as visible as the weakest tenth of it: real ones are seldom open, patches of the ground have a side without. */
const weakestShare = 0.1;
/** An edge is what nine tenths of the picture's pixels don't reach. */
const edgeShare = 0.9;

/**
 * Tells how visible the border of a mask is in a picture: how steep the grey is along its weakest tenth, within a pixel of
 * the picture, as a multiple of the picture's 90th percentile. null where the whole border is the plane's. On the val
 * images of superalloy and nuclei it tells masks that meet an object (IoU 0.5) from others with an AUC of 0.88 and 0.86;
 * predicted IoU × stability does so with 0.67 and 0.93.
 */
export function borderEdge(picture: GreyPlane): (mask: Mask) => number | null {
  const { width, factor, widthPx, heightPx } = picture;
  const strength = edgeStrength(picture);
  const edge = percentile(strength, edgeShare);
  const near = strongestNear(strength, picture);
  return ({ x, y, width: across, height: down, data }) => {
    const along: number[] = [];
    for (let j = 0, at = 0; j < down; j++) {
      const row = Math.floor((y + j) / factor) * width;
      const [top, bottom] = [y + j === 0, y + j === heightPx - 1];
      for (let i = 0; i < across; i++, at++) {
        if (data[at] === 0) continue;
        const isBorder =
          (x + i > 0 && (i === 0 || data[at - 1] === 0)) ||
          (x + i < widthPx - 1 && (i === across - 1 || data[at + 1] === 0)) ||
          (!top && (j === 0 || data[at - across] === 0)) ||
          (!bottom && (j === down - 1 || data[at + across] === 0));
        if (isBorder) along.push(near[row + Math.floor((x + i) / factor)]!);
      }
    }
    if (along.length === 0) return null;
    const weakest = percentile(along, weakestShare);
    return edge > 0 ? weakest / edge : weakest > 0 ? Number.POSITIVE_INFINITY : 0;
  };
}

/** The largest of each pixel and its eight neighbours. */
function strongestNear(strength: Float32Array, { width, height }: GreyPlane): Float32Array {
  return strength.map((_, at) => {
    const x = at % width;
    const y = (at - x) / width;
    let most = 0;
    for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
        most = Math.max(most, strength[v * width + u]!);
      }
    }
    return most;
  });
}

function percentile(values: ArrayLike<number>, share: number): number {
  const sorted = Float32Array.from(values).sort();
  return sorted[Math.floor(share * (sorted.length - 1))]!;
}
