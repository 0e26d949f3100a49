import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { DataBar, DisplayRange } from '../api/contract.ts';
import type { Contrast } from './contract.ts';
import { findDataBar } from './dataBar.ts';

const bins = 256;
/** Share of the samples that may be saturated, half at each end (ImageJ's Enhance Contrast default). */
const saturated = 0.0035;
/** Steps in which the range of float data is searched for the saturation limits. */
const floatSteps = 65_536;

/**
 * Contrast facts of a plane, all samples together. O(n). The rows of an info bar are left out: its white text on black
 * would be what the range is stretched over. `dataBar`: as the micrograph's facts have it; undefined: looked for here.
 */
export function contrastOf(plane: PixelPlane, dataBar?: DataBar | null): Contrast {
  if (plane.data instanceof Uint8Array) return contrastOf8Bit(plane.data);
  const bar = dataBar === undefined ? findDataBar(plane) : dataBar;
  const { data } = bar === null ? plane : withoutRows(plane, bar);
  return data instanceof Uint16Array ? contrastOf16Bit(data) : contrastOfFloat(data as Float32Array);
}

/** The rows above a bar; the plane where it has nothing else. */
function withoutRows(plane: PixelPlane, { y }: DataBar): PixelPlane {
  if (y <= 0 || y >= plane.heightPx) return plane;
  return { ...plane, heightPx: y, data: plane.data.subarray(0, y * plane.widthPx * plane.samples) };
}

function contrastOf8Bit(data: Uint8Array): Contrast {
  const counts = new Array<number>(bins).fill(0);
  for (const value of data) counts[value]!++;
  return { autoRange: [0, 255], fullRange: [0, 255], histogram: counts, histogramRange: [0, 255] };
}

function contrastOf16Bit(data: Uint16Array): Contrast {
  const counts = new Uint32Array(65_536);
  for (const value of data) counts[value]!++;
  let low = 0;
  while (low < 65_535 && counts[low] === 0) low++;
  let high = 65_535;
  while (high > low && counts[high] === 0) high--;
  const [autoLow, autoHigh] = saturationLimits(counts, data.length);
  const range = spread(low, high, 65_535);
  return {
    autoRange: autoHigh > autoLow ? [autoLow, autoHigh] : range,
    fullRange: [0, 65_535],
    histogram: rebin(counts.subarray(low, high + 1)),
    histogramRange: range,
  };
}

function contrastOfFloat(data: Float32Array): Contrast {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  // Nothing finite at all: any range shows the same.
  if (low > high) [low, high] = [0, 1];
  const range = spread(low, high, Number.POSITIVE_INFINITY);
  const step = (range[1] - range[0]) / (floatSteps - 1);
  const counts = new Uint32Array(floatSteps);
  let finite = 0;
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    counts[Math.round((value - range[0]) / step)]!++;
    finite++;
  }
  const [autoLow, autoHigh] = saturationLimits(counts, finite);
  return {
    autoRange: autoHigh > autoLow ? [range[0] + autoLow * step, range[0] + autoHigh * step] : range,
    fullRange: range,
    histogram: rebin(counts),
    histogramRange: range,
  };
}

/** Lowest and highest step so that at most half of `saturated` lies beyond each. */
function saturationLimits(counts: Uint32Array, total: number): [low: number, high: number] {
  const allowed = (total * saturated) / 2;
  let low = 0;
  for (let beyond = counts[0]!; low < counts.length - 1 && beyond <= allowed;) beyond += counts[++low]!;
  let high = counts.length - 1;
  for (let beyond = counts[high]!; high > 0 && beyond <= allowed;) beyond += counts[--high]!;
  return [low, high];
}

/** A range must have high > low: a flat image gets a range of its value and one step more (or less at the top). */
function spread(low: number, high: number, most: number): DisplayRange {
  if (high > low) return [low, high];
  const step = Math.max(1, Math.abs(low) * 1e-6);
  return low + step <= most ? [low, low + step] : [low - step, low];
}

function rebin(counts: Uint32Array): number[] {
  const histogram = new Array<number>(bins).fill(0);
  const scale = bins / counts.length;
  counts.forEach((count, index) => {
    histogram[Math.min(bins - 1, Math.floor(index * scale))]! += count;
  });
  return histogram;
}
