import type { ObjectView } from '../../electron/service/api/contract.ts';
import { factsOf, filterNames, type FilterName, passesPart, type ProposalFilter } from './proposalFilter.ts';
import { remembered } from './remembered.ts';

/** The objects of one image, by how far they are. Rejected ones are counted, nothing else is shown of them. */
export interface ObjectsByState {
  /** By id. */
  accepted: readonly ObjectView[];
  /** Those first that it pays most to look at. */
  proposed: readonly ObjectView[];
  /** Proposals that were accepted or rejected. */
  decided: number;
}

/** What is left of the proposals when the filters are applied. */
export interface Review {
  /** In order of review. */
  shown: readonly ObjectView[];
  hidden: readonly ObjectView[];
  /** How many each part of the filter hides, the other parts aside. */
  hiddenBy: Readonly<Record<FilterName, number>>;
  decided: number;
}

export const objectsByState = remembered((objects: ReadonlyMap<number, ObjectView>): ObjectsByState => {
  const accepted: ObjectView[] = [];
  const proposed: ObjectView[] = [];
  let decided = 0;
  for (const object of objects.values()) {
    if (object.state === 'proposed') proposed.push(object);
    else if (object.proposal) decided++;
    if (object.state === 'accepted') accepted.push(object);
  }
  accepted.sort((a, b) => a.id - b.id);
  proposed.sort(byDoubt);
  return { accepted, proposed, decided };
});

/** The doubtful first: a sure one needs no look, a hopeless one neither. Of equal doubt the larger one. */
export function byDoubt(a: ObjectView, b: ObjectView): number {
  const doubt = (one: ObjectView) => Math.abs(factsOf(one).confidence - 0.5);
  return doubt(a) - doubt(b) || b.areaPx - a.areaPx || a.id - b.id;
}

/** `planePx`: pixels of the plane, for areas that are given as a share of it. */
export const reviewOf = remembered(
  (objects: ReadonlyMap<number, ObjectView>, filter: ProposalFilter, planePx: number): Review => {
    const { proposed, decided } = objectsByState(objects);
    const hiddenBy = Object.fromEntries(filterNames.map((name) => [name, 0])) as Record<FilterName, number>;
    const shown: ObjectView[] = [];
    const hidden: ObjectView[] = [];
    for (const proposal of proposed) {
      let passed = true;
      for (const name of filterNames) {
        if (passesPart(name, proposal, filter, planePx)) continue;
        hiddenBy[name]++;
        passed = false;
      }
      (passed ? shown : hidden).push(proposal);
    }
    return { shown, hidden, hiddenBy, decided };
  },
);

/**
 * What comes when these are decided: the first behind the last of them that is not among them, else the first of all;
 * null when none is left. `order` is the order of review.
 */
export function nextInReview(order: readonly number[], leaving: ReadonlySet<number>): number | null {
  let last = order.length - 1;
  while (last >= 0 && !leaving.has(order[last]!)) last--;
  const stays = (id: number) => !leaving.has(id);
  return order.slice(last + 1).find(stays) ?? order.find(stays) ?? null;
}

/** The one that stands `step` places from `current`, around the ends; without a current one the first or the last. */
export function stepInReview(order: readonly number[], current: number | null, step: -1 | 1): number | null {
  if (order.length === 0) return null;
  const at = current === null ? -1 : order.indexOf(current);
  if (at < 0) return step === 1 ? order[0]! : order.at(-1)!;
  return order[(at + step + order.length) % order.length]!;
}
