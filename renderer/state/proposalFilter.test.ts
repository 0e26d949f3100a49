import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Bounds,
  type FilteredObject,
  filterFrom,
  filterNames,
  isSet,
  noFilter,
  passesPart,
  type ProposalFilter,
  withAreaUnit,
} from './proposalFilter.ts';

const planePx = 1024 * 768;
const share = fc.double({ min: 0, max: 1, noNaN: true });
const bounded = (bound: fc.Arbitrary<number>): fc.Arbitrary<Bounds> =>
  fc.tuple<[number | null, number | null]>(fc.option(bound), fc.option(bound));
const bounds = bounded(share);
const filters: fc.Arbitrary<ProposalFilter> = fc.record({
  area: bounded(fc.nat(planePx)),
  areaUnit: fc.constant('px' as const),
  confidence: bounds,
  predictedIou: bounds,
  stability: bounds,
  border: fc.constantFrom('any' as const, 'inside' as const, 'touching' as const),
  nesting: fc.option(fc.nat(4)),
  parts: fc.option(fc.integer({ min: 1, max: 5 })),
  overlap: fc.option(share),
});
const objects: fc.Arbitrary<FilteredObject> = fc.record({
  areaPx: fc.integer({ min: 1, max: planePx }),
  predictedIou: fc.option(share),
  stability: fc.option(share),
  proposal: fc.record({
    source: fc.constantFrom('automatic' as const, 'similar' as const),
    confidence: share,
    touchesBorder: fc.boolean(),
    nesting: fc.nat(5),
    parts: fc.integer({ min: 1, max: 6 }),
    overlap: share,
  }),
});
const passed = (object: FilteredObject, filter: ProposalFilter) =>
  filterNames.filter((name) => passesPart(name, object, filter, planePx));

const grain: FilteredObject = {
  areaPx: 500,
  predictedIou: 0.8,
  stability: 0.9,
  proposal: { source: 'automatic', confidence: 0.72, touchesBorder: true, nesting: 1, parts: 2, overlap: 0.1 },
};

describe('the filter of proposals', () => {
  it('hides nothing as long as none of its parts is set', () => {
    expect(filterNames.some((name) => isSet(name, noFilter))).toBe(false);
    fc.assert(fc.property(objects, (object) => void expect(passed(object, noFilter)).toEqual(filterNames)));
  });

  it('a part that is not set lets everything through', () => {
    fc.assert(
      fc.property(objects, filters, (object, filter) => {
        const unset = filterNames.filter((name) => !isSet(name, filter));
        expect(passed(object, filter)).toEqual(expect.arrayContaining(unset));
      }),
    );
  });

  it('a narrower bound never shows more', () => {
    fc.assert(
      fc.property(objects, filters, share, (object, filter, more) => {
        const low = filter.confidence[0] ?? 0;
        const narrower = { ...filter, confidence: [low + more, filter.confidence[1]] as const };
        expect(passed(object, filter)).toEqual(expect.arrayContaining(passed(object, narrower)));
      }),
    );
  });

  it.each<[string, Partial<ProposalFilter>, boolean]>([
    ['counts both ends of a range in', { area: [500, 500] }, true],
    ['takes areas as shares of the plane', { areaUnit: 'share', area: [0.5, null] }, false],
    ['leaves out what touches the border', { border: 'inside' }, false],
    ['shows only what touches the border', { border: 'touching' }, true],
    ['counts the holders', { nesting: 0 }, false],
    ['counts the parts', { parts: 2 }, true],
    ['looks at the overlap', { overlap: 0.05 }, false],
    ['looks at the confidence', { confidence: [0.4, 0.6] }, false],
  ])('%s', (_, part, shown) => {
    expect(passed(grain, { ...noFilter, ...part }).length === filterNames.length).toBe(shown);
  });

  it('does not hold against a proposal what was not measured', () => {
    const unknown = { ...grain, predictedIou: null, stability: null, proposal: null };
    const strict: ProposalFilter = { ...noFilter, predictedIou: [0.9, 1], stability: [0.9, 1], border: 'inside' };
    expect(passed(unknown, strict)).toEqual(filterNames);
  });

  it('means the same in pixels and in shares of the plane', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        const there = withAreaUnit(filter, 'share', planePx);
        expect(withAreaUnit(there, 'px', planePx).area).toEqual(filter.area);
      }),
    );
  });
});

describe('a kept filter', () => {
  it('comes back from JSON as it was', () => {
    fc.assert(
      fc.property(filters, (filter) => void expect(filterFrom(JSON.parse(JSON.stringify(filter)))).toEqual(filter)),
    );
  });
  it('is none where what was kept is of another form', () => {
    for (const kept of [null, 7, 'area', [], { area: 'large', border: 3, parts: '2', confidence: [Number.NaN] }]) {
      expect(filterFrom(kept)).toEqual(noFilter);
    }
    fc.assert(fc.property(fc.jsonValue(), (kept) => void filterFrom(kept)));
  });
});
