import type { ObjectView } from '../../electron/service/api/contract.ts';
import type { ProposalFacts } from '../../electron/service/api/proposals.ts';

/** Both ends inclusive; null: no bound. */
export type Bounds = readonly [low: number | null, high: number | null];

/** Which proposals are shown. Each part is a question of its own: a proposal is hidden when it fails any of them. */
export interface ProposalFilter {
  area: Bounds;
  /** In what `area` is given: pixels, or the share of the plane (0..1). */
  areaUnit: AreaUnit;
  confidence: Bounds;
  predictedIou: Bounds;
  stability: Bounds;
  border: 'any' | 'inside' | 'touching';
  /** Proposals that may hold it at the most; null: any number. */
  nesting: number | null;
  /** Parts that it may have at the most; null: any number. */
  parts: number | null;
  /** Share of its area that another may cover at the most; null: any. */
  overlap: number | null;
}
export type AreaUnit = 'px' | 'share';

export const filterNames = [
  'area',
  'confidence',
  'predictedIou',
  'stability',
  'border',
  'nesting',
  'parts',
  'overlap',
] as const;
export type FilterName = (typeof filterNames)[number];

export const noFilter: ProposalFilter = {
  area: [null, null],
  areaUnit: 'px',
  confidence: [null, null],
  predictedIou: [null, null],
  stability: [null, null],
  border: 'any',
  nesting: null,
  parts: null,
  overlap: null,
};

/** What the filters look at. */
export type FilteredObject = Pick<ObjectView, 'areaPx' | 'predictedIou' | 'stability' | 'proposal'>;

/** Of a proposal whose own facts can't be read: as doubtful as can be, and nothing against it. */
const unknownFacts: ProposalFacts = {
  source: 'automatic',
  confidence: 0.5,
  touchesBorder: false,
  nesting: 0,
  parts: 1,
  overlap: 0,
};

export const factsOf = ({ proposal }: Pick<ObjectView, 'proposal'>): ProposalFacts => proposal ?? unknownFacts;

/** Whether this one part of the filter lets it through. What was not measured fails no bound. */
export function passesPart(name: FilterName, object: FilteredObject, filter: ProposalFilter, planePx: number): boolean {
  const { areaPx, predictedIou, stability } = object;
  const facts = factsOf(object);
  switch (name) {
    case 'area':
      return within(filter.area, filter.areaUnit === 'px' ? areaPx : areaPx / planePx);
    case 'confidence':
      return within(filter.confidence, facts.confidence);
    case 'predictedIou':
      return within(filter.predictedIou, predictedIou);
    case 'stability':
      return within(filter.stability, stability);
    case 'border':
      return filter.border === 'any' || facts.touchesBorder === (filter.border === 'touching');
    case 'nesting':
    case 'parts':
    case 'overlap': {
      const most = filter[name];
      return most === null || facts[name] <= most;
    }
  }
}

function within([low, high]: Bounds, value: number | null): boolean {
  return value === null || ((low === null || value >= low) && (high === null || value <= high));
}

/** Whether this part of the filter can hide anything. */
export function isSet(name: FilterName, filter: ProposalFilter): boolean {
  const part = filter[name];
  if (typeof part === 'object' && part !== null) return part[0] !== null || part[1] !== null;
  return part !== null && part !== 'any';
}

/** The same bounds in the other unit, so that switching it hides and shows nothing. */
export function withAreaUnit(filter: ProposalFilter, areaUnit: AreaUnit, planePx: number): ProposalFilter {
  if (areaUnit === filter.areaUnit) return filter;
  const [low, high] = filter.area;
  const convert = (bound: number | null) =>
    bound === null ? null : areaUnit === 'share' ? bound / planePx : bound * planePx;
  // Whole pixels: rounded to the pixel, since a share of the plane is seldom exact in binary.
  const whole = (bound: number | null) => (bound === null || areaUnit === 'share' ? bound : Math.round(bound));
  return { ...filter, areaUnit, area: [whole(convert(low)), whole(convert(high))] };
}

/** A filter that was kept as JSON; what is missing or of another form is as in {@link noFilter}. */
export function filterFrom(kept: unknown): ProposalFilter {
  const from = (typeof kept === 'object' && kept !== null ? kept : {}) as Record<string, unknown>;
  const number = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : null);
  const bounds = (value: unknown): Bounds => {
    const [low, high] = Array.isArray(value) ? (value as unknown[]) : [];
    return [number(low), number(high)];
  };
  return {
    area: bounds(from.area),
    areaUnit: from.areaUnit === 'share' ? 'share' : 'px',
    confidence: bounds(from.confidence),
    predictedIou: bounds(from.predictedIou),
    stability: bounds(from.stability),
    border: from.border === 'inside' || from.border === 'touching' ? from.border : 'any',
    nesting: number(from.nesting),
    parts: number(from.parts),
    overlap: number(from.overlap),
  };
}
