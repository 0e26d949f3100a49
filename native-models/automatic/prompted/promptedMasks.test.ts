import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseObjects } from '../../evaluation/labelObjects.ts';
import { type Mask, maskIou, windowOf } from '../../masks/mask.ts';
import { decodeRle } from '../../masks/rle.ts';
import { readModelPackage } from '../../packages/modelPackage.ts';
import type { PixelPlane } from '../../predictor/pixels.ts';
import { openPredictor, type Predictor } from '../../predictor/predictor.ts';
import { imageToModel } from '../../predictor/spaces.ts';
import { discMask, hasMicrographs, micrographFolder, readMicrograph } from '../../similar/testing.ts';
import type { AutomaticProgress } from '../generateMasks.ts';
import { lastOf } from '../lastOf.ts';
import { type GivenPrompt, promptOfMask } from './givenPrompt.ts';
import { type PromptedPredictor, promptedMasks } from './promptedMasks.ts';

const plane: PixelPlane = { widthPx: 256, heightPx: 256, samples: 1, data: new Uint8Array(256 * 256) };

/** Logits of a disc, as the low-res mask of a plane of 256² has it. */
const discLogits = (x: number, y: number, radius: number) =>
  Float32Array.from({ length: 64 * 64 }, (_, cell) => {
    const distance = Math.hypot(((cell % 64) + 0.5) * 4 - x, (Math.floor(cell / 64) + 0.5) * 4 - y);
    return Math.max(-10, Math.min(10, radius - distance));
  });

/** Answers a box with the disc in it (token 0) and a better rated one of half the size; a click with a disc of 12 px. */
function discPredictor(maxBatch = 3): PromptedPredictor & { batches: [kind: string, count: number][] } {
  const batches: [string, number][] = [];
  return {
    batches,
    maxBatch,
    model: { description: { maskSize: 64, maskThreshold: 0 } } as never,
    encodeImage: async ({ widthPx, heightPx }) => ({
      tensors: {},
      transform: imageToModel(widthPx, heightPx, { inputSize: 256, preparation: { resize: 'longest-side' } as never }),
    }),
    predictBatch: async (_, points) => {
      batches.push(['points', points.length]);
      return points.map(({ x, y }) => [
        { token: 1, predictedIou: 0.7, logits: discLogits(x, y, 30) },
        { token: 2, predictedIou: 0.9, logits: discLogits(x, y, 12) },
      ]);
    },
    predictBoxes: async (_, prompts) => {
      batches.push(['boxes', prompts.length]);
      expect(new Set(prompts.map(({ point }) => point === null)).size).toBe(1);
      return prompts.map(({ box: { x0, y0, x1, y1 } }) => {
        const [x, y, radius] = [(x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2];
        return [
          { token: 0, predictedIou: 0.6, logits: discLogits(x, y, radius) },
          { token: 1, predictedIou: 0.9, logits: discLogits(x, y, radius / 2) },
        ];
      });
    },
  };
}

const point = (x: number, y: number): GivenPrompt => ({ point: { x, y }, box: null, earlier: null });
const box = (x0: number, y0: number, x1: number, y1: number): GivenPrompt => ({
  point: null,
  box: { x0, y0, x1, y1 },
  earlier: null,
});
const run = (prompts: readonly GivenPrompt[], predictor = discPredictor()) =>
  lastOf(promptedMasks(predictor, plane, [0, 255], prompts));

describe('masks of given prompts', () => {
  it('come in their order, points and boxes in batches of their own', async () => {
    const predictor = discPredictor();
    const prompts = [point(40, 40), box(100, 30, 140, 70), point(40, 120), point(40, 200), point(200, 200)];
    const { records, kept } = await run(prompts, predictor);
    expect(predictor.batches).toEqual([
      ['points', 3],
      ['points', 1],
      ['boxes', 1],
    ]);
    const discs = [discMask([40, 40, 12]), discMask([120, 50, 20]), discMask([40, 120, 12])];
    for (const [i, disc] of discs.entries()) {
      expect(maskIou(decodeRle(records[i]!.segmentation), disc)).toBeGreaterThan(0.85);
    }
    expect(records.map(({ predicted_iou }) => predicted_iou)).toEqual([0.9, 0.6, 0.9, 0.9, 0.9]);
    expect(records[1]!.point_coords).toEqual([[120, 50]]);
    expect(kept).toBe(0);
  });

  it('clean up what another program found, and keep what no answer resembles', async () => {
    const ragged = discMask([60, 60, 20]);
    for (let at = 0; at < ragged.data.length; at += 7) ragged.data[at] = 0;
    const bar: Mask = { x: 20, y: 150, width: 200, height: 4, data: new Uint8Array(800).fill(1) };
    const { records, kept } = await run([promptOfMask(ragged), promptOfMask(bar)]);
    expect(maskIou(decodeRle(records[0]!.segmentation), discMask([60, 60, 20]))).toBeGreaterThan(0.9);
    expect(decodeRle(records[1]!.segmentation)).toEqual(bar);
    expect(records[1]!.predicted_iou).toBe(0);
    expect(kept).toBe(1);
  });

  it('tell their progress and end when they are given up', async () => {
    const abort = new AbortController();
    const predictor = discPredictor(1);
    const told: AutomaticProgress[] = [];
    const steps = promptedMasks(predictor, plane, [0, 255], [point(40, 40), point(90, 90), point(9, 9)], {
      signal: abort.signal,
    });
    const given = lastOf(steps, (progress) => {
      told.push(progress);
      if (told.length === 2) abort.abort(new Error('given up'));
    });
    await expect(given).rejects.toThrow('given up');
    expect(told.map(({ fraction }) => fraction)).toEqual([1 / 3, 2 / 3]);
  });
});

const areHere = hasMicrographs('nuclei');
if (!areHere) console.log(`${micrographFolder} is not here: clean-up is not tried on micrographs.`);

describe.skipIf(!areHere)('the embedded model', { timeout: 120_000 }, () => {
  let predictor: Predictor;

  beforeAll(async () => {
    const folder = resolve(import.meta.dirname, '../../embedded/lamella-v3');
    predictor = await openPredictor(await readModelPackage(folder, 'embedded'), 'cpu');
  });
  afterAll(() => predictor?.close());

  it('answers boxes together as it answers each alone, and makes coarse masks better', async () => {
    const micrograph = await readMicrograph('nuclei', 1);
    const objects = chooseObjects(micrograph.labels, 6, 7);
    // As a program gives them that works at a quarter of the size: blocks of 4 × 4 px.
    const coarse = objects.map(({ mask }) => inBlocks(mask, 4));
    const prompts = coarse.map((mask) => promptOfMask(mask));
    const embedding = await predictor.encodeImage(micrograph.plane, micrograph.valueRange);
    const boxes = prompts.flatMap(({ box, point }) => (box ? [{ box, point }] : []));
    const together = await predictor.predictBoxes(embedding, boxes);
    const [alone] = await predictor.predictBoxes(embedding, boxes.slice(2, 3));
    for (const [token, { predictedIou }] of alone!.entries()) {
      expect(together[2]![token]!.predictedIou).toBeCloseTo(predictedIou, 3);
    }
    const { records } = await lastOf(promptedMasks(predictor, micrograph.plane, micrograph.valueRange, prompts));
    expect(records).toHaveLength(objects.length);
    const ious = (masks: readonly Mask[]) =>
      masks.reduce((sum, mask, i) => sum + maskIou(mask, objects[i]!.mask), 0) / masks.length;
    expect(ious(records.map(({ segmentation }) => decodeRle(segmentation)))).toBeGreaterThan(ious(coarse));
  });
});

/** The mask in blocks: all of a block in which it has a pixel. */
function inBlocks(mask: Mask, size: number): Mask {
  const [left, top] = [Math.floor(mask.x / size) * size, Math.floor(mask.y / size) * size];
  const right = Math.ceil((mask.x + mask.width) / size) * size;
  const bottom = Math.ceil((mask.y + mask.height) / size) * size;
  const wide = windowOf(mask, [left, top, right - left, bottom - top]);
  const data = wide.data.slice();
  for (let at = 0; at < data.length; at++) {
    const [x, y] = [at % wide.width, Math.floor(at / wide.width)];
    const [u, v] = [x - (x % size), y - (y % size)];
    const block = windowOf(wide, [left + u, top + v, size, size]);
    data[at] = block.data.includes(1) ? 1 : 0;
  }
  return { ...wide, data };
}
