import { describe, expect, it } from 'vitest';
import type { MeasuredObject } from '../../native-models/evaluation/evaluateObject.ts';
import { emptyMask, type Mask } from '../../native-models/masks/mask.ts';
import { EvaluationCases } from './evaluationCases.ts';
import type { ModelInput } from './modelInput.ts';

const side = 200;
const data = new Uint16Array(side * side).map((_, at) => at % side);
const input: ModelInput = {
  plane: { widthPx: side, heightPx: side, samples: 1, data },
  valueRange: [0, 199],
};

function square(x: number, y: number, size: number): Mask {
  return { x, y, width: size, height: size, data: new Uint8Array(size * size).fill(1) };
}

function measured(label: number, clickIou: number, mask = square(90, 90, 10), clickMask = mask): MeasuredObject {
  return {
    object: { label, areaPx: mask.width * mask.height, mask },
    figures: { areaPx: 100, iou1Best: clickIou, ious: [clickIou], boxBest: 0.9, boxChosen: 0.9, promptMs: [1] },
    click: { x: mask.x + 5.5, y: mask.y + 5.5, label: 1 },
    clickMask,
    boxMask: null,
  };
}

describe('cases for the sheet', () => {
  it('are the eight worst, worst first, and others near the median', () => {
    const cases = new EvaluationCases();
    // IoU 0.001 to 0.999, shuffled.
    for (let n = 0; n < 999; n++) cases.offer('/data/a.png', input, measured(n, (((n * 371) % 999) + 1) / 1000));
    expect(cases.worst.map(({ clickIou }) => clickIou)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((each) => each / 1000));
    expect(cases).toMatchObject({ objects: 999, medianClickIou: 0.5, medianBoxIou: 0.9 });
    const typical = cases.typical.map(({ clickIou }) => clickIou);
    expect(typical).toHaveLength(4);
    expect(typical).toEqual(typical.toSorted((a, b) => a - b));
    for (const iou of typical) expect(Math.abs(iou - 0.5)).toBeLessThan(0.1);
  });

  it('show no object twice', () => {
    const cases = new EvaluationCases();
    for (let n = 0; n < 9; n++) cases.offer('/data/a.png', input, measured(n, n / 10));
    expect(cases.worst).toHaveLength(8);
    expect(cases.typical.map(({ label }) => label)).toEqual([8]);
  });

  it('show the object with context, up to its own masks, with the contrast that the model saw', () => {
    const cases = new EvaluationCases();
    cases.offer('/data/small.png', input, measured(1, 0.1));
    cases.offer('/data/wide.png', input, measured(2, 0.2, square(80, 80, 30), square(60, 80, 50)));
    cases.offer('/data/lost.png', input, measured(3, 0.3, square(80, 80, 30), square(0, 0, side)));
    cases.offer('/data/corner.png', input, measured(4, 0.4, square(0, 190, 10), emptyMask));
    const [small, wide, lost, corner] = cases.worst;
    expect(small).toMatchObject({ file: 'small.png', label: 1, areaPx: 100, boxMask: null });
    expect(small!.view.region).toEqual([75, 75, 40, 40]);
    expect(small!.view.pixels.data[0]).toBe(Math.round((75 * 255) / 199));
    expect(small!.truth).toBe('M15 15L25 15L25 25L15 25Z');
    expect(wide!.view.region[2]).toBeGreaterThan(70);
    expect(lost!.view.region).toEqual([35, 35, 120, 120]);
    expect(corner!.view.region).toEqual([0, 160, 40, 40]);
    expect(corner!.truth).toBe('M0 30L10 30L10 40L0 40Z');
  });
});
