import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Changed, ChangeView, ClassView, ImageView, ObjectView } from '../../electron/service/api/contract.ts';
import { applyChange, changedMasks, imageElsewhere, type ProjectRecords, putImage } from './changes.ts';

function object(id: number, imageId = 1, more: Partial<ObjectView> = {}): ObjectView {
  return {
    id,
    imageId,
    plane: { c: null, z: 0, t: 0 },
    classId: 1,
    state: 'accepted',
    bbox: [0, 0, 2, 2],
    areaPx: 4,
    hidden: false,
    locked: false,
    predictedIou: null,
    stability: null,
    maskRevision: 1,
    prompts: null,
    proposal: null,
    model: null,
    createdAt: '2026-01-01T00:00:00Z',
    ...more,
  };
}

const image = (id: number, name: string, objectCount = 0): ImageView => ({
  id,
  name,
  path: `/m/${name}`,
  widthPx: 8,
  heightPx: 8,
  state: 'not-started',
  objectCount,
  problem: null,
});

const classView = (id: number, name: string): ClassView => ({ id, name, color: '#112233', key: null });
const history = { undo: null, redo: null };

function records(objects: ObjectView[], more: Partial<ProjectRecords> = {}): ProjectRecords {
  return {
    seq: 0,
    history,
    classes: [classView(1, 'grain'), classView(3, 'pore')],
    images: [image(1, 'a 2.tif'), image(2, 'a 10.tif')],
    imageId: 1,
    objects: new Map(objects.map((one) => [one.id, one])),
    ...more,
  };
}

const noChange: ChangeView = { seq: 1, label: 'edit', objects: [], classes: [], images: [], history };
const swap = <T>({ before, after }: Changed<T>): Changed<T> => ({ before: after, after: before });
const invert = (change: ChangeView): ChangeView => ({
  ...change,
  objects: change.objects.map(swap),
  classes: change.classes.map(swap),
  images: change.images.map(swap),
});

/** Any set of objects, and any edit of them: some added, some altered, some gone. */
const edits = fc
  .uniqueArray(fc.record({ id: fc.nat(30), imageId: fc.integer({ min: 1, max: 2 }), fate: fc.nat(2) }), {
    selector: ({ id }) => id,
  })
  .map((rows) => {
    const here = rows.filter(({ fate }) => fate > 0).map(({ id, imageId }) => object(id, imageId));
    const objects = rows.map(({ id, imageId, fate }): Changed<ObjectView> => {
      const before = fate > 0 ? object(id, imageId) : null;
      const after = fate === 2 ? null : object(id, imageId, { classId: 3, maskRevision: 2 });
      return { before, after };
    });
    return { before: records(here.filter(({ imageId }) => imageId === 1)), change: { ...noChange, objects } };
  });

describe('applyChange', () => {
  it('is taken back by the inverse change', () => {
    fc.assert(
      fc.property(edits, ({ before, change }) => {
        const back = applyChange(applyChange(before, change), { ...invert(change), seq: 0 });
        const sorted = (all: ProjectRecords) => [...all.objects.values()].sort((a, b) => a.id - b.id);
        expect(sorted(back)).toEqual(sorted(before));
      }),
    );
  });

  it('changes nothing when it is applied twice', () => {
    fc.assert(
      fc.property(edits, ({ before, change }) => {
        const once = applyChange(before, change);
        expect(applyChange(once, change)).toEqual(once);
      }),
    );
  });

  it('leaves out objects of other images', () => {
    const change = { ...noChange, objects: [{ before: null, after: object(5, 2) }] };
    const start = records([object(1)]);
    expect(applyChange(start, change).objects).toBe(start.objects);
  });

  it('puts a class that comes back where it was', () => {
    const change = { ...noChange, classes: [{ before: null, after: classView(2, 'crack') }] };
    expect(applyChange(records([]), change).classes.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it('brings counts and history with it', () => {
    const after = image(2, 'a 10.tif', 7);
    const change = { ...noChange, seq: 9, images: [{ before: image(2, 'a 10.tif'), after }] };
    const next = applyChange(records([]), { ...change, history: { undo: 'merge objects', redo: null } });
    expect(next.images[1]).toBe(after);
    expect([next.seq, next.history.undo]).toEqual([9, 'merge objects']);
  });
});

it('putImage keeps the natural order of names', () => {
  const names = putImage(records([]).images, image(3, 'a 9.tif')).map(({ name }) => name);
  expect(names).toEqual(['a 2.tif', 'a 9.tif', 'a 10.tif']);
});

it('changedMasks names new and altered masks only', () => {
  const recoloured = { before: object(1), after: object(1, 1, { classId: 3 }) };
  const merged = { before: object(2), after: object(2, 1, { maskRevision: 2 }) };
  const change = { ...noChange, objects: [recoloured, merged, { before: object(3), after: null }] };
  expect(changedMasks(change, 1).map(({ id }) => id)).toEqual([2]);
});

describe('imageElsewhere', () => {
  it('names the image of an edit that is not shown', () => {
    expect(imageElsewhere({ ...noChange, objects: [{ before: object(5, 2), after: null }] }, 1)).toBe(2);
  });
  it('stays where the edit is shown, and for edits of classes', () => {
    expect(imageElsewhere({ ...noChange, objects: [{ before: object(5, 1), after: null }] }, 1)).toBeNull();
    expect(imageElsewhere(noChange, 1)).toBeNull();
  });
});
