import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bbox } from '../../electron/service/api/contract.ts';
import {
  centred,
  fitView,
  isInSight,
  maxScale,
  moveToBox,
  panBy,
  revealBox,
  type Size,
  toImage,
  toScreen,
  type View,
  zoomAt,
} from './view.ts';

const canvas: fc.Arbitrary<Size> = fc.record({
  width: fc.integer({ min: 200, max: 3000 }),
  height: fc.integer({ min: 200, max: 2000 }),
});
const plane: fc.Arbitrary<Size> = fc.record({
  width: fc.integer({ min: 1, max: 30_000 }),
  height: fc.integer({ min: 1, max: 30_000 }),
});
const share = fc.double({ min: 0, max: 1, noNaN: true });

function inSight(view: View, size: Size, of: Size): boolean {
  const right = view.offsetX + of.width * view.scale;
  const bottom = view.offsetY + of.height * view.scale;
  return right > 0 && bottom > 0 && view.offsetX < size.width && view.offsetY < size.height;
}

describe('the view of the plane', () => {
  it('fits the whole plane into the canvas', () => {
    fc.assert(
      fc.property(canvas, plane, (size, of) => {
        const view = fitView(size, of);
        const corner = toScreen(view, { x: of.width, y: of.height });
        expect(Math.min(view.offsetX, view.offsetY)).toBeGreaterThanOrEqual(0);
        expect(corner.x).toBeLessThanOrEqual(size.width);
        expect(corner.y).toBeLessThanOrEqual(size.height);
      }),
    );
  });

  it('keeps what is under the pointer where it is when zooming in on the plane', () => {
    fc.assert(
      fc.property(canvas, plane, share, share, fc.double({ min: 1, max: 4, noNaN: true }), (size, of, u, v, factor) => {
        const view = fitView(size, of);
        const pointer = toScreen(view, { x: of.width * u, y: of.height * v });
        const before = toImage(view, pointer);
        const after = toImage(zoomAt(view, factor, pointer, size, of), pointer);
        expect(after.x).toBeCloseTo(before.x, 5);
        expect(after.y).toBeCloseTo(before.y, 5);
      }),
    );
  });

  it('never loses the plane and never leaves its limits', () => {
    const step = fc.oneof(
      fc.record({ factor: fc.double({ min: 0.01, max: 100, noNaN: true }), u: share, v: share }),
      fc.record({ dx: fc.integer({ min: -9000, max: 9000 }), dy: fc.integer({ min: -9000, max: 9000 }) }),
    );
    fc.assert(
      fc.property(canvas, plane, fc.array(step, { maxLength: 12 }), (size, of, steps) => {
        let view = fitView(size, of);
        for (const one of steps) {
          view =
            'factor' in one
              ? zoomAt(view, one.factor, { x: size.width * one.u, y: size.height * one.v }, size, of)
              : panBy(view, one.dx, one.dy, size, of);
        }
        expect(inSight(view, size, of)).toBe(true);
        expect(view.scale).toBeLessThanOrEqual(maxScale);
        expect(view.scale).toBeGreaterThan(0);
      }),
    );
  });

  it('brings a box whole into sight', () => {
    fc.assert(
      fc.property(canvas, plane, share, share, share, share, (size, of, u, v, w, h) => {
        const [x, y] = [Math.floor(u * (of.width - 1)), Math.floor(v * (of.height - 1))];
        const [width, height] = [Math.ceil(w * (of.width - x)) || 1, Math.ceil(h * (of.height - y)) || 1];
        const view = revealBox(fitView(size, of), [x, y, width, height], size, of);
        const from = toScreen(view, { x, y });
        const to = toScreen(view, { x: x + width, y: y + height });
        expect(Math.min(from.x, from.y)).toBeGreaterThanOrEqual(-1e-6);
        expect(to.x).toBeLessThanOrEqual(size.width + 1e-6);
        expect(to.y).toBeLessThanOrEqual(size.height + 1e-6);
      }),
    );
  });

  it('goes to a box without zooming, unless the box needs more room', () => {
    fc.assert(
      fc.property(
        canvas,
        plane,
        share,
        share,
        share,
        fc.double({ min: 0.2, max: 9, noNaN: true }),
        (size, of, u, v, w, zoom) => {
          const [x, y] = [Math.floor(u * (of.width - 1)), Math.floor(v * (of.height - 1))];
          const bbox: Bbox = [x, y, Math.ceil(w * (of.width - x)) || 1, Math.ceil(w * (of.height - y)) || 1];
          const before = zoomAt(fitView(size, of), zoom, { x: 0, y: 0 }, size, of);
          const after = moveToBox(before, bbox, size, of);
          const fits = bbox[2] * before.scale < size.width && bbox[3] * before.scale < size.height;
          if (fits) expect(after.scale).toBe(before.scale);
          else expect(after.scale).toBeLessThanOrEqual(before.scale);
          expect(isInSight(after, [x + 0.01, y + 0.01, bbox[2] - 0.02, bbox[3] - 0.02], size)).toBe(true);
        },
      ),
    );
  });

  it('shows one pixel as one at actual size', () => {
    expect(centred({ width: 800, height: 600 }, { width: 4000, height: 3000 }, 1, { x: 2000, y: 1500 })).toEqual({
      scale: 1,
      offsetX: -1600,
      offsetY: -1200,
    });
  });
});
