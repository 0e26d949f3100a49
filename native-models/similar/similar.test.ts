import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastOf } from '../automatic/lastOf.ts';
import { automaticFigures } from '../evaluation/automaticFigures.ts';
import { chooseObjects, type LabelObject } from '../evaluation/labelObjects.ts';
import { type Mask, maskIou } from '../masks/mask.ts';
import { decodeRle } from '../masks/rle.ts';
import { readModelPackage } from '../packages/modelPackage.ts';
import type { ImageEmbedding } from '../predictor/embedding.ts';
import { openPredictor, type Predictor } from '../predictor/predictor.ts';
import { candidatePoints } from './candidatePoints.ts';
import { classify, trainClassifier } from './classifier.ts';
import { DistinctMasks } from './distinctMasks.ts';
import { featureMap } from './featureMap.ts';
import { type ExampleObject, learnSimilar, similarSteps, type SimilarPredictor } from './index.ts';
import { judgeMask } from './judgeMask.ts';
import { shapeOf } from './shape.ts';
import {
  discEmbedding,
  discMask,
  hasMicrographs,
  type KindOfDisc,
  type Micrograph,
  micrographFolder,
  readMicrograph,
} from './testing.ts';

const plane = { widthPx: 256, heightPx: 256 };
/** Two kinds of disc, told by their features, and a third that nobody asked for. */
const discs: KindOfDisc[] = [
  [40, 40, 20, 1],
  [120, 40, 20, 1],
  [200, 48, 20, 1],
  [40, 130, 20, 2],
  [120, 120, 20, 2],
  [200, 130, 20, 2],
  [60, 210, 20, 3],
  [180, 210, 20, 3],
];
const example = (at: number, classId: number | null): ExampleObject => ({ mask: discMask(discs[at]!), classId });

/** Answers a click with the disc that it hits, as three tokens: its middle, itself and its surroundings. */
const discPredictor: SimilarPredictor = {
  maxBatch: 8,
  model: { description: { maskSize: 64, maskThreshold: 0 } } as never,
  predictBatch: async (_, points) => {
    expect(points.length).toBeLessThanOrEqual(8);
    return points.map(({ x, y }) => {
      const [u, v, radius] = discs.find((disc) => Math.hypot(disc[0] - x, disc[1] - y) <= disc[2]) ?? [x, y, 10, 0];
      return [0.4, 1, 2].map((factor, token) => ({
        token: token + 1,
        predictedIou: 0.9,
        logits: Float32Array.from({ length: 64 * 64 }, (__, cell) => {
          const distance = Math.hypot(((cell % 64) + 0.5) * 4 - u, (Math.floor(cell / 64) + 0.5) * 4 - v);
          return Math.max(-10, Math.min(10, radius * factor - distance));
        }),
      }));
    });
  },
};

describe('more like these, on an embedding by a formula', () => {
  const embedding = discEmbedding(discs);
  const search = (objects: ExampleObject[], known: Mask[] = objects.map(({ mask }) => mask)) =>
    lastOf(similarSteps(discPredictor, embedding, plane, learnSimilar([{ embedding, objects }]), { known }));

  it('finds the rest of each class, and of each disc the whole', async () => {
    const found = await search([example(0, 7), example(3, 2), example(6, null)]);
    expect(found.map(({ classId }) => classId).sort()).toEqual([2, 2, 7, 7]);
    for (const [at, classId] of [
      [1, 7],
      [2, 7],
      [4, 2],
      [5, 2],
    ] as const) {
      const match = found.find(({ segmentation }) => maskIou(decodeRle(segmentation), discMask(discs[at]!)) > 0.8);
      expect(match).toMatchObject({ classId });
      expect(match!.confidence).toBeGreaterThan(0.5);
    }
    const confidences = found.map(({ confidence }) => confidence);
    expect(confidences).toEqual([...confidences].sort((a, b) => b - a));
  });

  it('gives the same twice', async () => {
    expect(await search([example(0, 7), example(3, 2)])).toEqual(await search([example(0, 7), example(3, 2)]));
  });

  it('does not propose what is known, whoever made it', async () => {
    const known = discs.map((disc) => discMask(disc));
    expect(await search([example(0, 1)], known)).toEqual([]);
    const allButOne = known.filter((_, at) => at !== 2);
    expect(await search([example(0, 1)], allButOne)).toHaveLength(1);
  });

  it('of what was rejected is less sure', () => {
    const mask = discMask(discs[7]!);
    const judged = (objects: ExampleObject[]) => {
      const learned = learnSimilar([{ embedding, objects }]);
      const judgement = judgeMask(featureMap(embedding, learned.levels), learned, mask);
      return judgement.confidence;
    };
    const kinds = [example(0, 1), example(6, 1)];
    expect(judged([example(0, 1), example(6, null)])).toBeLessThan(0.5 * judged(kinds));
  });

  it('learns from several planes at once', async () => {
    const other = discEmbedding([[60, 60, 20, 2]]);
    const learned = learnSimilar([
      { embedding, objects: [example(0, 1), example(6, null)] },
      { embedding: other, objects: [{ mask: discMask([60, 60, 20]), classId: 2 }] },
    ]);
    expect(learned.classes.map(({ classId }) => classId)).toEqual([1, 2]);
    const found = await lastOf(similarSteps(discPredictor, embedding, plane, learned, { known: [] }));
    expect(found.filter(({ classId }) => classId === 2)).toHaveLength(3);
  });

  it('is plain data', () => {
    const learned = learnSimilar([{ embedding, objects: [example(0, 1), example(6, null)] }]);
    expect(structuredClone(learned)).toEqual(learned);
  });

  it('finds nothing where nothing was accepted', async () => {
    expect(await search([])).toEqual([]);
    expect(await search([example(0, null)])).toEqual([]);
    expect(await search([{ mask: { x: 3, y: 3, width: 2, height: 1, data: new Uint8Array(2) }, classId: 1 }])).toEqual(
      [],
    );
  });

  it("refuses another model's embedding", async () => {
    const learned = learnSimilar([{ embedding, objects: [example(0, 1)] }]);
    const { transform, tensors } = embedding;
    const { data } = tensors.image_embeddings!;
    const other: ImageEmbedding = { transform, tensors: { image_embeddings: { dims: [1, 1, 64, 64], data } } };
    const run = lastOf(similarSteps(discPredictor, other, plane, learned, { known: [] }));
    await expect(run).rejects.toThrow(RangeError);
  });

  it('tells its progress and ends when it is given up', async () => {
    const learned = learnSimilar([{ embedding, objects: [example(0, 1)] }]);
    const abort = new AbortController();
    const fractions: number[] = [];
    const steps = similarSteps(discPredictor, embedding, plane, learned, {
      known: [],
      signal: abort.signal,
      pointsPerBatch: 2,
    });
    const run = lastOf(steps, ({ fraction }) => {
      fractions.push(fraction);
      abort.abort(new Error('given up'));
    });
    await expect(run).rejects.toThrow('given up');
    expect(fractions).toHaveLength(1);
  });

  it('clicks on what is alike, apart from another and from what is known', () => {
    const known = [discMask(discs[0]!), discMask(discs[2]!)];
    const learned = learnSimilar([{ embedding, objects: [example(0, 1), example(3, null), example(6, null)] }]);
    const points = candidatePoints(featureMap(embedding, learned.levels), learned, known);
    expect(points.length).toBeGreaterThan(0);
    for (const [i, { x, y }] of points.entries()) {
      // The middle of a cell may lie a little outside the disc.
      expect(Math.hypot(x - 120, y - 40)).toBeLessThan(28);
      for (const other of points.slice(i + 1)) expect(Math.hypot(x - other.x, y - other.y)).toBeGreaterThan(16);
    }
  });
});

describe('a close-up', () => {
  it('is searched in image space', async () => {
    const whole = discEmbedding(discs);
    const origin = { x: 1000, y: 500 };
    const embedding = { ...whole, transform: { ...whole.transform, origin } };
    const moved = (at: number): Mask => {
      const mask = discMask(discs[at]!);
      return { ...mask, x: mask.x + origin.x, y: mask.y + origin.y };
    };
    const objects = [0, 3, 6].map((at) => ({ mask: moved(at), classId: at === 0 ? 1 : null }));
    const learned = learnSimilar([{ embedding, objects }]);
    const inPart: SimilarPredictor = {
      ...discPredictor,
      predictBatch: (_, points) =>
        discPredictor.predictBatch(
          embedding,
          points.map(({ x, y }) => ({ x: x - origin.x, y: y - origin.y })),
        ),
    };
    const size = { widthPx: 2000, heightPx: 1000 };
    const found = await lastOf(similarSteps(inPart, embedding, size, learned, { known: [moved(0)] }));
    const masks = found.map(({ segmentation }) => decodeRle(segmentation));
    expect(found).toHaveLength(2);
    for (const at of [1, 2]) expect(Math.max(...masks.map((mask) => maskIou(mask, moved(at))))).toBeGreaterThan(0.8);
  });
});

describe('the steps', () => {
  it('a classifier parts what can be parted, with probabilities', () => {
    const samples = Array.from({ length: 30 }, (_, i) => ({
      features: [i % 3 === 1 ? 1 : 0, i % 3 === 2 ? 1 : 0, Math.sin(i)],
      outcome: i % 3,
      weight: 1,
    }));
    const classifier = trainClassifier(samples, 3);
    for (const { features, outcome } of samples) {
      const probabilities = classify(classifier, features);
      expect(probabilities.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
      expect(probabilities[outcome]).toBeGreaterThan(0.7);
    }
    // Where features say nothing, all outcomes are as likely.
    const blind = trainClassifier(
      [
        { features: [1], outcome: 0, weight: 9 },
        { features: [1], outcome: 1, weight: 1 },
      ],
      2,
    );
    expect([...classify(blind, [1])]).toEqual([0.5, 0.5]);
  });

  it('a shape has a size, a compactness and an elongation', () => {
    const square: Mask = { x: 0, y: 0, width: 8, height: 8, data: new Uint8Array(64).fill(1) };
    const bar: Mask = { x: 0, y: 0, width: 32, height: 2, data: new Uint8Array(64).fill(1) };
    const transform = { ...discEmbedding([]).transform, widthModel: 512, heightModel: 512 };
    expect(shapeOf(square, transform)).toEqual([Math.log(256), 0, 0].map((value) => expect.closeTo(value, 9)));
    const [area, compactness, elongation] = shapeOf(bar, transform);
    expect(area).toBeCloseTo(Math.log(256), 9);
    expect(compactness).toBeLessThan(-1);
    expect(elongation).toBeCloseTo(Math.log(16), 9);
  });

  it('of masks that show the same the first stays', () => {
    const masks = new DistinctMasks([discMask([50, 50, 10])]);
    expect(masks.take(discMask([51, 50, 10]))).toBe(false);
    expect(masks.take(discMask([50, 50, 4]))).toBe(false);
    expect(masks.take(discMask([62, 50, 10]))).toBe(true);
    expect(masks.take(discMask([62, 51, 10]))).toBe(false);
  });
});

const areHere = ['nuclei', 'superalloy'].every(hasMicrographs);
if (!areHere) console.log(`${micrographFolder} is not here: "more like these" is not tried on micrographs.`);

describe.skipIf(!areHere)('more like these, on micrographs with the embedded model', { timeout: 300_000 }, () => {
  let predictor: Predictor;
  let nuclei: Micrograph & { embedding: ImageEmbedding };
  let superalloy: Micrograph & { embedding: ImageEmbedding };

  const encoded = async (micrograph: Micrograph) => ({
    ...micrograph,
    embedding: await predictor.encodeImage(micrograph.plane, micrograph.valueRange),
  });

  beforeAll(async () => {
    const folder = resolve(import.meta.dirname, '../embedded/lamella-v3');
    predictor = await openPredictor(await readModelPackage(folder, 'embedded'), 'cpu');
    nuclei = await encoded(await readMicrograph('nuclei', 1));
    superalloy = await encoded(await readMicrograph('superalloy', 0));
  }, 120_000);
  afterAll(() => predictor?.close());

  /** Ground truth without the examples. */
  function without({ labels }: Micrograph, examples: readonly LabelObject[]) {
    const taken = new Set(examples.map(({ label }) => label));
    return { ...labels, data: Uint16Array.from(labels.data, (label) => (taken.has(label) ? 0 : label)) };
  }

  it('five nuclei give the rest, whichever they are', async () => {
    const measured = [];
    for (const seed of [1, 7]) {
      const examples = chooseObjects(nuclei.labels, 5, seed);
      const objects = examples.map(({ mask }) => ({ mask, classId: 1 }));
      const learned = learnSimilar([{ embedding: nuclei.embedding, objects }]);
      const known = objects.map(({ mask }) => mask);
      const found = await lastOf(similarSteps(predictor, nuclei.embedding, nuclei.plane, learned, { known }));
      const proposals = found.map(({ segmentation }) => decodeRle(segmentation));
      const run = { prompts: 0, encodeMs: 0, totalMs: 0 };
      const figures = automaticFigures(proposals, without(nuclei, examples), run)!;
      expect(figures.objects).toBeGreaterThan(8);
      expect(figures.recall50).toBeGreaterThan(0.85);
      measured.push(figures.precision50);
    }
    expect(measured.reduce((sum, precision) => sum + precision / measured.length, 0)).toBeGreaterThan(0.75);
  });

  it('of small and large precipitates each gets its own class', async () => {
    const examples = chooseObjects(superalloy.labels, 16, 3).sort((a, b) => a.areaPx - b.areaPx);
    const [small, large] = [examples.slice(0, 5), examples.slice(-5)];
    const [smallPx, largePx] = [small.at(-1)!.areaPx, large[0]!.areaPx];
    expect(largePx).toBeGreaterThan(1.5 * smallPx);
    const objects = [
      ...small.map(({ mask }) => ({ mask, classId: 10 })),
      ...large.map(({ mask }) => ({ mask, classId: 20 })),
    ];
    const learned = learnSimilar([{ embedding: superalloy.embedding, objects }]);
    const map = featureMap(superalloy.embedding, learned.levels);
    const rest = chooseObjects(superalloy.labels, 200, 3).filter(
      ({ areaPx }) => areaPx <= smallPx || areaPx >= largePx,
    );
    const right = rest.filter(({ mask, areaPx }) => {
      const { classId } = judgeMask(map, learned, mask);
      return classId === (areaPx <= smallPx ? 10 : 20);
    });
    expect(right.length / rest.length).toBeGreaterThan(0.9);
  });

  it('rejected objects make it less sure of what is like them', () => {
    const examples = chooseObjects(superalloy.labels, 12, 3).sort((a, b) => a.areaPx - b.areaPx);
    const taken = new Set(examples.map(({ label }) => label));
    const likeRejected = chooseObjects(superalloy.labels, 200, 3).filter(
      ({ label, areaPx }) => !taken.has(label) && areaPx <= examples[2]!.areaPx,
    );
    const sureness = (classIdOfSmall: number | null) => {
      const objects = examples.map(({ mask }, at) => ({ mask, classId: at < 4 ? classIdOfSmall : 1 }));
      const learned = learnSimilar([{ embedding: superalloy.embedding, objects }]);
      const map = featureMap(superalloy.embedding, learned.levels);
      const all = likeRejected.map(({ mask }) => judgeMask(map, learned, mask).confidence);
      return all.reduce((sum, each) => sum + each, 0) / all.length;
    };
    expect(likeRejected.length).toBeGreaterThan(5);
    expect(sureness(null)).toBeLessThan(0.6 * sureness(1));
  });
});
