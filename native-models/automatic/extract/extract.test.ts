import { describe, expect, it } from 'vitest';
import type { Mask } from '../../masks/mask.ts';
import { encodeRle } from '../../masks/rle.ts';
import type { PixelPlane } from '../../predictor/pixels.ts';
import type { MaskRecord } from '../record.ts';
import { boundaryMap, phaseMap } from './boundaryMap.ts';
import { extractMicrostructure } from './extractMicrostructure.ts';
import { usualExtract } from './extractOptions.ts';
import { fillGaps } from './fillGaps.ts';
import { regionAreas, splitRegions } from './splitRegions.ts';

const side = 64;

type Box = readonly [x: number, y: number, width: number, height: number];

function record([x, y, width, height]: Box): MaskRecord {
  const mask: Mask = { x, y, width, height, data: new Uint8Array(width * height).fill(1) };
  return {
    segmentation: encodeRle(mask, side, side),
    area: width * height,
    bbox: [x, y, width - 1, height - 1],
    predicted_iou: 1,
    point_coords: [[x, y]],
    stability_score: 1,
    crop_box: [0, 0, side, side],
  };
}

/** Boxes of their own grey on a ground of 50. */
function planeOf(boxes: readonly (readonly [Box, grey: number])[]): PixelPlane {
  const data = new Uint8Array(side * side).fill(50);
  for (const [[x, y, width, height], grey] of boxes) {
    for (let j = y; j < y + height; j++) data.fill(grey, j * side + x, j * side + x + width);
  }
  return { widthPx: side, heightPx: side, samples: 1, data };
}

const extract = (boxes: readonly Box[], plane: PixelPlane, options: Partial<typeof usualExtract> = {}) =>
  extractMicrostructure(boxes.map(record), plane, [0, 255], { ...usualExtract, ...options });

const left: Box = [8, 8, 16, 30];
const right: Box = [24, 8, 16, 30];
const whole: Box = [8, 8, 32, 30];

describe('extracted regions', () => {
  it('are one where the picture shows no edge between them', () => {
    const { count, labels } = extract([left, right], planeOf([[whole, 200]]));
    expect(count).toBe(1);
    expect(phaseMap({ labels }).reduce((sum, value) => sum + value, 0)).toBe(32 * 30);
  });

  it('stay two where it does, and where nothing is to be merged', () => {
    const apart = planeOf([
      [left, 200],
      [right, 120],
    ]);
    expect(extract([left, right], apart).count).toBe(2);
    expect(extract([left, right], planeOf([[whole, 200]]), { mergeBelow: 0 }).count).toBe(2);
  });

  it('of a part within a whole are one, of an inclusion two', () => {
    const inner: Box = [14, 14, 10, 10];
    expect(extract([whole, inner], planeOf([[whole, 200]])).count).toBe(1);
    const inclusion = planeOf([
      [whole, 200],
      [inner, 90],
    ]);
    expect(extract([whole, inner], inclusion).count).toBe(2);
  });

  it('that are too small go to a neighbour, or to the ground', () => {
    const speck: Box = [40, 8, 2, 4];
    const lonely: Box = [56, 56, 3, 3];
    const { count, labels } = extract([whole, speck, lonely], planeOf([[whole, 200]]), { mergeBelow: 0 });
    expect(count).toBe(1);
    expect(labels[9 * side + 41]).toBe(1);
    expect(labels[57 * side + 57]).toBe(0);
  });

  it('overlap nowhere and are each connected', () => {
    const bar: Box = [0, 20, 64, 6];
    const plane = planeOf([
      [whole, 200],
      [bar, 120],
    ]);
    const { count, labels } = extract([whole, bar], plane);
    // The bar lies over the other one and parts it.
    expect(count).toBe(3);
    expect(splitRegions(labels, side, side).count).toBe(3);
  });

  it('of nothing are none', () => {
    const { count, labels } = extract([], planeOf([]), { twoPhases: true });
    expect(count).toBe(0);
    expect(labels.every((label) => label === 0)).toBe(true);
  });
});

describe('two phases', () => {
  it('are made complete by their grey', () => {
    const [found, missed, ground]: Box[] = [
      [4, 4, 20, 20],
      [34, 4, 16, 16],
      [4, 40, 14, 14],
    ];
    const plane = planeOf([
      [found!, 200],
      [missed!, 205],
    ]);
    const { labels, count } = extract([found!, ground!], plane, { twoPhases: true });
    expect(count).toBe(2);
    expect(labels[10 * side + 40]).not.toBe(0);
    expect(labels[45 * side + 10]).toBe(0);
    expect(extract([found!, ground!], plane).count).toBe(2);
  });

  it('are not made of bright and dim objects on dark ground', () => {
    const [bright, dim]: Box[] = [
      [4, 4, 20, 20],
      [34, 4, 16, 16],
    ];
    const plane = planeOf([
      [bright!, 220],
      [dim!, 110],
    ]);
    expect(extract([bright!, dim!], plane, { twoPhases: true }).count).toBe(2);
  });

  it('are left as they are where grey does not tell them apart', () => {
    const data = Uint8Array.from({ length: side * side }, (_, at) => 100 + ((at * 7919) % 40));
    const plane: PixelPlane = { widthPx: side, heightPx: side, samples: 1, data };
    const { labels } = extract([left], plane, { twoPhases: true });
    expect(phaseMap({ labels }).reduce((sum, value) => sum + value, 0)).toBe(16 * 30);
  });
});

describe('gaps', () => {
  it('that one region encloses are filled up to a size, others are not', () => {
    const labels = new Uint32Array(side * side);
    const set = ([x, y, width, height]: Box, value: number) => {
      for (let j = y; j < y + height; j++) labels.fill(value, j * side + x, j * side + x + width);
    };
    set([4, 4, 30, 30], 1);
    set([8, 8, 3, 3], 0);
    set([16, 16, 12, 12], 0);
    set([40, 4, 10, 10], 2);
    set([50, 4, 10, 10], 3);
    set([49, 7, 2, 2], 0);
    const filled = fillGaps({ widthPx: side, heightPx: side, labels, count: 3 }, 25);
    expect(filled.labels[9 * side + 9]).toBe(1);
    expect(filled.labels[20 * side + 20]).toBe(0);
    expect(filled.labels[8 * side + 50]).toBe(0);
    expect(regionAreas(filled)[1]).toBe(30 * 30 - 12 * 12);
  });
});

describe('the boundary map', () => {
  const labels = (line: readonly number[]) => ({
    widthPx: line.length,
    heightPx: 1,
    labels: Uint32Array.from(line),
    count: Math.max(...line),
  });

  it('has narrow ground between two regions and the sides of regions that touch', () => {
    expect([...boundaryMap(labels([1, 1, 0, 0, 2, 2, 3, 3]), 3)]).toEqual([0, 0, 1, 1, 0, 1, 1, 0]);
  });

  it('has no wide ground, none at the edge and none within one region', () => {
    expect([...boundaryMap(labels([0, 1, 0, 1, 0, 0, 0, 0, 2, 0]), 3)]).toEqual(Array<number>(10).fill(0));
  });

  it('runs down columns, too', () => {
    const map = boundaryMap({ widthPx: 1, heightPx: 4, labels: Uint32Array.of(1, 0, 2, 2), count: 2 }, 3);
    expect([...map]).toEqual([0, 1, 0, 0]);
  });
});
