import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Preparation } from '../packages/description.ts';
import type { PixelPlane, ValueRange } from './pixels.ts';
import { prepareImage } from './prepareImage.ts';
import { imageToModel } from './spaces.ts';
import { fixtureFolder, hasFixture, type Raster, readNpz, resizeAntialiased } from './testing.ts';

const plain: Preparation = {
  ...{ resize: 'longest-side', resample: 'bilinear-antialias', pad: 'bottom-right', padValue: 0, order: 'rgb' },
  ...{ valueRange: [0, 1], mean: [0, 0, 0], std: [1, 1, 1] },
};

function prepare(plane: PixelPlane, range: ValueRange, inputSize: number, preparation: Preparation): Float32Array {
  const transform = imageToModel(plane.widthPx, plane.heightPx, { inputSize, preparation });
  return prepareImage(plane, range, transform, preparation);
}

/** The same by whole planes: stretch and clamp, resize, normalise, pad. */
function prepareStepwise(
  { widthPx, heightPx, samples, data }: PixelPlane,
  [low, high]: ValueRange,
  inputSize: number,
  { resize, padValue, valueRange, mean, std }: Preparation,
): Float64Array {
  const scale = inputSize / Math.max(widthPx, heightPx);
  const sideModel = (side: number) => (resize === 'square' ? inputSize : Math.max(1, Math.floor(side * scale + 0.5)));
  const [width, height] = [sideModel(widthPx), sideModel(heightPx)];
  const input = new Float64Array(3 * inputSize * inputSize).fill(padValue);
  for (let channel = 0; channel < 3; channel++) {
    const stretched = Float64Array.from({ length: widthPx * heightPx }, (_, index) => {
      const value = (data[index * samples + (samples === 3 ? channel : 0)]! - low) / (high - low);
      return Number.isNaN(value) ? 0 : Math.min(Math.max(value, 0), 1);
    });
    const source: Raster = { width: widthPx, height: heightPx, data: stretched };
    resizeAntialiased(source, width, height).data.forEach((share, index) => {
      const value = (valueRange[0] + share * (valueRange[1] - valueRange[0]) - mean[channel]!) / std[channel]!;
      input[channel * inputSize ** 2 + Math.floor(index / width) * inputSize + (index % width)] = value;
    });
  }
  return input;
}

const side = fc.oneof(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 3 }));

/** Sample values of each type that a reader of micrographs gives, with the range that a display may have. */
const sampleKinds: readonly {
  sample: fc.Arbitrary<number>;
  array: (values: number[]) => PixelPlane['data'];
  ranges: readonly ValueRange[];
}[] = [
  {
    sample: fc.integer({ min: 0, max: 255 }),
    array: (values) => Uint8Array.from(values),
    ranges: [
      [0, 255],
      [40, 90],
    ],
  },
  {
    sample: fc.integer({ min: 0, max: 65_535 }),
    array: (values) => Uint16Array.from(values),
    ranges: [
      [0, 65_535],
      [1200, 4095],
    ],
  },
  {
    sample: fc.oneof(
      { weight: 8, arbitrary: fc.float({ min: -50, max: 50, noNaN: true }) },
      { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, -0) },
    ),
    array: (values) => Float32Array.from(values),
    ranges: [
      [-20.5, 31.25],
      [-1e-3, 1e-3],
    ],
  },
];

const planeWithRange = fc
  .record({
    widthPx: side,
    heightPx: side,
    samples: fc.constantFrom<1 | 3>(1, 3),
    kind: fc.constantFrom(...sampleKinds),
  })
  .chain(({ widthPx, heightPx, samples, kind }) => {
    const count = widthPx * heightPx * samples;
    return fc.record({
      plane: fc
        .array(kind.sample, { minLength: count, maxLength: count, size: 'max' })
        .map((values): PixelPlane => ({ widthPx, heightPx, samples, data: kind.array(values) })),
      range: fc.constantFrom(...kind.ranges),
    });
  });

const somePreparation: fc.Arbitrary<Preparation> = fc.record({
  resize: fc.constantFrom('longest-side', 'square'),
  padValue: fc.constantFrom(0, -1.5),
  valueRange: fc.constantFrom<[number, number]>([0, 1], [0, 255], [-1, 1]),
  mean: fc.constantFrom<[number, number, number]>([0, 0, 0], [0.485, 0.456, 0.406], [123.675, 116.28, 103.53]),
  std: fc.constantFrom<[number, number, number]>([1, 1, 1], [0.229, 0.224, 0.225], [58.395, 57.12, 57.375]),
  resample: fc.constant('bilinear-antialias'),
  pad: fc.constant('bottom-right'),
  order: fc.constant('rgb'),
});

describe("the encoder's input", () => {
  it('is the plane stretched, resized with an antialiasing filter, normalised and padded', () => {
    fc.assert(
      fc.property(
        planeWithRange,
        fc.constantFrom(16, 32, 48),
        somePreparation,
        ({ plane, range }, inputSize, preparation) => {
          const input = prepare(plane, range, inputSize, preparation);
          const expected = prepareStepwise(plane, range, inputSize, preparation);
          expect(input).toHaveLength(expected.length);
          // Relative to what the whole value range becomes: float32, two passes.
          const span = (preparation.valueRange[1] + Math.max(...preparation.mean)) / Math.min(...preparation.std);
          const wrong = input.findIndex((value, index) => !(Math.abs(value - expected[index]!) <= 2e-6 * span));
          expect(wrong, `${input[wrong]} instead of ${expected[wrong]}`).toBe(-1);
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each([
    [1, 900],
    [900, 1],
    [7, 640],
    [640, 37],
    [500, 333],
    [10, 20],
  ])('of a plane of %i × %i px keeps to that, too', (widthPx, heightPx) => {
    const data = Uint8Array.from({ length: widthPx * heightPx }, (_, index) => (index * 7919) % 256);
    const plane: PixelPlane = { widthPx, heightPx, samples: 1, data };
    const expected = prepareStepwise(plane, [0, 255], 64, plain);
    const wrong = prepare(plane, [0, 255], 64, plain).findIndex(
      (value, index) => Math.abs(value - expected[index]!) > 2e-6,
    );
    expect(wrong).toBe(-1);
  });

  it('takes NaN for black and what lies beyond the range for its ends', () => {
    const data = Float32Array.of(NaN, -Infinity, Infinity, 5, 3, 4);
    const input = prepare({ widthPx: 16, heightPx: 1, samples: 1, data: withZeros(data) }, [3, 5], 16, plain);
    expect(Array.from(input.subarray(0, 6))).toEqual([0, 0, 1, 1, 0, 0.5]);
  });

  it('of a plane without contrast is black, not NaN', () => {
    const plane: PixelPlane = { widthPx: 4, heightPx: 4, samples: 1, data: new Uint16Array(16).fill(700) };
    expect(prepare(plane, [700, 700], 16, plain).every((value) => value === 0)).toBe(true);
  });

  it('has red, green and blue in this order', () => {
    const plane: PixelPlane = { widthPx: 1, heightPx: 1, samples: 3, data: Uint8Array.of(255, 51, 0) };
    const input = prepare(plane, [0, 255], 16, plain);
    expect([0, 256, 512].map((at) => input[at])).toEqual([1, Math.fround(0.2), 0]);
  });
});

function withZeros(samples: Float32Array): Float32Array {
  const row = new Float32Array(16);
  row.set(samples);
  return row;
}

describe.each([
  ['sam-vit', 'input_tensor', { valueRange: [0, 255], mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] }],
  ['sam2.1-hiera', 'input_tensor', { resize: 'square', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }],
] satisfies [string, string, Partial<Preparation>][])('the input of the published %s', (family, array, differing) => {
  it.skipIf(!hasFixture(family))('is ours', () => {
    const arrays = readNpz(join(fixtureFolder, family, 'expected.npz'));
    const { shape, data } = arrays.get('image')!;
    const plane: PixelPlane = { widthPx: shape[1]!, heightPx: shape[0]!, samples: 3, data: data as Uint8Array };
    const input = prepare(plane, [0, 255], 256, { ...plain, ...differing });
    const expected = arrays.get(array)!.data;
    // The reference rounds the resized image to whole grey values: half of one is 0.009 after normalisation.
    const furthest = input.reduce((most, value, index) => Math.max(most, Math.abs(value - expected[index]!)), 0);
    expect(furthest).toBeLessThan(0.02);
    expect(input).toHaveLength(expected.length);
  });
});
