import { describe, expect, it } from 'vitest';
import type { ModelDescription, Preparation } from '../packages/description.ts';
import { isAmbiguous, type Prompt, promptTensors } from './prompt.ts';
import { imageToModel } from './spaces.ts';

const preparation = { resize: 'longest-side' } as Preparation;
/** 2 px of the image are 1 px of model space, the lower half is padding. */
const halved = imageToModel(2048, 1024, { inputSize: 1024, preparation });

const box = { x0: 10, y0: 20, x1: 30.5, y1: 40 };
const clicks: Prompt['points'] = [
  { x: 100, y: 70, label: 1 },
  { x: 180.5, y: 20.25, label: 0 },
];

function tensors(prompt: Partial<Prompt>, family: ModelDescription['family'] = 'sam') {
  const { coords, labels } = promptTensors({ points: [], box: null, mask: null, ...prompt }, halved, family);
  return { coords: Array.from(coords), labels: Array.from(labels) };
}

describe('the tensors of a prompt', () => {
  it('are its clicks in model space and one padding point', () => {
    expect(tensors({ points: clicks })).toEqual({ coords: [50, 35, 90.25, 10.125, 0, 0], labels: [1, 0, -1] });
  });

  it('are the corners of a box, labelled 2 and 3', () => {
    expect(tensors({ box })).toEqual({ coords: [5, 10, 15.25, 20], labels: [2, 3] });
  });

  it('are the clicks, then the box, with no padding point', () => {
    expect(tensors({ points: clicks, box })).toEqual({
      coords: [50, 35, 90.25, 10.125, 5, 10, 15.25, 20],
      labels: [1, 0, 2, 3],
    });
  });

  it('have the padding point beside a box, too, where the model is SAM 2', () => {
    expect(tensors({ points: clicks, box }, 'sam2').labels).toEqual([1, 0, 2, 3, -1]);
    expect(tensors({ points: clicks }, 'sam2').labels).toEqual([1, 0, -1]);
  });

  it('keep points outside the plane where they are', () => {
    expect(tensors({ points: [{ x: -8, y: 3000, label: 1 }] }).coords).toEqual([-4, 1500, 0, 0]);
  });

  it('stretch each axis for itself where a needle of a plane keeps one row', () => {
    const needle = imageToModel(1, 5000, { inputSize: 1024, preparation });
    const { coords } = promptTensors({ points: [{ x: 0.5, y: 2500, label: 1 }], box: null, mask: null }, needle, 'sam');
    expect(Array.from(coords)).toEqual([0.5, 512, 0, 0]);
  });
});

describe('a prompt', () => {
  it('is ambiguous with one click and nothing else', () => {
    const [first, second] = clicks;
    const mask = { logits: new Float32Array(16), transform: halved };
    expect(isAmbiguous({ points: [first!], box: null, mask: null })).toBe(true);
    expect(isAmbiguous({ points: [first!, second!], box: null, mask: null })).toBe(false);
    expect(isAmbiguous({ points: [first!], box, mask: null })).toBe(false);
    expect(isAmbiguous({ points: [], box, mask: null })).toBe(false);
    expect(isAmbiguous({ points: [first!], box: null, mask })).toBe(false);
  });
});
