import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dashEdges, type Edge, maskEdges } from './maskEdges.ts';
import { paintMasks, type Raster } from './paintMasks.ts';

const window = fc
  .record({
    x: fc.nat(20),
    y: fc.nat(20),
    width: fc.integer({ min: 1, max: 18 }),
    height: fc.integer({ min: 1, max: 18 }),
  })
  .chain(({ x, y, width, height }) =>
    fc.array(fc.integer({ min: 0, max: 1 }), { minLength: width * height, maxLength: width * height }).map((data) => ({
      bbox: [x, y, width, height] as [number, number, number, number],
      data: Uint8Array.from(data),
    })),
  );
type Window = typeof window extends fc.Arbitrary<infer T> ? T : never;

const at = ({ bbox: [left, top, width, height], data }: Window, x: number, y: number) =>
  x >= left && y >= top && x < left + width && y < top + height && data[(y - top) * width + x - left] === 1;
const red = { rgb: [255, 0, 0], filled: true, emphasised: false, proposed: false } as const;
const blue = { rgb: [0, 0, 255], filled: true, emphasised: false, proposed: false } as const;

describe('paintMasks', () => {
  it('fills exactly the samples of the mask, at any step and from any corner', () => {
    const raster: fc.Arbitrary<Raster> = fc.record({
      x: fc.nat(25),
      y: fc.nat(25),
      step: fc.constantFrom(1, 2, 4),
      width: fc.integer({ min: 1, max: 20 }),
      height: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(window, raster, (mask, of) => {
        const painted = paintMasks([{ ...red, mask }], of);
        const wrong = [];
        for (let v = 0; v < of.height; v++) {
          for (let u = 0; u < of.width; u++) {
            const alpha = painted?.fill[(v * of.width + u) * 4 + 3] ?? 0;
            if ((alpha === 255) !== at(mask, of.x + u * of.step, of.y + v * of.step)) wrong.push([u, v]);
          }
        }
        expect(wrong).toEqual([]);
      }),
    );
  });

  it('outlines the pixels that have a neighbour outside, and no others', () => {
    fc.assert(
      fc.property(window, (mask) => {
        const painted = paintMasks([{ ...red, mask }], { x: 0, y: 0, step: 1, width: 40, height: 40 });
        const wrong = [];
        for (let y = 0; y < 40; y++) {
          for (let x = 0; x < 40; x++) {
            const inside = at(mask, x - 1, y) && at(mask, x + 1, y) && at(mask, x, y - 1) && at(mask, x, y + 1);
            const alpha = painted?.outline[(y * 40 + x) * 4 + 3] ?? 0;
            if ((alpha === 255) !== (at(mask, x, y) && !inside)) wrong.push([x, y]);
          }
        }
        expect(wrong).toEqual([]);
      }),
    );
  });

  it('draws later masks over earlier ones, lines too', () => {
    const small: Window = { bbox: [2, 2, 3, 3], data: new Uint8Array(9).fill(1) };
    const large: Window = { bbox: [0, 0, 8, 8], data: new Uint8Array(64).fill(1) };
    const painted = paintMasks(
      [
        { ...red, mask: small },
        { ...blue, mask: large },
      ],
      { x: 0, y: 0, step: 1, width: 8, height: 8 },
    )!;
    const middle = (3 * 8 + 3) * 4;
    expect([...painted.fill.subarray(middle, middle + 4)]).toEqual([0, 0, 255, 255]);
    expect(painted.outline[(2 * 8 + 2) * 4 + 3]).toBe(0);
  });

  it('looks through a proposal: thin fill, lines below stay, its own line has dashes and gaps in one place each', () => {
    const small: Window = { bbox: [6, 6, 9, 9], data: new Uint8Array(81).fill(1) };
    const large: Window = { bbox: [0, 0, 40, 40], data: new Uint8Array(1600).fill(1) };
    const proposal = { ...blue, mask: large, proposed: true };
    const masks = [{ ...red, mask: small }, proposal];
    const whole = paintMasks(masks, { x: 0, y: 0, step: 1, width: 40, height: 40 })!;
    const pixel = (bytes: Uint8ClampedArray, x: number, y: number) => [
      ...bytes.subarray((y * 40 + x) * 4, (y * 40 + x) * 4 + 4),
    ];
    expect(pixel(whole.fill, 30, 30)).toEqual([0, 0, 255, 72]);
    expect(pixel(whole.outline, 6, 6)).toEqual([255, 0, 0, 255]);
    const border = Array.from({ length: 40 }, (_, x) => pixel(whole.outline, x, 0)[2]);
    expect([border.filter((blueness) => blueness === 255).length, border[0], border[3]]).toEqual([21, 255, 0]);

    const right = paintMasks(masks, { x: 17, y: 0, step: 1, width: 23, height: 40 })!;
    expect([...right.outline.subarray(0, 23 * 4)]).toEqual([...whole.outline.subarray(17 * 4, 40 * 4)]);
  });

  it('has nothing to show where no mask is', () => {
    const mask: Window = { bbox: [50, 50, 2, 2], data: new Uint8Array(4).fill(1) };
    expect(paintMasks([{ ...red, mask }], { x: 0, y: 0, step: 1, width: 40, height: 40 })).toBeNull();
  });
});

describe('maskEdges', () => {
  it('is the border: as long as the mask’s perimeter, and a pixel is on one side of each piece', () => {
    fc.assert(
      fc.property(window, (mask) => {
        let perimeter = 0;
        for (let y = -1; y < 41; y++) {
          for (let x = -1; x < 41; x++) {
            if (at(mask, x, y) !== at(mask, x + 1, y)) perimeter++;
            if (at(mask, x, y) !== at(mask, x, y + 1)) perimeter++;
          }
        }
        const edges = maskEdges(mask, { x0: 0, y0: 0, x1: 40, y1: 40 });
        const length = edges.reduce((sum, [x0, y0, x1, y1]) => sum + x1 - x0 + y1 - y0, 0);
        expect(length).toBe(perimeter);
        for (const [x0, y0, x1, y1] of edges) {
          const horizontal = y0 === y1;
          expect(horizontal || x0 === x1).toBe(true);
          const sides = horizontal
            ? [at(mask, x0, y0 - 1), at(mask, x0, y0)]
            : [at(mask, x0 - 1, y0), at(mask, x0, y0)];
          expect(sides[0]).not.toBe(sides[1]);
        }
      }),
    );
  });
});

it('dashEdges keeps about half of a border, in pieces that lie on it', () => {
  const border: Edge[] = [
    [0, 0, 40, 0],
    [40, 0, 40, 40],
  ];
  const dashes = dashEdges(border);
  expect(dashes).toHaveLength(40);
  expect(dashes.every(([x0, y0, x1, y1]) => (y0 === 0 && y1 === 0) || (x0 === 40 && x1 === 40))).toBe(true);
});
