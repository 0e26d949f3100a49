import { describe, expect, it } from 'vitest';
import { type MaskRuns, runsOf } from '../../../native-models/automatic/maskRuns.ts';
import { encodeRle } from '../../../native-models/masks/rle.ts';
import type { ObjectView } from '../api/contract.ts';
import type { ProposalFacts } from '../api/proposals.ts';
import { KnownObjects } from './knownObjects.ts';

function rectangle(x: number, y: number, width: number, height: number): MaskRuns {
  return runsOf(encodeRle({ x, y, width, height, data: new Uint8Array(width * height).fill(1) }, 100, 100));
}

const facts: ProposalFacts = {
  ...{ source: 'automatic', confidence: 1, touchesBorder: false },
  ...{ nesting: 0, parts: 1, overlap: 0 },
};

function view(id: number, options: Partial<ObjectView>): ObjectView {
  return {
    ...{ id, imageId: 1, plane: { c: null, z: 0, t: 0 }, classId: 1, state: 'proposed', bbox: [0, 0, 0, 0], areaPx: 0 },
    ...{ hidden: false, locked: false, predictedIou: null, stability: null, maskRevision: 1, prompts: null },
    ...{ proposal: facts, model: null, createdAt: '' },
    ...options,
  };
}

describe('what people have decided on', () => {
  const known = new KnownObjects([
    { view: view(1, { state: 'accepted' }), mask: rectangle(0, 0, 10, 10) },
    { view: view(2, { state: 'accepted' }), mask: rectangle(10, 0, 10, 10) },
    { view: view(3, { state: 'rejected' }), mask: rectangle(50, 50, 10, 10) },
    { view: view(4, {}), mask: rectangle(80, 80, 10, 10) },
  ]);

  it.each([
    ['an accepted object, nearly', rectangle(0, 0, 10, 12), true],
    ['a larger one around an accepted object', rectangle(0, 0, 10, 15), false],
    ['a part of an accepted object', rectangle(2, 2, 3, 3), true],
    ['what lies in two accepted objects together', rectangle(3, 1, 14, 8), true],
    ['what lies in accepted objects to three quarters', rectangle(15, 0, 5, 13), false],
    ['a rejected object, nearly', rectangle(50, 50, 10, 11), true],
    ['a part of a rejected object', rectangle(50, 50, 10, 8), false],
    ['an open proposal', rectangle(80, 80, 10, 10), false],
  ])('%s', (_, mask, decided) => {
    expect(known.decided(mask)).toBe(decided);
  });
});

describe('open proposals', () => {
  it('go for those of the next run of their kind, and for what repeats them, unless they are locked', () => {
    const similar = { ...facts, source: 'similar' as const };
    const known = new KnownObjects([
      { view: view(1, {}), mask: rectangle(0, 0, 10, 10) },
      { view: view(2, { locked: true }), mask: rectangle(20, 0, 10, 10) },
      { view: view(3, { proposal: similar }), mask: rectangle(40, 0, 10, 10) },
      { view: view(4, { proposal: similar }), mask: rectangle(60, 0, 10, 10) },
      { view: view(5, { state: 'rejected' }), mask: rectangle(0, 40, 10, 10) },
      { view: view(6, { state: 'accepted' }), mask: rectangle(20, 40, 10, 10) },
    ]);
    const found = [rectangle(40, 0, 10, 9), rectangle(80, 80, 5, 5)];
    expect(known.replacedBy(found, 'automatic')).toEqual([1, 3]);
    expect(known.replacedBy([], 'similar')).toEqual([3, 4]);
  });
});
