import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ring, traceOutlines } from './contour.ts';
import { fillHoles } from './fillHoles.ts';
import { emptyMask, maskArea } from './mask.ts';
import { drawnMask, fillEvenOdd, fillUnited, planeOf, someMask } from './testing.ts';

const side = 20;

/** Twice the shoelace's area: positive for rings that run clockwise on the screen. */
function doubleArea(ring: Ring): number {
  let sum = 0;
  for (let i = 0; i < ring.length; i += 2) {
    sum += ring[i]! * ring[(i + 3) % ring.length]! - ring[(i + 2) % ring.length]! * ring[i + 1]!;
  }
  return sum;
}

describe('outlines', () => {
  it('filled by the even-odd rule are the mask', () => {
    fc.assert(
      fc.property(someMask, (mask) => {
        const { outer, holes } = traceOutlines(mask);
        expect(fillEvenOdd([...outer, ...holes], side, side)).toEqual(planeOf(mask, side, side));
      }),
      { numRuns: 300 },
    );
  });

  it('are parts that share no pixel: united or even-odd, the outer rings are the mask with its holes filled', () => {
    fc.assert(
      fc.property(someMask, (mask) => {
        const filled = fillHoles(mask);
        expect(fillUnited(traceOutlines(mask).outer, side, side)).toEqual(planeOf(filled, side, side));
        const { outer, holes } = traceOutlines(filled);
        expect(holes).toEqual([]);
        expect(fillUnited(outer, side, side)).toEqual(planeOf(filled, side, side));
        expect(fillEvenOdd(outer, side, side)).toEqual(planeOf(filled, side, side));
      }),
      { numRuns: 300 },
    );
  });

  it('run along pixel edges, turn at every corner and tell holes by their direction', () => {
    fc.assert(
      fc.property(someMask, (mask) => {
        const { outer, holes } = traceOutlines(mask);
        for (const ring of [...outer, ...holes]) {
          for (let i = 0; i < ring.length; i += 2) {
            const alongX = ring[i + 1] === ring[(i + 3) % ring.length];
            const alongY = ring[i] === ring[(i + 2) % ring.length];
            const nextAlongX = ring[(i + 3) % ring.length] === ring[(i + 5) % ring.length];
            expect(alongX).not.toBe(alongY);
            expect(nextAlongX).toBe(alongY);
          }
        }
        expect(outer.every((ring) => doubleArea(ring) > 0)).toBe(true);
        expect(holes.every((ring) => doubleArea(ring) < 0)).toBe(true);
        const area = [...outer, ...holes].reduce((sum, ring) => sum + doubleArea(ring), 0) / 2;
        expect(area).toBe(maskArea(mask));
      }),
    );
  });

  it('of one pixel are its four corners, clockwise from the top left', () => {
    expect(traceOutlines(drawnMask(['#'], 3, 7))).toEqual({ outer: [[3, 7, 4, 7, 4, 8, 3, 8]], holes: [] });
  });

  it('of pixels that touch at a corner are two rings, of a ring closed by such a corner one without a hole', () => {
    expect(traceOutlines(drawnMask(['#.', '.#'])).outer).toHaveLength(2);
    const closed = traceOutlines(drawnMask(['###', '#.#', '##.']));
    expect(closed).toMatchObject({ outer: [expect.anything()], holes: [] });
  });

  it('of an island in a hole are a ring, a hole and a ring', () => {
    const { outer, holes } = traceOutlines(drawnMask(['#####', '#...#', '#.#.#', '#...#', '#####']));
    expect(outer).toEqual([
      [0, 0, 5, 0, 5, 5, 0, 5],
      [2, 2, 3, 2, 3, 3, 2, 3],
    ]);
    expect(holes).toHaveLength(1);
  });

  it('of nothing are none', () => {
    expect(traceOutlines(emptyMask)).toEqual({ outer: [], holes: [] });
  });
});

describe('filling holes', () => {
  it('fills all that is enclosed, islands included, and nothing that is open to the outside', () => {
    expect(fillHoles(drawnMask(['#####', '#...#', '#.#.#', '#...#', '#####'])).data).toEqual(
      new Uint8Array(25).fill(1),
    );
    const open = drawnMask(['###', '#.#', '##.']);
    expect(fillHoles(open)).toEqual(open);
  });
});
