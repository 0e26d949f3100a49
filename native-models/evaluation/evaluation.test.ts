import { describe, expect, it } from 'vitest';
import { emptyMask, type Mask, maskArea, windowOf } from '../masks/mask.ts';
import type { PixelPlane } from '../predictor/pixels.ts';
import type { PredictedMask } from '../predictor/predictor.ts';
import type { Prompt } from '../predictor/prompt.ts';
import { imageToModel } from '../predictor/spaces.ts';
import { defaultEvaluation, evaluateImage, type EvaluationImage, type PromptableModel } from './evaluateImage.ts';
import type { MeasuredObject } from './evaluateObject.ts';
import { summarizeAll, summarizeDataset } from './figures.ts';
import { chooseObjects, type LabelImage, type LabelObject } from './labelObjects.ts';
import { firstClick, nextClick } from './robotUser.ts';

const widthPx = 160;
const heightPx = 120;

/** Label image of these rectangles, numbered from 1. */
function labelsOf(...rectangles: [x: number, y: number, width: number, height: number][]): LabelImage {
  const data = new Uint16Array(widthPx * heightPx);
  rectangles.forEach(([x, y, width, height], index) => {
    for (let v = y; v < y + height; v++) data.fill(index + 1, v * widthPx + x, v * widthPx + x + width);
  });
  return { widthPx, heightPx, data };
}

function imageOf(labels: LabelImage): EvaluationImage {
  const plane: PixelPlane = { widthPx, heightPx, samples: 1, data: new Uint8Array(widthPx * heightPx) };
  return { plane, valueRange: [0, 255], labels };
}

function rectangle(x: number, y: number, width: number, height: number): Mask {
  return { x, y, width, height, data: new Uint8Array(width * height).fill(1) };
}

const transform = imageToModel(widthPx, heightPx, {
  inputSize: 64,
  preparation: {
    resize: 'longest-side',
    resample: 'bilinear-antialias',
    pad: 'bottom-right',
    padValue: 0,
    valueRange: [0, 1],
    mean: [0, 0, 0],
    std: [1, 1, 1],
    order: 'rgb',
  },
});

/** A model that knows the ground truth: `answer` gets the object that the prompt means, and the prompts in order. */
function oracle(
  labels: LabelImage,
  answer: (object: LabelObject, prompt: Prompt) => (Partial<PredictedMask> & { mask: Mask })[],
): PromptableModel & { prompts: Prompt[] } {
  const objects = chooseObjects(labels, Number.POSITIVE_INFINITY, 0);
  const prompts: Prompt[] = [];
  return {
    prompts,
    encodeImage: async () => ({
      tensors: {},
      transform,
    }),
    async predict(_embedding, prompt) {
      // The list of points grows after this call.
      prompts.push({ ...prompt, points: [...prompt.points] });
      const { box, points } = prompt;
      const [x, y] = box ? [(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2] : [points[0]!.x, points[0]!.y];
      const label = labels.data[Math.floor(y) * widthPx + Math.floor(x)];
      const object = objects.find((each) => each.label === label)!;
      const candidates = answer(object, prompt).map((candidate) => ({
        predictedIou: 0.5,
        stability: 1,
        lowRes: { logits: new Float32Array(1), transform },
        ...candidate,
      }));
      return { candidates, decodeMs: 1 };
    },
  };
}

async function measure(model: PromptableModel, labels: LabelImage, options = {}) {
  const { clicks, ...others } = { ...defaultEvaluation, ...options };
  const figures = await evaluateImage(model, imageOf(labels), { clicks, ...others });
  return summarizeDataset('drawn', 'oracle', [figures!], clicks);
}

/** The middle half of an object, in each direction. */
function middle({ mask: { x, y, width, height } }: LabelObject): Mask {
  return rectangle(x + width / 4, y + height / 4, width / 2, height / 2);
}

describe('robot user', () => {
  it('clicks first where the object is deepest; of several such pixels the top left one', () => {
    expect(firstClick(rectangle(10, 20, 9, 5))).toEqual({ x: 12.5, y: 22.5, label: 1 });
    expect(firstClick(rectangle(10, 20, 4, 4))).toEqual({ x: 11.5, y: 21.5, label: 1 });
  });

  it('takes the border of the image for a border of the object', () => {
    expect(firstClick(rectangle(0, 0, 9, 9))).toEqual({ x: 4.5, y: 4.5, label: 1 });
  });

  it('clicks next in the deeper of what is missing and what is too much', () => {
    const target = rectangle(10, 10, 20, 10);
    expect(nextClick(target, rectangle(10, 10, 11, 10), [])).toEqual({ x: 25.5, y: 14.5, label: 1 });
    expect(nextClick(target, rectangle(10, 10, 40, 10), [])).toEqual({ x: 34.5, y: 14.5, label: 0 });
    expect(nextClick(target, emptyMask, [])).toEqual(firstClick(target));
  });

  it('takes away first where both are equally deep', () => {
    expect(nextClick(rectangle(10, 10, 20, 10), rectangle(15, 10, 20, 10), [])).toMatchObject({ label: 0 });
  });

  it('clicks no pixel twice, and none where nothing is wrong', () => {
    const target = rectangle(10, 10, 3, 1);
    const first = firstClick(target);
    const second = nextClick(target, emptyMask, [first])!;
    const third = nextClick(target, emptyMask, [first, second])!;
    expect([first.x, second.x, third.x]).toEqual([10.5, 11.5, 12.5]);
    expect(nextClick(target, emptyMask, [first, second, third])).toBeNull();
    expect(nextClick(target, target, [first])).toBeNull();
  });
});

describe('objects of a label image', () => {
  it('leaves out objects under 25 px and cuts the others out tightly', () => {
    const labels = labelsOf([3, 4, 6, 4], [20, 30, 5, 5], [155, 100, 5, 20]);
    const objects = chooseObjects(labels, 60, 0);
    expect(objects.map(({ label, areaPx }) => [label, areaPx])).toEqual([
      [2, 25],
      [3, 100],
    ]);
    expect(objects[1]!.mask).toEqual(rectangle(155, 100, 5, 20));
  });

  it('takes an object in two pieces, and one with another inside it, for what its label says', () => {
    const labels = labelsOf([10, 10, 30, 30], [20, 20, 10, 10], [80, 10, 5, 5]);
    labels.data.forEach((label, at) => (labels.data[at] = label === 3 ? 2 : label));
    const [ring, pieces] = chooseObjects(labels, 60, 0);
    expect(maskArea(ring!.mask)).toBe(800);
    expect(pieces!.mask).toMatchObject({ x: 20, y: 10, width: 65, height: 20 });
    expect(maskArea(pieces!.mask)).toBe(125);
  });

  it('chooses the same objects for the same seed, others for another, and not just the first', () => {
    const cells = Array.from({ length: 40 }, (_, index): [number, number, number, number] => [
      (index % 10) * 12,
      Math.floor(index / 10) * 12,
      8,
      8,
    ]);
    const labels = labelsOf(...cells);
    const chosen = (seed: number) => chooseObjects(labels, 10, seed).map(({ label }) => label);
    expect(chosen(0)).toEqual(chosen(0));
    expect(new Set(chosen(0)).size).toBe(10);
    expect(chosen(0)).toEqual([...chosen(0)].sort((a, b) => a - b));
    expect(chosen(0)).not.toEqual(chosen(1));
    expect(Math.max(...chosen(0))).toBeGreaterThan(20);
  });
});

describe('evaluation', () => {
  const labels = labelsOf([10, 10, 40, 24], [70, 40, 24, 20]);

  it('gives full marks to a model that answers with the ground truth, after one click each', async () => {
    const model = oracle(labels, ({ mask }) => [{ mask }]);
    expect(await measure(model, labels)).toMatchObject({
      ...{ dataset: 'drawn', model: 'oracle', images: 1, objects: 2 },
      ...{ iou1_best: 1, iou1_chosen: 1, iou2: 1, iou3: 1, iou5: 1, box_best: 1, box_chosen: 1 },
      ...{ noc85: 1, noc90: 1, fail20_at90: 0 },
    });
    expect(model.prompts).toHaveLength(4);
  });

  it('prompts with the tight box, its end outside the object', async () => {
    const model = oracle(labels, ({ mask }) => [{ mask }]);
    await measure(model, labels);
    expect(model.prompts.flatMap(({ box }) => (box ? [box] : []))).toEqual([
      { x0: 10, y0: 10, x1: 50, y1: 34 },
      { x0: 70, y0: 40, x1: 94, y1: 60 },
    ]);
  });

  it('counts all 20 clicks of a model that never gets better', async () => {
    const model = oracle(labels, (object) => [{ mask: middle(object) }]);
    expect(await measure(model, labels)).toMatchObject({
      ...{ iou1_best: 0.25, iou1_chosen: 0.25, iou2: 0.25, iou5: 0.25, box_best: 0.25 },
      ...{ noc85: 20, noc90: 20, fail20_at90: 1 },
    });
    expect(model.prompts).toHaveLength(2 * 21);
  });

  it('counts the clicks until a model that learns from each gets there', async () => {
    // Half of the object with the first click, an eighth more with each further one: 0.875 after 4, 1 after 5.
    const model = oracle(labels, ({ mask }, { points }) => [
      { mask: windowOf(mask, [mask.x, mask.y, (mask.width * (3 + points.length)) / 8, mask.height]) },
    ]);
    expect(await measure(model, labels)).toMatchObject({
      ...{ iou1_best: 0.5, iou2: 0.625, iou3: 0.75, iou5: 1, noc85: 4, noc90: 5, fail20_at90: 0 },
    });
  });

  it('tells the best candidate from the one that the model chose, and goes on from the chosen one', async () => {
    const masks = {
      chosen: { logits: Float32Array.of(1), transform },
      best: { logits: Float32Array.of(2), transform },
    };
    const model = oracle(labels, (object) => [
      { mask: middle(object), lowRes: masks.chosen },
      { mask: object.mask, lowRes: masks.best },
    ]);
    const entry = await measure(model, labels, { clicks: 3 });
    expect(entry).toMatchObject({ iou1_best: 1, iou1_chosen: 0.25, box_best: 1, box_chosen: 0.25, iou3: 0.25 });
    const clicked = model.prompts.filter(({ box, points }) => box === null && points.length > 1);
    expect(clicked).toHaveLength(4);
    expect(clicked.every(({ mask }) => mask === masks.chosen)).toBe(true);
    expect(model.prompts.filter(({ points }) => points.length < 2).every(({ mask }) => mask === null)).toBe(true);
  });

  it('counts an answer without candidates as nothing found, and prompts without a mask again', async () => {
    const model = oracle(labels, () => []);
    expect(await measure(model, labels)).toMatchObject({
      iou1_best: 0,
      iou1_chosen: 0,
      iou5: 0,
      box_best: 0,
      noc85: 20,
    });
    expect(model.prompts.every(({ mask }) => mask === null)).toBe(true);
    expect(model.prompts.every(({ points }) => points.every(({ label }) => label === 1))).toBe(true);
  });

  it('reports nothing that fewer clicks than it takes could tell', async () => {
    const model = oracle(labels, (object) => [{ mask: middle(object) }]);
    const entry = await measure(model, labels, { clicks: 2 });
    expect(entry).toMatchObject({ iou2: 0.25, iou3: null, iou5: null, noc85: null, noc90: null, fail20_at90: null });
    expect(model.prompts).toHaveLength(2 * 3);
  });

  it('shows each object with the best of its masks as it goes, and figures stay what they are', async () => {
    const model = oracle(labels, (object, { box }) =>
      box ? [{ mask: middle(object) }] : [{ mask: middle(object) }, { mask: object.mask }],
    );
    const shown: MeasuredObject[] = [];
    const options = { ...defaultEvaluation, clicks: 1 };
    const figures = await evaluateImage(model, imageOf(labels), options, (measured) => shown.push(measured));
    expect(shown.map((measured) => measured.figures)).toEqual(figures!.objects);
    for (const { object, click, clickMask, boxMask, figures: own } of shown) {
      expect(click).toEqual(firstClick(object.mask));
      expect({ clickMask, boxMask }).toEqual({ clickMask: object.mask, boxMask: middle(object) });
      expect(own).toMatchObject({ iou1Best: 1, ious: [0.25], boxBest: 0.25, boxChosen: 0.25 });
    }
    expect(shown.map(({ object }) => object.label)).toEqual([1, 2]);

    const blind = oracle(labels, () => []);
    await evaluateImage(blind, imageOf(labels), options, (measured) => shown.push(measured));
    expect(shown.at(-1)).toMatchObject({ clickMask: null, boxMask: null, figures: { iou1Best: 0, boxBest: 0 } });
  });

  it('gives null for an image without an object that is large enough', async () => {
    const tiny = labelsOf([5, 5, 4, 4]);
    const model = oracle(tiny, () => []);
    expect(await evaluateImage(model, imageOf(tiny), defaultEvaluation)).toBeNull();
  });
});

describe('figures', () => {
  const object = (areaPx: number, iou: number) => ({
    areaPx,
    iou1Best: iou,
    ious: [iou],
    boxBest: iou,
    boxChosen: iou,
    promptMs: [2, 4],
  });

  it('are means over objects, then images, then datasets', () => {
    const many = { objects: [object(100, 1), object(100, 1), object(100, 0.7)], encodeMs: 100 };
    const one = summarizeDataset('a', 'm', [many, { objects: [object(5000, 0.3)], encodeMs: 300 }]);
    expect(one).toMatchObject({ images: 2, objects: 4, iou1_best: 0.6, ms_encode: 200, ms_prompt: 3 });
    const other = summarizeDataset('b', 'm', [{ objects: [object(20_000, 0.2)], encodeMs: 100 }]);
    expect(summarizeAll('m', [one, other])).toMatchObject({
      ...{ dataset: 'overall', model: 'm', images: 3, objects: 5, iou1_best: 0.4, ms_encode: 150 },
    });
  });

  it('tell small, medium and large objects apart by their area', () => {
    const objects = [object(1023, 0.1), object(1024, 0.4), object(9215, 0.6), object(9216, 0.9)];
    const entry = summarizeDataset('a', 'm', [{ objects, encodeMs: 1 }]);
    expect(entry.by_size).toEqual({
      small: { objects: 1, iou1_best: 0.1, box_best: 0.1 },
      medium: { objects: 2, iou1_best: 0.5, box_best: 0.5 },
      large: { objects: 1, iou1_best: 0.9, box_best: 0.9 },
    });
    const none = summarizeDataset('b', 'm', [{ objects: [object(50, 0.5)], encodeMs: 1 }]);
    expect(none.by_size.large).toEqual({ objects: 0, iou1_best: null, box_best: null });
    expect(summarizeAll('m', [entry, none]).by_size).toMatchObject({
      small: { objects: 2, iou1_best: 0.3 },
      large: { objects: 1, iou1_best: 0.9 },
    });
  });
});
