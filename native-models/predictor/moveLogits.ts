import { type ImageToModel, sameTransform } from './spaces.ts';

/** Low-res logits of a candidate, as the decoder gave them, with the place that they cover. */
export interface LowResMask {
  /** [lowSide, lowSide] */
  logits: Float32Array;
  transform: ImageToModel;
}

/** Logit of what lies outside the place that is covered: surely background. */
const outside = -8;

/**
 * Logits as another embedding of the same plane has them: a close-up, or the whole again. Cells of the new ones take the
 * bilinear mean of the old ones around their centre. The same array where the place is the same.
 * @returns [lowSide, lowSide]
 */
export function moveLogits({ logits, transform: from }: LowResMask, to: ImageToModel, lowSide: number): Float32Array {
  if (sameTransform(from, to)) return logits;
  const moved = new Float32Array(lowSide * lowSide).fill(outside);
  const x = cellMap(lowSide, from, to, 'x');
  const y = cellMap(lowSide, from, to, 'y');
  for (let row = 0; row < lowSide; row++) {
    const v = y(row);
    const top = Math.floor(v);
    if (top < -1 || top >= lowSide) continue;
    const [upper, lower] = [clampCell(top, lowSide) * lowSide, clampCell(top + 1, lowSide) * lowSide];
    const b = v - top;
    for (let column = 0; column < lowSide; column++) {
      const u = x(column);
      const left = Math.floor(u);
      if (left < -1 || left >= lowSide) continue;
      const [l, r] = [clampCell(left, lowSide), clampCell(left + 1, lowSide)];
      const a = u - left;
      moved[row * lowSide + column] =
        (logits[upper + l]! * (1 - a) + logits[upper + r]! * a) * (1 - b) +
        (logits[lower + l]! * (1 - a) + logits[lower + r]! * a) * b;
    }
  }
  return moved;
}

/** Where the centre of a new cell lies among the centres of the old ones. */
function cellMap(lowSide: number, from: ImageToModel, to: ImageToModel, axis: 'x' | 'y'): (cell: number) => number {
  const cellImage = ({ inputSize, widthImage, widthModel, heightImage, heightModel }: ImageToModel) =>
    ((inputSize / lowSide) * (axis === 'x' ? widthImage : heightImage)) / (axis === 'x' ? widthModel : heightModel);
  const [source, target] = [cellImage(from), cellImage(to)];
  const shift = to.origin[axis] - from.origin[axis];
  return (cell) => ((cell + 0.5) * target + shift) / source - 0.5;
}

function clampCell(cell: number, lowSide: number): number {
  return Math.min(lowSide - 1, Math.max(0, cell));
}
