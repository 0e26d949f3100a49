import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedEnd, rulerAngle, rulerLength, rulerLine } from './ruler.ts';

const plane = { width: 400, height: 300 };
const place = fc.record({
  x: fc.double({ min: -50, max: 450, noNaN: true }),
  y: fc.double({ min: -50, max: 350, noNaN: true }),
});
const onPlane = fc.record({
  x: fc.double({ min: 0, max: plane.width, noNaN: true }),
  y: fc.double({ min: 0, max: plane.height, noNaN: true }),
});

describe('the ruler', () => {
  it('never leaves the plane', () => {
    fc.assert(
      fc.property(place, place, fc.boolean(), (fixed, free, snap) => {
        const { x0, y0, x1, y1 } = rulerLine(fixed, free, plane, snap);
        for (const x of [x0, x1]) expect(x >= 0 && x <= plane.width).toBe(true);
        for (const y of [y0, y1]) expect(y >= 0 && y <= plane.height).toBe(true);
      }),
    );
  });

  it('snaps to multiples of 45°, also where the plane ends', () => {
    fc.assert(
      fc.property(onPlane, place, (fixed, free) => {
        const line = rulerLine(fixed, free, plane, true);
        fc.pre(rulerLength(line) > 1e-3);
        const turns = rulerAngle(line) / 45;
        expect(turns).toBeCloseTo(Math.round(turns), 6);
      }),
    );
  });

  it('tells length and angle, counter-clockwise from the x axis', () => {
    const from = { x: 100, y: 100 };
    expect(rulerLength(rulerLine(from, { x: 130, y: 140 }, plane, false))).toBe(50);
    expect(rulerAngle(rulerLine(from, { x: 200, y: 100 }, plane, false))).toBe(0);
    expect(rulerAngle(rulerLine(from, { x: 200, y: 0 }, plane, false))).toBeCloseTo(45);
    expect(rulerAngle(rulerLine(from, { x: 100, y: 200 }, plane, false))).toBe(-90);
    expect(rulerAngle(rulerLine(from, { x: 0, y: 100 }, plane, false))).toBe(180);
    expect(rulerLine(from, { x: 180, y: 105 }, plane, true)).toEqual({ x0: 100, y0: 100, x1: 180, y1: 100 });
    expect(rulerLine(from, { x: 140, y: 150 }, plane, true)).toEqual({ x0: 100, y0: 100, x1: 145, y1: 145 });
  });

  it('is taken hold of at an end, and the other end stays', () => {
    const line = { x0: 10, y0: 10, x1: 60, y1: 10 };
    const view = { scale: 2, offsetX: 5, offsetY: 0 };
    expect(fixedEnd(line, view, { x: 26, y: 21 })).toEqual({ x: 60, y: 10 });
    expect(fixedEnd(line, view, { x: 124, y: 20 })).toEqual({ x: 10, y: 10 });
    expect(fixedEnd(line, view, { x: 75, y: 20 })).toBeNull();
    expect(fixedEnd(null, view, { x: 75, y: 20 })).toBeNull();
  });
});
