import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImageView } from '../../electron/service/api/contract.ts';
import {
  groupOf,
  imageBeside,
  imageFilters,
  imageGroups,
  imagesByFilter,
  imageSorts,
  listedImages,
  wholeList,
} from './imageList.ts';

const states = ['not-started', 'in-work', 'done'] as const;
const image = (id: number, over: Partial<ImageView> = {}): ImageView => ({
  ...{ id, name: `Grain ${id}.tif`, path: `/a/Grain ${id}.tif`, widthPx: 1, heightPx: 1 },
  ...{ state: 'not-started', objectCount: 0, problem: null },
  ...over,
});
const trouble = { code: 'file-missing', message: 'gone' } as const;
const images = [
  image(1, { state: 'done', objectCount: 4 }),
  image(2, { name: 'Pore A 2.tif', state: 'in-work', objectCount: 9 }),
  image(3, { problem: trouble }),
  image(4, { name: 'pore b 4.tif', objectCount: 4 }),
];
const ids = (listing: Partial<typeof wholeList>) =>
  listedImages(images, { ...wholeList, ...listing }).map(({ id }) => id);

describe('the list of images', () => {
  it('shows names that hold every word, those of a state, and those in trouble', () => {
    expect(ids({})).toEqual([1, 2, 3, 4]);
    expect(ids({ text: ' PORE ' })).toEqual([2, 4]);
    expect(ids({ text: '2 por' })).toEqual([2]);
    expect(ids({ filter: 'done' })).toEqual([1]);
    expect(ids({ filter: 'problem' })).toEqual([3]);
    expect(ids({ text: 'pore', filter: 'not-started' })).toEqual([4]);
  });

  it('counts what each filter would show', () => {
    expect(imagesByFilter(images)).toEqual({ any: 4, 'not-started': 2, 'in-work': 1, done: 1, problem: 1 });
  });

  it('puts first what is in work, or what has most objects', () => {
    expect(ids({ sort: 'state' })).toEqual([2, 3, 4, 1]);
    expect(ids({ sort: 'objects' })).toEqual([2, 1, 4, 3]);
  });

  it('shows a group, which is the folder below the project’s, and puts those of one group together', () => {
    const named = ['10/a.tif', '9/a.tif', '9/deep/a.tif', 'b.tif', '9/c.tif'];
    const foldered = named.map((name, id) => image(id, { name }));
    expect(imageGroups(foldered)).toEqual([
      { group: '', count: 1 },
      { group: '9', count: 2 },
      { group: '9/deep', count: 1 },
      { group: '10', count: 1 },
    ]);
    const names = (listing: Partial<typeof wholeList>) =>
      listedImages(foldered, { ...wholeList, ...listing }).map(({ name }) => name);
    expect(names({ sort: 'group' })).toEqual(['b.tif', '9/a.tif', '9/c.tif', '9/deep/a.tif', '10/a.tif']);
    expect(names({ group: '9' })).toEqual(['9/a.tif', '9/c.tif']);
    expect(names({ group: '' })).toEqual(['b.tif']);
    expect(names({ group: '9', text: 'c' })).toEqual(['9/c.tif']);
  });

  it('keeps images and their order where nothing else is asked for', () => {
    const some = fc.array(
      fc.record({
        state: fc.constantFrom(...states),
        objectCount: fc.nat(5),
        name: fc.tuple(fc.constantFrom('', 'a/', 'b/'), fc.string({ maxLength: 2 })).map((parts) => parts.join('')),
        problem: fc.constantFrom(null, trouble),
      }),
    );
    const listing = fc.record({
      text: fc.string({ maxLength: 2 }),
      filter: fc.constantFrom(...imageFilters),
      group: fc.constantFrom(null, '', 'a'),
      sort: fc.constantFrom(...imageSorts),
    });
    fc.assert(
      fc.property(some, listing, (made, wanted) => {
        const all = made.map((over, id) => image(id, over));
        const listed = listedImages(all, wanted);
        expect(new Set(listed).size).toBe(listed.length);
        expect(listed.every((one) => all.includes(one))).toBe(true);
        const sorted = listedImages(all, { ...wholeList, sort: wanted.sort });
        expect(listed).toEqual(sorted.filter((one) => listed.includes(one)));
        expect([...sorted].sort((a, b) => a.id - b.id)).toEqual(all);
        const groups = imageGroups(all).map(({ group }) => group);
        const rank = (one: ImageView) =>
          ({
            name: 0,
            group: groups.indexOf(groupOf(one)),
            state: ['in-work', 'not-started', 'done'].indexOf(one.state),
            objects: -one.objectCount,
          })[wanted.sort];
        for (const [at, one] of sorted.slice(1).entries()) {
          const before = sorted[at]!;
          expect(rank(before) < rank(one) || (rank(before) === rank(one) && before.id < one.id)).toBe(true);
        }
      }),
    );
  });

  it('goes on from an image that it does not show', () => {
    const pores = { ...wholeList, text: 'pore' };
    const beside = (from: number, step: -1 | 1) => imageBeside(images, pores, from, step)?.id ?? null;
    expect([beside(1, 1), beside(2, 1), beside(3, 1), beside(4, 1)]).toEqual([2, 4, 4, null]);
    expect([beside(1, -1), beside(2, -1), beside(3, -1), beside(4, -1)]).toEqual([null, null, 2, 2]);
  });
});
