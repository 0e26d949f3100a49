import { type Mask, maskArea } from '../masks/mask.ts';
import type { ImageToModel } from '../predictor/spaces.ts';
import type { ShapeRange } from './contract.ts';

/**
 * Numbers that say how large and of what form a mask is: the logarithms of its area (pixels of model space), of its
 * compactness (area by squared border length, 1 for a square) and of its elongation (ratio of the axes of the ellipse
 * with its second moments).
 */
export function shapeOf(mask: Mask, { widthImage, widthModel, heightImage, heightModel }: ImageToModel): number[] {
  const area = maskArea(mask);
  const areaModel = (area * widthModel * heightModel) / (widthImage * heightImage);
  return [Math.log(areaModel), Math.log((16 * area) / borderLength(mask) ** 2), Math.log(elongation(mask))];
}

/** Spreads that examples of one kind have where too few are at hand to tell. */
const usualDeviations = [0.5, 0.3, 0.3] as const;
/** So many examples count as much as the usual spread. */
const usualWeight = 3;

/** Mean and spread of each number of shape among examples; at least one. */
export function shapeRanges(shapes: readonly (readonly number[])[]): ShapeRange[] {
  return usualDeviations.map((usual, k) => {
    const mean = shapes.reduce((sum, shape) => sum + shape[k]!, 0) / shapes.length;
    const squares = shapes.reduce((sum, shape) => sum + (shape[k]! - mean) ** 2, 0);
    return { mean, deviation: Math.sqrt((squares + usualWeight * usual ** 2) / (shapes.length + usualWeight)) };
  });
}

/** Deviations from the mean at which a shape fits by half. */
const halfAt = 2.5;

/**
 * 0..1: how well a shape fits the examples' own; 1 at their mean, little less within one deviation. Of a mask that the
 * plane's edge cuts only one thing is known: it is not smaller than what is seen of it.
 */
export function shapeFit(shape: readonly number[], ranges: readonly ShapeRange[], isCut: boolean): number {
  return ranges.reduce((fit, { mean, deviation }, k) => {
    const away = (shape[k]! - mean) / deviation;
    if (isCut && (k > 0 || away < 0)) return fit;
    return fit / (1 + (away / halfAt) ** 4);
  }, 1);
}

/** Whether a mask ends where what is encoded ends. */
export function isCutOff({ x, y, width, height }: Mask, { origin, widthImage, heightImage }: ImageToModel): boolean {
  return x <= origin.x || y <= origin.y || x + width >= origin.x + widthImage || y + height >= origin.y + heightImage;
}

/** Sides of pixels between the mask and its ground, the window's edge included. */
function borderLength({ width, height, data }: Mask): number {
  let length = 0;
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      if (!data[j * width + i]) continue;
      if (i === 0 || !data[j * width + i - 1]) length++;
      if (i === width - 1 || !data[j * width + i + 1]) length++;
      if (j === 0 || !data[(j - 1) * width + i]) length++;
      if (j === height - 1 || !data[(j + 1) * width + i]) length++;
    }
  }
  return length;
}

function elongation({ width, height, data }: Mask): number {
  let [n, sx, sy, sxx, syy, sxy] = [0, 0, 0, 0, 0, 0];
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      if (!data[j * width + i]) continue;
      n++;
      sx += i;
      sy += j;
      sxx += i * i;
      syy += j * j;
      sxy += i * j;
    }
  }
  // A pixel is not a point: its own second moment is 1/12.
  const [xx, yy, xy] = [
    sxx / n - (sx / n) ** 2 + 1 / 12,
    syy / n - (sy / n) ** 2 + 1 / 12,
    sxy / n - (sx * sy) / n ** 2,
  ];
  const [half, root] = [(xx + yy) / 2, Math.hypot((xx - yy) / 2, xy)];
  return Math.sqrt((half + root) / Math.max(half - root, 1 / 12));
}
