import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolve } from 'node:path';
import { type Bbox, maskIou } from '../masks/mask.ts';
import { readModelPackage } from '../packages/modelPackage.ts';
import { closeUpOf } from './closeUp.ts';
import { cropPlane } from './cropPlane.ts';
import { focusOf } from './focus.ts';
import { moveLogits } from './moveLogits.ts';
import type { PixelPlane } from './pixels.ts';
import { openPredictor, type Predictor } from './predictor.ts';
import { partedPlane, PromptedPlane } from './promptedPlane.ts';
import { type ImageToModel, imageToModel } from './spaces.ts';

const inputSize = 1024;

describe('a close-up', () => {
  const plane = fc.record({
    widthPx: fc.integer({ min: 1, max: 20_000 }),
    heightPx: fc.integer({ min: 1, max: 20_000 }),
  });
  const share = fc.double({ min: 0, max: 1, noNaN: true });

  it('lies in the plane and shows what is prompted with its surroundings, or the whole plane is close enough', () => {
    fc.assert(
      fc.property(plane, share, share, share, share, ({ widthPx, heightPx }, u, v, w, h) => {
        const width = (w ** 4 * widthPx) / 2;
        const height = (h ** 4 * heightPx) / 2;
        const focus: Bbox = [u * (widthPx - width), v * (heightPx - height), width, height];
        const part = closeUpOf({ focus, widthPx, heightPx, inputSize });
        const longest = Math.max(widthPx, heightPx);
        if (!part) {
          expect(longest / 2 < Math.max(4 * width, 4 * height, inputSize / 8)).toBe(true);
          return;
        }
        const [left, top, columns, rows] = part;
        expect(part.every(Number.isInteger)).toBe(true);
        expect(left >= 0 && top >= 0 && left + columns <= widthPx && top + rows <= heightPx).toBe(true);
        expect(left <= focus[0] && top <= focus[1]).toBe(true);
        expect(left + columns >= focus[0] + width && top + rows >= focus[1] + height).toBe(true);
        const side = Math.max(columns, rows);
        expect(side).toBeLessThan(longest);
        expect(side).toBeGreaterThanOrEqual(Math.floor(Math.max(4 * width, 4 * height, inputSize / 8)));
      }),
    );
  });

  it('is shared by neighbours', () => {
    const at = (x: number, y: number) =>
      closeUpOf({ focus: [x, y, 10, 10], widthPx: 2048, heightPx: 2048, inputSize })!.join();
    const parts = new Set<string>();
    for (let y = 0; y < 128; y += 8) for (let x = 0; x < 128; x += 8) parts.add(at(x, y));
    expect(parts.size).toBeLessThanOrEqual(4);
  });
});

describe('what a prompt is about', () => {
  const points = [{ x: 30, y: 40, label: 1 as const }];

  it('is its box, its points and what it refines', () => {
    const box = { x0: 10, y0: 20, x1: 25, y1: 30 };
    expect(focusOf({ points, box }, null, null)).toEqual([10, 20, 20, 20]);
    expect(focusOf({ points, box: null }, { x: 28, y: 35, width: 50, height: 10 }, null)).toEqual([28, 35, 50, 10]);
  });

  it('is not told by a click alone, but by what the person looks at', () => {
    expect(focusOf({ points, box: null }, null, null)).toBe(null);
    const view = { x0: 0, y0: 0, x1: 80, y1: 60 };
    expect(focusOf({ points, box: null }, null, view)).toEqual([20, 30, 20, 20]);
  });
});

describe('logits that are moved to another embedding', () => {
  const lowSide = 32;
  const preparation = { resize: 'longest-side' } as Parameters<typeof imageToModel>[2]['preparation'];
  const place = (width: number, height: number, x: number, y: number) =>
    imageToModel(width, height, { inputSize: 128, preparation }, { x, y });
  /** A ramp along x and y in image space, which bilinear means keep. */
  const ramp = (transform: ImageToModel) =>
    Float32Array.from({ length: lowSide ** 2 }, (_, at) => {
      const cell = 128 / lowSide;
      const x = transform.origin.x + ((at % lowSide) + 0.5) * cell * (transform.widthImage / transform.widthModel);
      const y =
        transform.origin.y + (Math.floor(at / lowSide) + 0.5) * cell * (transform.heightImage / transform.heightModel);
      return 0.01 * x - 0.02 * y;
    });

  it('are the same ones in the same place', () => {
    const whole = place(400, 300, 0, 0);
    const logits = ramp(whole);
    expect(moveLogits({ logits, transform: whole }, place(400, 300, 0, 0), lowSide)).toBe(logits);
  });

  it('say the same of each pixel of a close-up', () => {
    const whole = place(400, 400, 0, 0);
    const part = place(100, 100, 150, 200);
    const moved = moveLogits({ logits: ramp(whole), transform: whole }, part, lowSide);
    const wanted = ramp(part);
    expect(Math.max(...moved.map((value, i) => Math.abs(value - wanted[i]!)))).toBeLessThan(1e-4);
  });

  it('say background beyond what they covered', () => {
    const part = place(100, 100, 150, 200);
    const whole = place(400, 400, 0, 0);
    const moved = moveLogits({ logits: new Float32Array(lowSide ** 2).fill(5), transform: part }, whole, lowSide);
    const cell = 400 / lowSide;
    moved.forEach((value, at) => {
      const x = ((at % lowSide) + 0.5) * cell;
      const y = (Math.floor(at / lowSide) + 0.5) * cell;
      const inside = x > 150 && x < 250 && y > 200 && y < 300;
      expect(value).toBe(inside ? 5 : -8);
    });
  });
});

describe('a plane that is prompted', () => {
  let predictor: Predictor;
  beforeAll(async () => {
    predictor = await openPredictor(
      await readModelPackage(resolve(import.meta.dirname, '../embedded/lamella-v3'), 'embedded'),
      'cpu',
    );
  });
  afterAll(() => predictor.close());

  /** A dark square of 12 × 12 pixels on a bright plane of 800 × 600. */
  const plane: PixelPlane = {
    ...{ widthPx: 800, heightPx: 600, samples: 1 },
    data: Uint8Array.from({ length: 800 * 600 }, (_, at) => {
      const [x, y] = [at % 800, Math.floor(at / 800)];
      return x >= 500 && x < 512 && y >= 300 && y < 312 ? 60 : 190;
    }),
  };
  const square = { x: 500, y: 300, width: 12, height: 12, data: new Uint8Array(144).fill(1) };

  it('answers a part’s prompt in the coordinates of the whole', async () => {
    const part = await predictor.encodeImage(cropPlane(plane, [440, 240, 600, 400]), [0, 255], { x: 440, y: 240 });
    const box = { x0: 500, y0: 300, x1: 512, y1: 312 };
    const { candidates } = await predictor.predict(part, { points: [], box, mask: null });
    expect(Math.max(...candidates.map(({ mask }) => maskIou(mask, square)))).toBeGreaterThan(0.8);
  });

  it('is looked at closely for something small, and refines there what was found on the whole', async () => {
    const sizes: number[] = [];
    const watched = {
      encodeImage: (...asked: Parameters<Predictor['encodeImage']>) => {
        sizes.push(asked[0].widthPx);
        return predictor.encodeImage(...asked);
      },
      predict: predictor.predict.bind(predictor),
    };
    const whole = await predictor.encodeImage(plane, [0, 255]);
    const prompted = new PromptedPlane(watched, partedPlane(plane), [0, 255], whole, true);
    const first = { x: 506, y: 306, label: 1 as const };
    const found = await prompted.predict({ points: [first], box: null }, null);
    expect(sizes).toEqual([]);
    const best = [...found.candidates].sort((a, b) => maskIou(b.mask, square) - maskIou(a.mask, square))[0]!;
    const points = [first, { x: 503, y: 303, label: 1 as const }];
    const refined = await prompted.predict({ points, box: null }, best);
    expect(sizes.length).toBe(1);
    expect(sizes[0]!).toBeLessThan(800);
    expect(Math.max(...refined.candidates.map(({ mask }) => maskIou(mask, square)))).toBeGreaterThan(0.8);
    await prompted.predict({ points: [...points, { x: 600, y: 306, label: 0 as const }].slice(0, 2), box: null }, best);
    expect(sizes.length).toBe(1);
  });
});
