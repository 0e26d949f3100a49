import { describe, expect, it } from 'vitest';
import type { CanvasPrompt } from '../canvas/contract.ts';
import { candidateToRefine, emptyPrompt } from './refine.ts';

const box = { x0: 0, y0: 0, x1: 9, y1: 9 };
const one: CanvasPrompt = { points: [{ x: 1, y: 2, label: 1 }], box: null };
const two: CanvasPrompt = { points: [...one.points, { x: 5, y: 5, label: 0 }], box: null };

describe('candidateToRefine', () => {
  it('starts afresh at the first prompt', () => {
    expect(candidateToRefine(emptyPrompt, one, null, null)).toBeNull();
  });
  it('refines the chosen candidate by a further point', () => {
    expect(candidateToRefine(one, two, 'c2', null)).toBe('c2');
    expect(candidateToRefine({ ...one, box }, { ...two, box: { ...box } }, 'c2', null)).toBe('c2');
    expect(candidateToRefine({ points: [], box }, { ...one, box }, 'c1', null)).toBe('c1');
  });
  it('joins the request whose answer is still awaited', () => {
    expect(candidateToRefine(one, two, 'old', { refine: null })).toBeNull();
    expect(candidateToRefine(one, two, 'old', { refine: 'c3' })).toBe('c3');
  });
  it('predicts afresh when a prompt was moved, removed or given a box', () => {
    expect(candidateToRefine(two, one, 'c2', null)).toBeNull();
    expect(candidateToRefine(one, { points: [{ x: 1.5, y: 2, label: 1 }], box: null }, 'c2', null)).toBeNull();
    expect(candidateToRefine(one, { ...one, box }, 'c2', null)).toBeNull();
    expect(candidateToRefine({ ...one, box }, two, 'c2', null)).toBeNull();
  });
});
