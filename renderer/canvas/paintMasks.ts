import type { MaskWindow } from './contract.ts';

/** How one mask is drawn. */
export interface DrawnMask {
  mask: MaskWindow;
  /** The three parts of its colour, 0..255. */
  rgb: readonly [r: number, g: number, b: number];
  filled: boolean;
  /** A white line around the coloured one: it is selected. */
  emphasised: boolean;
  /** Thin fill and dashed line: it is not an object yet, and what lies below is seen through it. */
  proposed: boolean;
}

/** Which samples a raster takes of the plane: sample (u, v) is the plane's pixel (x + u * step, y + v * step). */
export interface Raster {
  x: number;
  y: number;
  step: number;
  width: number;
  height: number;
}

/** RGBA, one byte each, `raster.width * raster.height * 4`. */
export interface PaintedMasks {
  fill: Uint8ClampedArray<ArrayBuffer>;
  outline: Uint8ClampedArray<ArrayBuffer>;
}

/**
 * Draws masks one over the other, later ones on top. The outline lies on the mask's own samples that have a
 * 4-neighbour (in the raster's steps) outside it, so touching objects keep a line each and nothing grows.
 * @returns null when no mask reaches the raster.
 */
export function paintMasks(masks: readonly DrawnMask[], raster: Raster): PaintedMasks | null {
  const reached = masks.filter(({ mask }) => {
    const [from, to] = samplesIn(mask, raster);
    return to.u > from.u && to.v > from.v;
  });
  if (reached.length === 0) return null;
  const bytes = raster.width * raster.height * 4;
  const painted = { fill: new Uint8ClampedArray(bytes), outline: new Uint8ClampedArray(bytes) };
  // One write a pixel instead of four.
  const pixels = { fill: new Uint32Array(painted.fill.buffer), outline: new Uint32Array(painted.outline.buffer) };
  for (const drawn of reached) paintMask(drawn, raster, pixels);
  return painted;
}

interface Sample {
  u: number;
  v: number;
}

/** The samples that lie in the mask's box: from inclusive, to exclusive. */
function samplesIn({ bbox: [left, top, width, height] }: MaskWindow, { x, y, step, ...size }: Raster) {
  const first = (edge: number, start: number) => Math.max(0, Math.ceil((edge - start) / step));
  const end = (edge: number, start: number, length: number) => Math.min(length, Math.ceil((edge - start) / step));
  const from: Sample = { u: first(left, x), v: first(top, y) };
  const to: Sample = { u: end(left + width, x, size.width), v: end(top + height, y, size.height) };
  return [from, to] as const;
}

/** Row by row, in runs of the mask: only the ends of a run and what has no mask above or below is outline. */
function paintMask(drawn: DrawnMask, raster: Raster, into: { fill: Uint32Array; outline: Uint32Array }): void {
  const { mask, filled, emphasised, proposed } = drawn;
  const [left, top, width, height] = mask.bbox;
  const { data } = mask;
  const { step } = raster;
  const [from, to] = samplesIn(mask, raster);
  const fillColor = packed(drawn.rgb, proposed ? thinFill : 255);
  const lineColor = emphasised ? 0xffffffff : packed(drawn.rgb, 255);
  // Dashes go on from one tile to the next.
  const dashOrigin = raster.x / step + (2 * raster.y) / step;
  const rowStep = step * width;
  for (let v = from.v; v < to.v; v++) {
    const j = raster.y + v * step - top;
    const row = j * width + raster.x - left;
    const pixel = v * raster.width;
    const atEdge = j < step || j + step >= height;
    for (let u = from.u; u < to.u; u++) {
      if (!data[row + u * step]) continue;
      const start = u;
      while (u < to.u && data[row + u * step]) u++;
      if (filled) into.fill.fill(fillColor, pixel + start, pixel + u);
      // A line of an object below must not shine through the middle of this one.
      const middle = filled && !proposed ? 0 : null;
      for (let w = start; w < u; w++) {
        const at = row + w * step;
        if (atEdge || !data[at - rowStep] || !data[at + rowStep]) draw(w, v, pixel);
        else if (middle !== null) into.outline[pixel + w] = middle;
      }
      if (!onMask(start - 1)) draw(start, v, pixel);
      if (!onMask(u)) draw(u - 1, v, pixel);
    }

    /** Also beyond the raster, where the mask may go on. */
    function onMask(u: number): boolean {
      const i = raster.x + u * step - left;
      return i >= 0 && i < width && data[j * width + i] === 1;
    }
  }

  function draw(u: number, v: number, row: number): void {
    into.outline[row + u] = proposed && !onDash(dashOrigin + u + 2 * v) ? gapColor : lineColor;
  }
}

/** Of 255: a proposal's fill, where an object's is opaque. */
const thinFill = 72;
/** Samples of a dash and of the gap behind it. */
const dash = 3;
/** Gaps are dark, so that a dashed line is seen on bright micrographs too. */
const gapColor = 0x8c000000;

/**
 * Whether a line is on a dash, by u + 2v: along rows, columns and both diagonals this grows steadily, so a border needs
 * no length to be counted.
 */
function onDash(place: number): boolean {
  return place % (2 * dash) < dash;
}

/** In the order in which a little-endian machine (every browser's) keeps RGBA. */
function packed([r, g, b]: DrawnMask['rgb'], alpha: number): number {
  return ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;
}
