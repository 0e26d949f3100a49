import type { Mask } from '../masks/mask.ts';

/**
 * Squared Euclidean distance, in pixels, from the centre of each foreground pixel to the centre of the nearest
 * background pixel; 0 at background. Everything outside the window is background, so the border of an image counts as
 * a border. Exact: all values are whole numbers.
 *
 * Two passes, O(window): along columns the distance to the nearest background, then along rows the lower envelope of
 * the parabolas that stand on those (Felzenszwalb & Huttenlocher 2012, Distance Transforms of Sampled Functions).
 */
export function squaredDistances(mask: Mask): Float64Array {
  const distances = columnDistances(mask);
  const envelope = new Envelope(mask.width);
  for (let y = 0; y < mask.height; y++) envelope.replace(distances.subarray(y * mask.width, (y + 1) * mask.width));
  return distances;
}

/** Squared distance to the nearest background of the same column. */
function columnDistances({ width, height, data }: Mask): Float64Array {
  const distances = new Float64Array(width * height);
  for (let x = 0; x < width; x++) {
    let run = 0;
    for (let at = x; at < data.length; at += width) {
      run = data[at] ? run + 1 : 0;
      distances[at] = run;
    }
    run = 0;
    for (let at = (height - 1) * width + x; at >= 0; at -= width) {
      run = data[at] ? run + 1 : 0;
      distances[at] = Math.min(run, distances[at]!) ** 2;
    }
  }
  return distances;
}

/** Lower envelope of parabolas over one row; the buffers serve every row of a window. */
class Envelope {
  /** Places of the parabolas of the envelope, from left to right, and their heights there. */
  readonly #places: Int32Array;
  readonly #heights: Float64Array;
  /** Parabola k is the lowest from #starts[k] on. */
  readonly #starts: Float64Array;
  #count = 0;

  constructor(width: number) {
    // One more at either side: the background beside the window.
    this.#places = new Int32Array(width + 2);
    this.#heights = new Float64Array(width + 2);
    this.#starts = new Float64Array(width + 2);
  }

  /** Replaces each height of the row by the envelope there. */
  replace(row: Float64Array): void {
    this.#count = 0;
    this.#add(-1, 0);
    for (let x = 0; x < row.length; x++) this.#add(x, row[x]!);
    this.#add(row.length, 0);
    for (let x = 0, k = 0; x < row.length; x++) {
      while (k + 1 < this.#count && this.#starts[k + 1]! <= x) k++;
      row[x] = (x - this.#places[k]!) ** 2 + this.#heights[k]!;
    }
  }

  /** Adds a parabola to the right of all others, and drops those that it hides. */
  #add(place: number, height: number): void {
    let start = Number.NEGATIVE_INFINITY;
    while (this.#count > 0) {
      const before = this.#places[this.#count - 1]!;
      // Where the two parabolas meet.
      start = (height + place ** 2 - this.#heights[this.#count - 1]! - before ** 2) / (2 * (place - before));
      if (start > this.#starts[this.#count - 1]!) break;
      this.#count--;
    }
    this.#places[this.#count] = place;
    this.#heights[this.#count] = height;
    this.#starts[this.#count] = this.#count === 0 ? Number.NEGATIVE_INFINITY : start;
    this.#count++;
  }
}
