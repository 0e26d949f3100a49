import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { DataBar } from '../api/contract.ts';

/** A bar takes between 2.5 % and 20 % of the height (6 to 11 % are usual), counted from the bottom. */
const leastShare = 0.025;
const mostShare = 0.2;
/** Levels (of the range of what is looked at) within which samples count as the panel's colour. */
const tolerance = 0.012;
/** Share of a row that has the panel's colour: at least this in its rows of text, this in half of them. */
const textRow = 0.3;
const plainRow = 0.6;
/** Share of one colour in a row that is a rule. */
const ruleRow = 0.9;
/** The panel's colour comes with a step: by so much more of a row than in the rows above. */
const sharpEdge = 0.3;
/** In the specimen above, rows are rarely of one colour: at most this share of its rows may be. */
const mostPlainAbove = 0.3;
/** Rows of the specimen that are looked at. */
const rowsAbove = 32;

/** Rows from the bottom that are looked at: the most that a bar takes, and specimen above it. */
export function rowsToLookAt(heightPx: number): number {
  return Math.min(heightPx, Math.floor(heightPx * mostShare) + rowsAbove);
}

/**
 * Finds the info bar that SEMs burn into the bottom of a picture: rows that are mostly of one colour, from the last row
 * up to a sharp upper edge, with text in them, below rows that are not. Null where there is none; a picture of few
 * colours (labels, empty background) has none. `plane` may leave out rows at the top, `rowsLeftOut` of them, as long as
 * it has those of {@link rowsToLookAt}. O(those rows).
 */
export function findDataBar(plane: PixelPlane, rowsLeftOut = 0): DataBar | null {
  const heightPx = rowsLeftOut + plane.heightPx;
  const most = Math.floor(heightPx * mostShare);
  if (most < 8 || plane.widthPx < 64) return null;
  const [low, high] = rangeOf(plane, plane.heightPx - rowsToLookAt(heightPx));
  const range = high - low;
  if (!(range > 0 && Number.isFinite(range))) return null;
  // The panel is black or white, or some grey: the commonest value where the least bar would be tells.
  const panel = commonest(plane, plane.heightPx - Math.max(2, Math.floor(heightPx * leastShare)), low, range);
  const band = Math.max(range * tolerance, plane.data instanceof Float32Array ? 0 : 1);
  const rows: Rows = {
    share: (row) => shareWithin(plane, row, panel, band),
    uniformity: (row) => uniformity(plane, row, low, range),
  };
  const { top: panelTop, plainRows } = panelRows(rows, plane.heightPx, most);
  let top = panelTop;
  // A rule above the panel, of another colour, is not the specimen's.
  for (let rules = 0; rules < 4 && top > 0 && rows.uniformity(top - 1) >= ruleRow; rules++) top--;
  const height = plane.heightPx - top;
  const isSized = height >= 8 && height >= heightPx * leastShare && height <= most;
  if (!isSized || plainRows < height * 0.45 || !isSpecimenAbove(rows, panelTop, top)) return null;
  return hasText(plane, panelTop, panel, range) ? { y: rowsLeftOut + top, height } : null;
}

interface Rows {
  /** Share of a row that has the panel's colour. */
  share(row: number): number;
  /** Share of a row that has its own commonest colour. */
  uniformity(row: number): number;
}

/** From the last row up, as long as rows have the panel's colour; frames and rules across it are a few rows at most. */
function panelRows(rows: Rows, heightPx: number, most: number): { top: number; plainRows: number } {
  let top = heightPx;
  let plainRows = 0;
  for (let row = heightPx - 1, others = 0; row >= Math.max(0, heightPx - most - 3) && others <= 3; row--) {
    const share = rows.share(row);
    others = share < textRow ? others + 1 : 0;
    if (share < textRow) continue;
    top = row;
    if (share >= plainRow) plainRows++;
  }
  return { top, plainRows };
}

/** The panel begins with a step, and the rows above it are not of one colour themselves. */
function isSpecimenAbove(rows: Rows, panelTop: number, top: number): boolean {
  const above = Math.min(rowsAbove, top);
  let plainAbove = 0;
  for (let row = top - above; row < top; row++) {
    if (rows.share(row) >= textRow || rows.uniformity(row) >= plainRow) plainAbove++;
  }
  const most = (from: number, count: number) =>
    Math.max(...Array.from({ length: count }, (_, i) => rows.share(from + i)));
  return above >= 8 && plainAbove <= above * mostPlainAbove && most(panelTop, 3) - most(top - 5, 4) >= sharpEdge;
}

/** Range of the samples from a row on; of colour, the first sample stands for all. */
function rangeOf({ data, widthPx, samples }: PixelPlane, firstRow: number): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = firstRow * widthPx * samples; i < data.length; i += samples) {
    const value = data[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

const steps = 64;

function commonest({ data, widthPx, samples }: PixelPlane, firstRow: number, low: number, range: number): number {
  const counts = new Uint32Array(steps + 1);
  const sums = new Float64Array(steps + 1);
  for (let i = firstRow * widthPx * samples; i < data.length; i += samples) {
    const value = data[i]!;
    if (!Number.isFinite(value)) continue;
    const step = Math.round(((value - low) / range) * steps);
    counts[step]!++;
    sums[step]! += value;
  }
  const best = counts.indexOf(counts.reduce((most, count) => Math.max(most, count)));
  return sums[best]! / Math.max(1, counts[best]!);
}

function shareWithin({ data, widthPx, samples }: PixelPlane, row: number, panel: number, band: number): number {
  let count = 0;
  const start = row * widthPx * samples;
  for (let i = start; i < start + widthPx * samples; i += samples) if (Math.abs(data[i]! - panel) <= band) count++;
  return count / widthPx;
}

/** Share of a row's commonest colour. */
function uniformity({ data, widthPx, samples }: PixelPlane, row: number, low: number, range: number): number {
  const counts = new Uint32Array(steps + 1);
  const start = row * widthPx * samples;
  for (let i = start; i < start + widthPx * samples; i += samples) {
    if (Number.isFinite(data[i]!)) counts[Math.round(((data[i]! - low) / range) * steps)]!++;
  }
  return counts.reduce((most, count) => Math.max(most, count)) / widthPx;
}

/** Strokes of letters in the richest row of a text; a nucleus or a grain at the lower edge has fewer. */
const leastStrokes = 5;

/** Text stands out: at least 0.5 % and at most half of the bar is half the range away from its panel, in many strokes. */
function hasText({ data, widthPx, samples }: PixelPlane, top: number, panel: number, range: number): boolean {
  let count = 0;
  let mostStrokes = 0;
  const rowLength = widthPx * samples;
  for (let row = top * rowLength; row < data.length; row += rowLength) {
    let strokes = 0;
    let wasText = false;
    for (let i = row; i < row + rowLength; i += samples) {
      const isText = Math.abs(data[i]! - panel) > range / 2;
      if (isText) count++;
      if (isText && !wasText) strokes++;
      wasText = isText;
    }
    mostStrokes = Math.max(mostStrokes, strokes);
  }
  const share = (count * samples) / (data.length - top * rowLength);
  return share >= 0.005 && share <= 0.5 && mostStrokes >= leastStrokes;
}
