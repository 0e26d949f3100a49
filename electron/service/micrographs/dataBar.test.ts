import { describe, expect, it } from 'vitest';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import { contrastOf } from './contrast.ts';
import { findDataBar } from './dataBar.ts';

const [widthPx, heightPx] = [400, 300];

/** A specimen of 16 bits: grains between 8,000 and 12,000. */
function specimen(): PixelPlane {
  const data = new Uint16Array(widthPx * heightPx);
  for (let at = 0; at < data.length; at++) {
    const [x, y] = [at % widthPx, Math.floor(at / widthPx)];
    data[at] = 10_000 + 1500 * Math.sin(x / 9) * Math.cos(y / 7) + 500 * Math.sin(x / 3 + y);
  }
  return { widthPx, heightPx, samples: 1, data };
}

/** Puts a bar into the last rows: a panel with a frame and blocks of text. */
function withBar(plane: PixelPlane, height: number, panel: number, text: number): PixelPlane {
  const top = heightPx - height;
  for (let y = top; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const isText = y > top + 5 && y < heightPx - 5 && x % 40 < 14 && (x * 7 + y * 3) % 5 < 2;
      plane.data[y * widthPx + x] = isText || y === top ? text : panel;
    }
  }
  return plane;
}

describe('the info bar of a SEM', () => {
  it.each([
    ['white text on black', 0, 65_535],
    ['black text on white', 65_535, 0],
    ['white text on grey', 25_000, 65_535],
  ])('%s is found', (_, panel, text) => {
    const bar = findDataBar(withBar(specimen(), 24, panel, text));
    expect(bar).not.toBeNull();
    // The frame around the panel belongs to the bar or not: a row more or less.
    expect(Math.abs(bar!.y - 276)).toBeLessThanOrEqual(1);
    expect(bar!.y + bar!.height).toBe(heightPx);
  });

  it('is not seen in a plain specimen, an empty background, a dark lower edge, or label images', () => {
    expect(findDataBar(specimen())).toBeNull();
    const empty = specimen();
    empty.data.fill(0);
    expect(findDataBar(empty)).toBeNull();
    const sparse = specimen();
    sparse.data.fill(120);
    for (let at = 0; at < sparse.data.length; at += 577) sparse.data[at] = 9000;
    expect(findDataBar(sparse)).toBeNull();
    const dark = specimen();
    dark.data.fill(0, widthPx * (heightPx - 24));
    expect(findDataBar(dark)).toBeNull();
    const labels = specimen();
    for (let at = 0; at < labels.data.length; at++) {
      labels.data[at] = at % 50 < 20 && Math.floor(at / widthPx) % 40 < 25 ? 1 + (at % 7) : 0;
    }
    expect(findDataBar(labels)).toBeNull();
  });

  it('does not stretch the automatic range: neither found in the pixels nor told by the facts', () => {
    const plain = contrastOf(specimen()).autoRange;
    const plane = withBar(specimen(), 24, 0, 65_535);
    for (const range of [contrastOf(plane).autoRange, contrastOf(plane, { y: 276, height: 24 }).autoRange]) {
      expect(Math.abs(range[0] - plain[0])).toBeLessThan(100);
      expect(Math.abs(range[1] - plain[1])).toBeLessThan(100);
    }
    expect(contrastOf(plane, null).autoRange[1]).toBe(65_535);
  });
});
