import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InclusiveBox } from './inclusiveBox.ts';
import { boxIou, suppressOverlaps } from './nms.ts';

const someBox: fc.Arbitrary<InclusiveBox> = fc
  .tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 12 })))
  .map(([x, y, width, height]) => [x!, y!, x! + width!, y! + height!]);

const scored = fc.array(fc.record({ box: someBox, score: fc.integer({ min: 0, max: 5 }) }), { maxLength: 30 });
const threshold = fc.constantFrom(0, 0.3, 0.7, 1);

describe('the IoU of two boxes', () => {
  it('is the same both ways, 1 with itself and never more', () => {
    fc.assert(
      fc.property(someBox, someBox, (a, b) => {
        expect(boxIou(a, b)).toBe(boxIou(b, a));
        expect(boxIou(a, b)).toBeLessThanOrEqual(1);
        expect(boxIou(a, b)).toBeGreaterThanOrEqual(0);
        expect(boxIou(a, a)).toBe(a[0] === a[2] || a[1] === a[3] ? 0 : 1);
      }),
    );
  });
});

describe('non-maximum suppression', () => {
  it('keeps no pair above the threshold, and drops a box only for a better one', () => {
    fc.assert(
      fc.property(scored, threshold, (all, threshold) => {
        const [boxes, scores] = [all.map(({ box }) => box), all.map(({ score }) => score)];
        const kept = suppressOverlaps(boxes, scores, threshold);
        expect(new Set(kept).size).toBe(kept.length);
        for (const [at, index] of kept.entries()) {
          for (const other of kept.slice(0, at)) {
            expect(boxIou(boxes[index]!, boxes[other]!)).toBeLessThanOrEqual(threshold);
            expect(scores[other]).toBeGreaterThanOrEqual(scores[index]!);
          }
        }
        for (const index of boxes.keys()) {
          if (kept.includes(index)) continue;
          const better = kept.filter((other) => boxIou(boxes[index]!, boxes[other]!) > threshold);
          expect(better.some((other) => scores[other]! >= scores[index]!)).toBe(true);
        }
      }),
    );
  });

  it('keeps the best, of equal ones the first', () => {
    fc.assert(
      fc.property(scored, threshold, (all, threshold) => {
        fc.pre(all.length > 0);
        const scores = all.map(({ score }) => score);
        const boxes = all.map(({ box }) => box);
        expect(suppressOverlaps(boxes, scores, threshold)[0]).toBe(scores.indexOf(Math.max(...scores)));
      }),
    );
  });
});
