import type { LabelImage } from './labelObjects.ts';

/**
 * The label image of the connected parts of a semantic mask, in which a value is a class and not an object: every part
 * of every class gets a number of its own, from 1 on in the order of its topmost, then leftmost pixel. Pixels that
 * touch only at a corner are separate parts (4-connected), as in masks/contour.ts. Two passes, O(n).
 */
export function splitIntoParts({ widthPx, heightPx, data: classes }: LabelImage): LabelImage {
  // First each run of a row that touches no other from above gets a number; `parents` joins numbers that meet later.
  const data = new Uint32Array(widthPx * heightPx);
  const parents: number[] = [0];
  for (let y = 0, at = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++, at++) {
      const value = classes[at]!;
      if (value === 0) continue;
      const left = x > 0 && classes[at - 1] === value ? data[at - 1]! : 0;
      const above = y > 0 && classes[at - widthPx] === value ? data[at - widthPx]! : 0;
      if (left === 0 && above === 0) data[at] = parents.push(parents.length) - 1;
      else data[at] = left === 0 || above === 0 ? left || above : join(parents, left, above);
    }
  }
  // Roots are the smallest number of their part, so they come up in scan order.
  const numbers = new Uint32Array(parents.length);
  let count = 0;
  for (let number = 1; number < parents.length; number++) {
    const root = rootOf(parents, number);
    numbers[number] = root === number ? ++count : numbers[root]!;
  }
  for (let at = 0; at < data.length; at++) data[at] = numbers[data[at]!]!;
  return { widthPx, heightPx, data };
}

/** Makes two numbers one part; gives the smaller of their roots, which is its root then. */
function join(parents: number[], a: number, b: number): number {
  if (a === b) return a;
  const [rootA, rootB] = [rootOf(parents, a), rootOf(parents, b)];
  const root = Math.min(rootA, rootB);
  parents[Math.max(rootA, rootB)] = root;
  return root;
}

function rootOf(parents: number[], number: number): number {
  let at = number;
  // Halves the way for whoever comes next.
  while (parents[at] !== at) at = parents[at] = parents[parents[at]!]!;
  return at;
}
