import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CanvasObject, CanvasPrompt } from './contract.ts';
import { objectAt, objectsInBox } from './pickObjects.ts';
import { boxOf, handleAt, moveHandle, removeHandle } from './promptHandles.ts';

const plane = { width: 200, height: 100 };
const view = { scale: 2, offsetX: 10, offsetY: 20 };
const prompt: CanvasPrompt = {
  points: [
    { x: 20, y: 20, label: 1 },
    { x: 22, y: 20, label: 0 },
  ],
  box: { x0: 40, y0: 30, x1: 90, y1: 80 },
};

describe('handleAt', () => {
  it('meets the point added last where two overlap', () => {
    expect(handleAt(prompt, view, { x: 52, y: 60 })).toEqual({ part: 'point', index: 1 });
    expect(handleAt(prompt, view, { x: 43, y: 60 })).toEqual({ part: 'point', index: 0 });
  });
  it('meets corners before edges, and nothing inside the box', () => {
    expect(handleAt(prompt, view, { x: 90, y: 80 })).toEqual({ part: 'corner', x: 'x0', y: 'y0' });
    expect(handleAt(prompt, view, { x: 190, y: 120 })).toEqual({ part: 'edge', side: 'x1' });
    expect(handleAt(prompt, view, { x: 140, y: 180 })).toEqual({ part: 'edge', side: 'y1' });
    expect(handleAt(prompt, view, { x: 140, y: 120 })).toBeNull();
  });
});

describe('moveHandle', () => {
  const handles = [
    { part: 'point', index: 0 },
    { part: 'corner', x: 'x1', y: 'y0' },
    { part: 'edge', side: 'y1' },
  ] as const;

  it('keeps everything on the plane and the box a box, however far it is moved', () => {
    const shift = fc.double({ min: -500, max: 500, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...handles), shift, shift, (handle, dx, dy) => {
        const { points, box } = moveHandle(prompt, handle, dx, dy, plane);
        for (const { x, y } of points) {
          expect(x >= 0 && x <= plane.width && y >= 0 && y <= plane.height).toBe(true);
        }
        expect(box!.x1 > box!.x0 && box!.y1 > box!.y0).toBe(true);
        expect(box!.x0 >= 0 && box!.y0 >= 0 && box!.x1 <= plane.width && box!.y1 <= plane.height).toBe(true);
      }),
    );
  });

  it('moves only what it holds', () => {
    expect(moveHandle(prompt, handles[0], 3, -2, plane).points).toEqual([{ x: 23, y: 18, label: 1 }, prompt.points[1]]);
    expect(moveHandle(prompt, handles[1], 5, 7, plane).box).toEqual({ x0: 40, y0: 37, x1: 95, y1: 80 });
    expect(moveHandle(prompt, handles[2], 5, 7, plane).box).toEqual({ x0: 40, y0: 30, x1: 90, y1: 87 });
  });
});

it('removeHandle takes out one point or the box', () => {
  expect(removeHandle(prompt, { part: 'point', index: 0 }).points).toEqual([prompt.points[1]]);
  expect(removeHandle(prompt, { part: 'edge', side: 'x0' })).toEqual({ ...prompt, box: null });
});

it('boxOf has no box without an extent', () => {
  expect(boxOf({ x: 5, y: 5 }, { x: 5, y: 50 }, plane)).toBeNull();
  expect(boxOf({ x: 250, y: 5 }, { x: 300, y: 50 }, plane)).toBeNull();
  expect(boxOf({ x: 190, y: 50 }, { x: -9, y: 5 }, plane)).toEqual({ x0: 0, y0: 5, x1: 190, y1: 50 });
});

describe('picking objects', () => {
  const object = (id: number, bbox: [number, number, number, number], hidden = false): CanvasObject => ({
    id,
    maskRevision: 1,
    mask: { bbox, data: new Uint8Array(bbox[2] * bbox[3]).fill(1) },
    color: '#ffffff',
    hidden,
    selected: false,
    locked: false,
    proposed: false,
  });
  const objects = [object(1, [0, 0, 50, 50]), object(2, [10, 10, 5, 5]), object(3, [12, 12, 2, 2], true)];

  it('finds the part before the whole, and nothing that is hidden', () => {
    expect(objectAt(objects, 12.5, 12.5)).toBe(2);
    expect(objectAt(objects, 40, 40)).toBe(1);
    expect(objectAt(objects, 60, 40)).toBeNull();
  });
  it('takes from a box what lies in it whole', () => {
    expect(objectsInBox(objects, { x0: 5, y0: 5, x1: 60, y1: 60 })).toEqual([2]);
    expect(objectsInBox(objects, { x0: 0, y0: 0, x1: 50, y1: 50 })).toEqual([1, 2]);
  });
});
