import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maskBbox } from '../masks/mask.ts';
import { readModelPackage } from '../packages/modelPackage.ts';
import { candidateCount } from './chooseTokens.ts';
import { embeddingBytes, type ImageEmbedding } from './embedding.ts';
import type { PixelPlane } from './pixels.ts';
import { openPredictor, type PredictedMasks, type Predictor } from './predictor.ts';
import type { Prompt } from './prompt.ts';

/** A bright disc on a dark ground. */
const disc: PixelPlane = {
  ...{ widthPx: 120, heightPx: 80, samples: 1 },
  data: Uint8Array.from({ length: 120 * 80 }, (_, index) =>
    Math.hypot((index % 120) - 70, Math.floor(index / 120) - 40) < 20 ? 220 : 50,
  ),
};

/** A column of five pixels, one of them without a value. */
const needle: PixelPlane = { widthPx: 1, heightPx: 5, samples: 1, data: Float32Array.of(0, 0.2, NaN, 1, 0.4) };

const centre = { x: 70, y: 40, label: 1 } as const;
const box = { x0: 50, y0: 20, x1: 90, y1: 60 };

let predictor: Predictor;
let discEmbedding: ImageEmbedding;
let needleEmbedding: ImageEmbedding;
let lowSide: number;

beforeAll(async () => {
  const model = await readModelPackage(resolve(import.meta.dirname, '../embedded/lamella-v3'), 'embedded');
  lowSide = model.description.maskSize;
  predictor = await openPredictor(model, 'cpu');
  discEmbedding = await predictor.encodeImage(disc, [0, 255]);
  needleEmbedding = await predictor.encodeImage(needle, [0, 1]);
});
afterAll(() => predictor.close());

function predict(prompt: Partial<Prompt>, embedding = discEmbedding): Promise<PredictedMasks> {
  return predictor.predict(embedding, { points: [], box: null, mask: null, ...prompt });
}

/** The disc of a plane four times as wide and high, as the plane that was reduced. */
const reducedDisc: PixelPlane = { ...disc, sizeImage: { widthPx: 480, heightPx: 320 } };

/** What every answer keeps to, whatever the weights are; null where it does. */
function faultOf({ candidates, decodeMs }: PredictedMasks, { widthPx, heightPx }: PixelPlane): string | null {
  if (candidates.length > candidateCount) return `${candidates.length} candidates`;
  if (!(decodeMs >= 0)) return `${decodeMs} ms`;
  for (const [i, { mask, predictedIou, stability, lowRes }] of candidates.entries()) {
    const { x, y, width, height, data } = mask;
    if (width < 1 || x < 0 || y < 0 || x + width > widthPx || y + height > heightPx) return 'outside the plane';
    if (maskBbox(mask).join() !== [x, y, width, height].join() || data.length !== width * height) return 'not tight';
    if (data.some((value) => value > 1)) return 'not of 0 and 1';
    if (!Number.isFinite(predictedIou) || predictedIou > (candidates[i - 1]?.predictedIou ?? Infinity)) return 'order';
    if (!(stability >= 0 && stability <= 1)) return `stability ${stability}`;
    const { logits } = lowRes;
    if (logits.length !== lowSide ** 2) return `${logits.length} logits`;
    // A candidate that is kept for a refinement keeps no other token's logits alive.
    if (logits.buffer.byteLength !== logits.byteLength) return 'a view of all logits';
    if (!logits.every(Number.isFinite)) return 'logits that are no numbers';
  }
  return null;
}

function sha256(data: Float32Array | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Candidates to the last bit, short enough to be compared and printed. */
function printOf({ candidates }: PredictedMasks) {
  return candidates.map(({ mask, lowRes, predictedIou, stability }) => ({
    ...{ predictedIou, stability, logits: sha256(lowRes.logits) },
    mask: { ...mask, data: sha256(mask.data) },
  }));
}

describe('an embedding', () => {
  it('holds what a prompt needs, and numbers only, also of a plane with pixels that have none', () => {
    const channels = predictor.model.description.embeddingChannels;
    for (const embedding of [discEmbedding, needleEmbedding]) {
      expect(embedding.tensors.image_embeddings!.dims).toEqual([1, channels, lowSide / 4, lowSide / 4]);
      const tensors = Object.values(embedding.tensors);
      expect(tensors.every(({ data }) => data.every(Number.isFinite))).toBe(true);
      expect(tensors.every(({ data, dims }) => dims.reduce((a, b) => a * b, 1) === data.length)).toBe(true);
      expect(embeddingBytes(embedding)).toBe(tensors.reduce((sum, { data }) => sum + 4 * data.length, 0));
    }
  });

  it('of the same plane is the same', async () => {
    const again = await predictor.encodeImage(needle, [0, 1]);
    expect(again.transform).toEqual(needleEmbedding.transform);
    const prints = ({ tensors }: ImageEmbedding) =>
      Object.entries(tensors).map(([name, { data }]) => [name, sha256(data)]);
    expect(prints(again)).toEqual(prints(needleEmbedding));
  });
});

describe('candidates', () => {
  const ring = Array.from({ length: 9 }, (_, i) => ({
    ...{ x: 70 + 15 * Math.cos(i), y: 40 + 15 * Math.sin(i) },
    label: i % 3 === 2 ? (0 as const) : (1 as const),
  }));

  it.each<[string, Partial<Prompt>]>([
    ['one click', { points: [centre] }],
    ['two clicks', { points: [centre, { x: 10, y: 70, label: 0 }] }],
    ['nine clicks', { points: ring }],
    ['a negative click alone', { points: [{ ...centre, label: 0 }] }],
    ['clicks beyond the plane', { points: [{ x: -40, y: 400, label: 1 }] }],
    ['a click in the far corner', { points: [{ x: 120, y: 80, label: 1 }] }],
    ['a box', { box }],
    ['a box over the border', { box: { x0: -30, y0: -30, x1: 500, y1: 500 } }],
    ['a box of less than a pixel', { box: { x0: 70, y0: 40, x1: 70.2, y1: 40.1 } }],
    ['clicks and a box', { points: [centre, { x: 52, y: 22, label: 0 }], box }],
  ])('of %s lie in the plane, in tight windows, best first', async (_, prompt) => {
    expect(faultOf(await predict(prompt), disc)).toBe(null);
  });

  it('are found for a box around a bright disc', async () => {
    const { candidates } = await predict({ box });
    expect(candidates.length).toBeGreaterThan(0);
  });

  it('of a refinement take the logits of an earlier candidate into account', async () => {
    const first = await predict({ points: [centre] });
    const mask = first.candidates[0]?.lowRes ?? {
      logits: new Float32Array(lowSide ** 2).fill(-4),
      transform: discEmbedding.transform,
    };
    const points = [centre, { x: 60, y: 40, label: 1 }] as const;
    const refined = await predict({ points, mask });
    expect(faultOf(refined, disc)).toBe(null);
    const fresh = await predict({ points });
    expect(printOf(refined)).not.toEqual(printOf(fresh));
  });

  it('of a plane of 1 × 5 px keep to its pixels', async () => {
    const point = { x: 0.5, y: 3.5, label: 1 } as const;
    expect(faultOf(await predict({ points: [point] }, needleEmbedding), needle)).toBe(null);
    const inside = { x0: 0, y0: 2, x1: 1, y1: 5 };
    expect(faultOf(await predict({ points: [point], box: inside }, needleEmbedding), needle)).toBe(null);
  });

  it('of a plane that was reduced are in the space of the whole', async () => {
    const { sizeImage } = reducedDisc;
    const embedding = await predictor.encodeImage(reducedDisc, [0, 255], { x: 1000, y: 2000 });
    expect(embedding.transform).toMatchObject({
      widthImage: 480,
      heightImage: 320,
      widthModel: discEmbedding.transform.widthModel,
    });
    const point = { x: 1000 + 4 * centre.x, y: 2000 + 4 * centre.y, label: 1 } as const;
    const { candidates } = await predict({ points: [point] }, embedding);
    const [same] = (await predict({ points: [centre] })).candidates;
    const { mask, predictedIou } = candidates[0]!;
    expect(predictedIou).toBeCloseTo(same!.predictedIou, 4);
    const inPart = { ...mask, x: mask.x - 1000, y: mask.y - 2000 };
    expect(inPart.x).toBeGreaterThanOrEqual(0);
    expect(inPart.x + inPart.width).toBeLessThanOrEqual(sizeImage!.widthPx);
    for (const side of ['x', 'y', 'width', 'height'] as const) {
      expect(Math.abs(inPart[side] - 4 * same!.mask[side])).toBeLessThanOrEqual(8);
    }
  });

  it('of the same prompt are the same, whatever was asked between', async () => {
    const prompt = { points: [centre], box };
    const first = await predict(prompt);
    await predict({ points: ring });
    await predict({ points: [{ x: 0, y: 0, label: 1 }] }, needleEmbedding);
    expect(printOf(await predict(prompt))).toEqual(printOf(first));
  });

  it('of prompts that run at once are those of one after the other', async () => {
    const prompts = [{ points: [centre] }, { box }, { points: ring }];
    const together = await Promise.all(prompts.map((prompt) => predict(prompt)));
    for (const [i, prompt] of prompts.entries()) {
      expect(printOf(together[i]!)).toEqual(printOf(await predict(prompt)));
    }
  });
});

describe('clicks that are decoded together', () => {
  const points = [centre, { x: 10, y: 70 }, { x: 119.5, y: 0.5 }, centre, { x: 64.25, y: 31 }];

  it('have the answers that each has alone, token by token', async () => {
    const batch = await predictor.predictBatch(discEmbedding, points);
    expect(batch.map((tokens) => tokens.map(({ token }) => token))).toEqual(points.map(() => [1, 2, 3]));
    for (const [i, point] of points.entries()) {
      const [alone] = await predictor.predictBatch(discEmbedding, [point]);
      for (const [k, { predictedIou, logits }] of batch[i]!.entries()) {
        expect(predictedIou).toBeCloseTo(alone![k]!.predictedIou, 4);
        const furthest = logits.reduce(
          (most, logit, at) => Math.max(most, Math.abs(logit - alone![k]!.logits[at]!)),
          0,
        );
        expect(furthest).toBeLessThan(1e-3);
      }
    }
  });

  it('have the logits of the candidates that a single click shows', async () => {
    const { candidates } = await predict({ points: [centre] });
    const [tokens] = await predictor.predictBatch(discEmbedding, [centre]);
    const prints = tokens!.map(({ logits }) => sha256(logits));
    expect(candidates.length).toBeGreaterThan(0);
    for (const { lowRes } of candidates) expect(prints).toContain(sha256(lowRes.logits));
  });

  it('may be any number, also after a larger one', async () => {
    expect(predictor.maxBatch).toBe(Number.POSITIVE_INFINITY);
    for (const count of [7, 1, 3, 0]) {
      const many = Array.from({ length: count }, (_, i) => ({ x: 5 + 10 * i, y: 40 }));
      expect(await predictor.predictBatch(discEmbedding, many)).toHaveLength(count);
    }
  });
});

describe('a run that fails', () => {
  it('says so with the model concerned, and the next one works', async () => {
    const mask = { logits: new Float32Array(7), transform: discEmbedding.transform };
    await expect(predict({ points: [centre], mask })).rejects.toMatchObject({
      ...{ name: 'ModelError', code: 'inference-failed', path: predictor.model.folder },
      message: expect.stringContaining('decoder') as string,
    });
    expect(faultOf(await predict({ points: [centre] }), disc)).toBe(null);
  });
});
