import { coveredArea, type MaskRuns, runsIou, runsOf } from '../../../native-models/automatic/maskRuns.ts';
import type { ObjectView, PlaneAddress } from '../api/contract.ts';
import type { ProposalFacts } from '../api/proposals.ts';
import { isSameSlice } from '../micrographs/contract.ts';
import type { Project } from '../project/contract.ts';

/** A mask is one that is there already from this IoU on, … */
const sameIou = 0.7;
/** … or when more than this share of it lies in accepted objects. */
const coveredShare = 0.8;
/** What was rejected comes up again only with a clearly other border. */
const rejectedIou = 0.85;

interface KnownObject {
  view: ObjectView;
  mask: MaskRuns;
}

/** The objects of an image that a run on it has to respect. */
export class KnownObjects {
  readonly #accepted: MaskRuns[];
  readonly #rejected: MaskRuns[];
  readonly #proposed: KnownObject[];

  constructor(objects: readonly KnownObject[]) {
    const masksOf = (state: ObjectView['state']) =>
      objects.filter(({ view }) => view.state === state).map(({ mask }) => mask);
    this.#accepted = masksOf('accepted');
    this.#rejected = masksOf('rejected');
    // What people have locked no run takes away.
    this.#proposed = objects.filter(({ view }) => view.state === 'proposed' && !view.locked);
  }

  /** Whether people have decided on this mask already. */
  decided(mask: MaskRuns): boolean {
    return (
      this.#accepted.some((known) => runsIou(mask, known) > sameIou) ||
      coveredArea(mask, this.#accepted) > coveredShare * mask.areaPx ||
      this.#rejected.some((known) => runsIou(mask, known) > rejectedIou)
    );
  }

  /**
   * Proposals that go when these come: those of the same kind of run, and those of another kind that are the same. One
   * object that is followed through a stack takes the place of no other one.
   */
  replacedBy(masks: readonly MaskRuns[], source: ProposalFacts['source']): number[] {
    const isRepeated = (one: ProposalFacts | null) => source !== 'propagated' && one?.source === source;
    return this.#proposed
      .filter(({ view, mask }) => isRepeated(view.proposal) || masks.some((one) => runsIou(one, mask) > sameIou))
      .map(({ view }) => view.id);
  }
}

/** Those of the slice, and of its present size: objects of a file that was replaced by another size can't be compared. */
export function knownObjects(
  project: Project,
  imageId: number,
  plane: PlaneAddress,
  planeHeight: number,
  planeWidth: number,
): KnownObjects {
  const known: KnownObject[] = [];
  for (const { view, segmentation } of project.segmentations(imageId)) {
    if (!isSameSlice(view.plane, plane)) continue;
    if (segmentation.size[0] !== planeHeight || segmentation.size[1] !== planeWidth) continue;
    try {
      known.push({ view, mask: runsOf(segmentation) });
    } catch (cause) {
      // A damaged mask is told where it is shown; here it is like none.
      if (!(cause instanceof RangeError)) throw cause;
    }
  }
  return new KnownObjects(known);
}
