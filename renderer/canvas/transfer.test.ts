import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { lookupTable } from './lookupTables.ts';
import { paintChannels, paintPlane, plainAppearance, sameTransfer, type Transfer } from './transfer.ts';

const plain: Transfer = { range: [0, 255], ...plainAppearance };

function paint(plane: PixelPlane, transfer: Transfer): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(plane.widthPx * plane.heightPx * 4);
  paintPlane(plane, transfer, rgba);
  return rgba;
}

const row = (data: PixelPlane['data'], samples: 1 | 3 = 1): PixelPlane => ({
  widthPx: data.length / samples,
  heightPx: 1,
  samples,
  data,
});

/** Of every dtype, grey and colour. */
const planes = fc
  .record({
    kind: fc.constantFrom('uint8', 'uint16', 'float32'),
    samples: fc.constantFrom<1 | 3>(1, 3),
    values: fc.array(fc.integer({ min: 0, max: 65_535 }), { minLength: 3, maxLength: 90 }),
  })
  .map(({ kind, samples, values }) => {
    const whole = values.slice(0, values.length - (values.length % samples));
    if (kind === 'uint8')
      return row(
        Uint8Array.from(whole, (value) => value >> 8),
        samples,
      );
    return row(kind === 'uint16' ? Uint16Array.from(whole) : Float32Array.from(whole, (value) => value / 77), samples);
  });
const ranges = fc
  .tuple(fc.integer({ min: -50, max: 60_000 }), fc.integer({ min: 1, max: 66_000 }))
  .map(([low, width]): [number, number] => [low, low + width]);
const gammas = fc.double({ min: 0.2, max: 5, noNaN: true });

describe('paintPlane', () => {
  it('is linear between black and white by default', () => {
    fc.assert(
      fc.property(planes, ranges, (plane, range) => {
        const [low, high] = range;
        const shown = Uint8ClampedArray.from(plane.data, (value) => (value - low) * (255 / (high - low)));
        const expected = new Uint8ClampedArray(plane.widthPx * 4).fill(255);
        for (let i = 0; i < plane.widthPx; i++) {
          for (let c = 0; c < 3; c++) expected[i * 4 + c] = shown[i * plane.samples + (plane.samples === 3 ? c : 0)]!;
        }
        expect(paint(plane, { ...plain, range })).toEqual(expected);
      }),
    );
  });

  it('inverts what gamma gives, sample by sample; twice is as before', () => {
    fc.assert(
      fc.property(planes, ranges, gammas, (plane, range, gamma) => {
        const straight = paint(plane, { ...plain, range, gamma });
        const inverted = paint(plane, { ...plain, range, gamma, inverted: true });
        const back = inverted.map((value, i) => (i % 4 === 3 ? value : 255 - value));
        expect(back).toEqual(straight);
      }),
    );
  });

  it('raises to the power of gamma, black and white stay', () => {
    fc.assert(
      fc.property(gammas, (gamma) => {
        const shades = paint(row(Uint16Array.from({ length: 1001 }, (_, i) => i)), {
          ...plain,
          range: [0, 1000],
          gamma,
        });
        const greys = Array.from({ length: 1001 }, (_, i) => shades[i * 4]!);
        expect(greys[0]).toBe(0);
        expect(greys[1000]).toBe(255);
        expect(Math.abs(greys[500]! - 255 * 0.5 ** gamma)).toBeLessThanOrEqual(0.5);
        expect(greys.every((grey, i) => i === 0 || grey >= greys[i - 1]!)).toBe(true);
      }),
    );
  });

  it('shows float samples as it shows the same whole numbers', () => {
    const values = Uint16Array.from({ length: 500 }, (_, i) => i * 131);
    const transfer: Transfer = { range: [1000, 60_000], gamma: 0.45, inverted: true, table: 'viridis' };
    const ofFloats = paint(row(Float32Array.from(values)), transfer);
    const ofWholes = paint(row(values), transfer);
    for (const [i, value] of ofFloats.entries()) expect(Math.abs(value - ofWholes[i]!)).toBeLessThanOrEqual(4);
  });

  it('takes NaN for black and the infinite for the ends', () => {
    const odd = row(Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY));
    for (const gamma of [1, 2]) {
      const rgba = paint(odd, { ...plain, range: [0, 1], gamma });
      expect([rgba[0], rgba[4], rgba[8]]).toEqual([0, 0, 255]);
    }
  });

  it('looks grey samples up after inversion, and colour samples nowhere', () => {
    const fire = lookupTable('fire');
    const entry = (index: number) => [...fire.subarray(index * 3, index * 3 + 3), 255];
    const grey = paint(row(Uint8Array.of(0, 100)), { ...plain, table: 'fire', inverted: true });
    expect([...grey]).toEqual([...entry(255), ...entry(155)]);
    const colour = row(Uint8Array.of(10, 20, 30), 3);
    expect(paint(colour, { ...plain, table: 'fire' })).toEqual(paint(colour, plain));
  });

  it('HiLo marks what the range cuts off and nothing else, inverted or not', () => {
    const values = row(Uint16Array.of(0, 1000, 1001, 2999, 3000, 65_535));
    const [blue, red] = ['0,0,255,255', '255,0,0,255'];
    for (const inverted of [false, true]) {
      const rgba = paint(values, { range: [1000, 3000], gamma: 5, inverted, table: 'hilo' });
      const [dark, bright] = inverted ? ['255,255,255,255', '1,1,1,255'] : ['0,0,0,255', '254,254,254,255'];
      const pixels = Array.from({ length: 6 }, (_, i) => rgba.subarray(i * 4, i * 4 + 4).join());
      expect(pixels).toEqual([blue, blue, dark, bright, red, red]);
    }
  });
});

describe('paintChannels', () => {
  const transfers = fc.record({
    range: ranges,
    gamma: gammas,
    inverted: fc.boolean(),
    table: fc.constantFrom('#ff0000', '#00ff00', '#ffffff', '#336699'),
  });
  const sum = (planes: PixelPlane[], by: Transfer[]) => {
    const rgba = new Uint8ClampedArray(planes[0]!.data.length * 4);
    paintChannels(planes, by, rgba);
    return rgba;
  };

  it('adds what each channel is by itself, and holds the sum at 255', () => {
    const values = fc.uint16Array({ minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(fc.tuple(values, transfers), { minLength: 1, maxLength: 4 }), (channels) => {
        const planes = channels.map(([data]) => row(data));
        const by = channels.map(([, transfer]) => transfer);
        const parts = planes.map((plane, i) => paint(plane, by[i]!));
        const expected = parts[0]!.map((_, at) =>
          Math.min(
            255,
            parts.reduce((total, part) => total + part[at]!, 0),
          ),
        );
        expect(sum(planes, by)).toEqual(expected);
      }),
    );
  });

  it('puts each channel where its colour says', () => {
    const planes = [row(Uint8Array.of(0, 255, 255, 100)), row(Uint8Array.of(0, 0, 255, 200))];
    const by: Transfer[] = [
      { ...plain, table: '#ff0000' },
      { ...plain, table: '#ffff00' },
    ];
    const pixels = [0, 4, 8, 12].map((at) => [...sum(planes, by).subarray(at, at + 4)]);
    expect(pixels).toEqual([
      [0, 0, 0, 255],
      [255, 0, 0, 255],
      [255, 255, 0, 255],
      [255, 200, 0, 255],
    ]);
  });

  it('inverts each channel before it is added, as an inverted lookup table does', () => {
    const [one, other] = [row(Uint8Array.of(0, 255)), row(Uint8Array.of(0, 0))];
    const by: Transfer[] = [
      { ...plain, inverted: true, table: '#ff0000' },
      { ...plain, inverted: true, table: '#00ffff' },
    ];
    expect([...sum([one, other], by)]).toEqual([255, 255, 255, 255, 0, 255, 255, 255]);
  });
});

it('two transfers are the same when all their parts are', () => {
  expect(sameTransfer(plain, { ...plain, range: [0, 255] })).toBe(true);
  for (const change of [
    { range: [0, 254] as [number, number] },
    { gamma: 2 },
    { inverted: true },
    { table: 'ice' as const },
  ]) {
    expect(sameTransfer(plain, { ...plain, ...change })).toBe(false);
  }
});
