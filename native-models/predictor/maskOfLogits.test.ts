import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyMask, type Mask, maskArea, maskBbox } from '../masks/mask.ts';
import { planeOf } from '../masks/testing.ts';
import type { Preparation } from '../packages/description.ts';
import { maskOfLogits, upscaling } from './maskOfLogits.ts';
import { type ImageToModel, imageToModel } from './spaces.ts';
import { cropRaster, fixtureFolder, hasFixture, interpolate, type Raster, readNpz } from './testing.ts';

/** An interpolated logit nearer to the threshold than this may fall on either side in single precision. */
const undecided = 1e-4;

/** The published way, step by step on whole planes: to the encoder's square, padding cropped, to the image. */
function upscaleStepwise(logits: Float32Array, lowSide: number, transform: ImageToModel): Raster {
  const { resize, widthImage, heightImage, widthModel, heightModel, inputSize } = transform;
  const low: Raster = { width: lowSide, height: lowSide, data: Float64Array.from(logits) };
  if (resize === 'square') return interpolate(low, widthImage, heightImage);
  const square = interpolate(low, inputSize, inputSize);
  return interpolate(cropRaster(square, widthModel, heightModel), widthImage, heightImage);
}

function transformOf(width: number, height: number, inputSize: number, resize: Preparation['resize']): ImageToModel {
  return imageToModel(width, height, { inputSize, preparation: { resize } as Preparation });
}

/** What is wrong with a mask that must be a tight window inside the plane, every decided pixel on its side. */
function faultOf(mask: Mask, upscaled: Raster, threshold: number): string | null {
  const { x, y, width, height } = mask;
  if (maskBbox(mask).join() !== [x, y, width, height].join()) return 'not tight';
  if (x + width > upscaled.width || y + height > upscaled.height) return 'outside the plane';
  const plane = planeOf(mask, upscaled.width, upscaled.height);
  const wrong = upscaled.data.findIndex(
    (value, index) => Math.abs(value - threshold) > undecided && value > threshold !== (plane[index] === 1),
  );
  return wrong < 0 ? null : `pixel ${wrong} of logit ${upscaled.data[wrong]} is ${plane[wrong]}`;
}

const side = fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 4 }));
const inputSize = fc.constantFrom(16, 32, 64);
const threshold = fc.constantFrom(0, 0, -1.5, 2.25);

/** Noise, or hills of a few cells such as a decoder gives; both reach into the padding. */
const logitsOf = (lowSide: number): fc.Arbitrary<Float32Array> => {
  const cells = lowSide * lowSide;
  const noise = fc
    .array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: cells, maxLength: cells })
    .map((values) => Float32Array.from(values));
  const hill = fc.record({
    x: fc.double({ min: 0, max: lowSide, noNaN: true }),
    y: fc.double({ min: 0, max: lowSide, noNaN: true }),
    radius: fc.double({ min: 0.3, max: lowSide / 2, noNaN: true }),
  });
  const hills = fc.array(hill, { minLength: 1, maxLength: 3 }).map((all) =>
    Float32Array.from({ length: cells }, (_, index) => {
      const [u, v] = [(index % lowSide) + 0.5, Math.floor(index / lowSide) + 0.5];
      return Math.max(-12, ...all.map(({ x, y, radius }) => 3 * (radius - Math.hypot(u - x, v - y))));
    }),
  );
  return fc.oneof(noise, hills);
};

const upscalingCase = fc
  .record({ width: side, height: side, inputSize, threshold, resize: fc.constantFrom('longest-side', 'square') })
  .chain((size) => logitsOf(size.inputSize / 4).map((logits) => ({ ...size, logits })));

describe('the mask of low-res logits', () => {
  it('is that of upscaling to the square, cropping the padding and upscaling to the image', () => {
    fc.assert(
      fc.property(upscalingCase, ({ width, height, inputSize, threshold, resize, logits }) => {
        const transform = transformOf(width, height, inputSize, resize);
        const mask = maskOfLogits(logits, upscaling(transform, inputSize / 4), threshold);
        expect(faultOf(mask, upscaleStepwise(logits, inputSize / 4, transform), threshold)).toBe(null);
      }),
      { numRuns: 400 },
    );
  });

  it('is the same for planes much longer than wide, and for ones much larger than the square', () => {
    for (const [width, height] of [
      [1, 700],
      [700, 1],
      [3, 500],
      [611, 7],
      [640, 400],
    ] as const) {
      const transform = transformOf(width, height, 64, 'longest-side');
      const [logits] = fc.sample(logitsOf(16), { seed: width, numRuns: 1 });
      const mask = maskOfLogits(logits!, upscaling(transform, 16), 0);
      expect(faultOf(mask, upscaleStepwise(logits!, 16, transform), 0)).toBe(null);
    }
  });

  it('is the whole plane where all cells exceed the threshold, and empty where none does', () => {
    fc.assert(
      fc.property(side, side, inputSize, threshold, (width, height, inputSize, threshold) => {
        const tables = upscaling(transformOf(width, height, inputSize, 'longest-side'), inputSize / 4);
        const cells = (inputSize / 4) ** 2;
        const mask = maskOfLogits(new Float32Array(cells).fill(threshold + 1), tables, threshold);
        expect(maskBbox(mask)).toEqual([0, 0, width, height]);
        expect(maskArea(mask)).toBe(width * height);
        expect(maskOfLogits(new Float32Array(cells).fill(threshold), tables, threshold)).toEqual(emptyMask);
      }),
    );
  });

  it('is empty where only the padding exceeds the threshold', () => {
    const logits = Float32Array.from({ length: 256 }, (_, index) => (index >= 12 * 16 ? 9 : -9));
    expect(maskOfLogits(logits, upscaling(transformOf(200, 100, 64, 'longest-side'), 16), 0)).toEqual(emptyMask);
    expect(maskOfLogits(logits, upscaling(transformOf(200, 1, 64, 'longest-side'), 16), 0)).toEqual(emptyMask);
  });
});

describe.each([
  ['sam-vit', 256],
  ['mobile-sam', 1024],
] as const)('masks of the published %s', (family, inputSize) => {
  it.skipIf(!hasFixture(family))('are those of its low-res logits', () => {
    const folder = join(fixtureFolder, family);
    const expected = readNpz(join(folder, 'expected.npz'));
    const { prompts } = JSON.parse(readFileSync(join(folder, 'prompts.json'), 'utf8')) as { prompts: object };
    const [height, width] = expected.get('image')!.shape as [number, number];
    const tables = upscaling(transformOf(width, height, inputSize, 'longest-side'), inputSize / 4);
    for (const prompt of Object.keys(prompts)) {
      const logits = expected.get(`${prompt}/low_res_masks`)!.data as Float32Array;
      const packed = [
        ...unpackMasks(expected.get(`${prompt}/single/masks_packed`)!.data as Uint8Array, width, height),
        ...unpackMasks(expected.get(`${prompt}/multi/masks_packed`)!.data as Uint8Array, width, height),
      ];
      const cells = (inputSize / 4) ** 2;
      packed.forEach((plane, token) => {
        const mask = maskOfLogits(logits.subarray(token * cells, (token + 1) * cells), tables, 0);
        const found = planeOf(mask, width, height);
        const differing = found.filter((value, index) => value !== plane[index]).length;
        // Random weights give logits of either sign all over: some lie within rounding of zero.
        expect(differing, `${prompt}, token ${token}`).toBeLessThanOrEqual(2);
      });
      expect(packed).toHaveLength(4);
    }
  });
});

/** Masks as np.packbits writes them along x: rows padded to whole bytes, the first pixel in the highest bit. */
function unpackMasks(packed: Uint8Array, width: number, height: number): Uint8Array[] {
  const stride = Math.ceil(width / 8);
  return Array.from({ length: packed.length / (stride * height) }, (_, k) =>
    Uint8Array.from({ length: width * height }, (_, index) => {
      const [x, y] = [index % width, Math.floor(index / width)];
      return (packed[(k * height + y) * stride + (x >> 3)]! >> (7 - (x & 7))) & 1;
    }),
  );
}
