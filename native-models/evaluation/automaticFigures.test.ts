import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Mask, maskIou } from '../masks/mask.ts';
import { automaticFigures, summarizeAllAutomatic, summarizeAutomaticDataset } from './automaticFigures.ts';
import { chooseObjects, type LabelImage } from './labelObjects.ts';
import { matchGreedily, overlapsOf } from './matchObjects.ts';

const run = { prompts: 9, encodeMs: 1, totalMs: 2 };
const size = 24;

const someRectangle = fc
  .tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 11 })))
  .map(([x, y, width, height]) => rectangle(x!, y!, width! + 1, height! + 1));
const someRectangles = fc.array(someRectangle, { maxLength: 6 });

function rectangle(x: number, y: number, width: number, height: number): Mask {
  return { x, y, width, height, data: new Uint8Array(width * height).fill(1) };
}

/** Later ones over earlier ones. */
function labelled(masks: readonly Mask[]): LabelImage {
  const data = new Uint16Array(size * size);
  for (const [i, { x, y, width, height }] of masks.entries()) {
    for (let v = y; v < y + height; v++) data.fill(i + 1, v * size + x, v * size + x + width);
  }
  return { widthPx: size, heightPx: size, data };
}

describe('matching', () => {
  it('finds the IoU of every pair that shares pixels', () => {
    fc.assert(
      fc.property(someRectangles, someRectangles, (proposals, masks) => {
        const labels = labelled(masks);
        const objects = chooseObjects(labels, 99, 0);
        const areas = new Map(objects.map(({ label, areaPx }) => [label, areaPx]));
        const found = overlapsOf(proposals, labels, areas);
        for (const [proposal, mask] of proposals.entries()) {
          for (const object of objects) {
            const iou = found.find((match) => match.proposal === proposal && match.label === object.label)?.iou ?? 0;
            expect(iou).toBeCloseTo(maskIou(mask, object.mask), 12);
          }
        }
      }),
    );
  });

  it('pairs each one once, at most as many as either side has, and leaves no pair of two free ones', () => {
    fc.assert(
      fc.property(someRectangles, someRectangles, (proposals, masks) => {
        const labels = labelled(masks);
        const areas = new Map(chooseObjects(labels, 99, 0).map(({ label, areaPx }) => [label, areaPx]));
        const overlaps = overlapsOf(proposals, labels, areas);
        const matches = matchGreedily(overlaps);
        expect(matches.length).toBeLessThanOrEqual(Math.min(proposals.length, areas.size));
        const [taken, met] = [matches.map(({ proposal }) => proposal), matches.map(({ label }) => label)];
        expect(new Set(taken).size).toBe(matches.length);
        expect(new Set(met).size).toBe(matches.length);
        expect(overlaps.every(({ proposal, label }) => taken.includes(proposal) || met.includes(label))).toBe(true);
        // The same from the other side.
        const swapped = overlaps.map(({ proposal, label, iou }) => ({ proposal: label, label: proposal, iou }));
        expect(matchGreedily(swapped).map(({ iou }) => iou)).toEqual(matches.map(({ iou }) => iou));
      }),
    );
  });
});

describe('figures of automatic masks', () => {
  it('lie between 0 and 1, and do not rise with the IoU that is asked for', () => {
    fc.assert(
      fc.property(someRectangles, someRectangles, (proposals, masks) => {
        const figures = automaticFigures(proposals, labelled(masks), run);
        if (!figures) return;
        const { recall50, recall75, precision50, precision75, foregroundIou } = figures;
        for (const share of [recall50, recall75, precision50, precision75, foregroundIou]) {
          expect(share >= 0 && share <= 1).toBe(true);
        }
        expect(recall75).toBeLessThanOrEqual(recall50);
        expect(precision75).toBeLessThanOrEqual(precision50);
        // Above an IoU of 0.5 both count the same pairs.
        expect(recall50 * figures.objects).toBeCloseTo(precision50 * figures.proposals, 9);
      }),
    );
  });

  it('are 1 for the objects themselves, whatever small ones are beside them', () => {
    const masks = [rectangle(0, 0, 8, 8), rectangle(12, 0, 6, 6), rectangle(20, 20, 2, 2)];
    const figures = automaticFigures(masks, labelled(masks), run);
    const all = { recall50: 1, recall75: 1, precision50: 1, precision75: 1, foregroundIou: 1 };
    expect(figures).toEqual({ objects: 2, proposals: 2, ...all, ...run });
  });

  it('count a doubled or shifted proposal against precision, a missing one against recall', () => {
    const masks = [rectangle(0, 0, 10, 10), rectangle(12, 12, 10, 10)];
    const proposals = [rectangle(0, 0, 10, 10), rectangle(0, 0, 10, 10), rectangle(0, 4, 10, 10)];
    const figures = automaticFigures(proposals, labelled(masks), run)!;
    expect(figures).toMatchObject({ recall50: 0.5, precision50: 1 / 3, foregroundIou: 100 / 240 });
    expect(automaticFigures([], labelled(masks), run)).toMatchObject({ recall50: 0, precision50: 0, foregroundIou: 0 });
    expect(automaticFigures(proposals, labelled([]), run)).toBe(null);
  });

  it('are means over images, then over datasets', () => {
    const masks = [rectangle(0, 0, 10, 10)];
    const good = automaticFigures(masks, labelled(masks), run)!;
    const bad = automaticFigures([], labelled(masks), run)!;
    const one = summarizeAutomaticDataset('one', 'model', [good, bad]);
    const two = summarizeAutomaticDataset('two', 'model', [good]);
    expect(one).toMatchObject({ images: 2, objects: 2, recall50: 0.5, proposals: 0.5, prompts: 9 });
    const overall = { dataset: 'overall', images: 3, objects: 3, recall50: 0.75, ms_image: 2 };
    expect(summarizeAllAutomatic('model', [one, two])).toMatchObject(overall);
    expect(summarizeAllAutomatic('model', [])).toMatchObject({ images: 0, recall50: null });
  });
});
