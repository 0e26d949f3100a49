import { describe, expect, it } from 'vitest';
import type { Bbox, Mask } from '../../native-models/masks/mask.ts';
import { outlinePath, squareAround, viewMicrograph, viewPart } from './micrographView.ts';
import type { ModelInput } from './modelInput.ts';

function blank(widthPx: number, heightPx: number): ModelInput {
  return { plane: { widthPx, heightPx, samples: 1, data: new Uint8Array(widthPx * heightPx) }, valueRange: [0, 255] };
}

function rectangle(x: number, y: number, width: number, height: number): Mask {
  return { x, y, width, height, data: new Uint8Array(width * height).fill(1) };
}

describe('a view of a micrograph', () => {
  it('is a square around a point, moved into the plane and cut where that is smaller', () => {
    const { plane } = blank(100, 60);
    expect(squareAround({ x: 50, y: 30 }, 20, plane)).toEqual([40, 20, 20, 20]);
    expect(squareAround({ x: 2, y: 59 }, 20, plane)).toEqual([0, 40, 20, 20]);
    expect(squareAround({ x: 99, y: 10 }, 80, plane)).toEqual([20, 0, 80, 60]);
  });

  it('stays small: pixels become means, also of strips', () => {
    const view = viewMicrograph(blank(1000, 3), [0, 0, 1000, 3], 300);
    expect(view).toMatchObject({ step: 4, pixels: { widthPx: 250, heightPx: 1 } });
    const plane = { widthPx: 3, heightPx: 2, samples: 1 as const, data: Float32Array.of(4, 8, 100, 100, 104, 108) };
    const half = viewMicrograph({ plane, valueRange: [0, 255] }, [0, 0, 3, 2], 2);
    expect([...half.pixels.data]).toEqual([54, 104]);
  });

  it('is made of what was read of a plane, reduced and a little larger than asked for', async () => {
    const { plane, valueRange } = blank(150, 75);
    const part = { area: [396, 200, 600, 300] as Bbox, step: 4, read: async () => plane };
    const parts = { widthPx: 9000, heightPx: 8000, preview: async () => plane, part: () => part };
    expect(await viewPart({ parts, valueRange }, [398, 200, 598, 298], 100)).toMatchObject({
      ...{ region: [396, 200, 600, 300], step: 8 },
      pixels: { widthPx: 75, heightPx: 38 },
    });
  });

  it('has outlines in its own pixels, and lets them run out where a mask goes on', () => {
    const view = viewMicrograph(blank(100, 100), [40, 40, 20, 20], 20);
    expect(outlinePath(rectangle(45, 50, 5, 4), view)).toBe('M5 10L10 10L10 14L5 14Z');
    expect(outlinePath(rectangle(0, 50, 100, 4), view)).toBe('M-1 10L21 10L21 14L-1 14Z');
    expect(outlinePath(rectangle(0, 0, 30, 30), view)).toBe('');
  });

  it('loses nothing thin at a distance', () => {
    const view = viewMicrograph(blank(800, 800), [0, 0, 800, 800], 100);
    expect(outlinePath(rectangle(403, 100, 1, 200), view)).toBe('M400 96L408 96L408 304L400 304Z');
  });
});
