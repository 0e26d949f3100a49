import { maskFacts } from '../../../native-models/automatic/maskFacts.ts';
import { runsOf } from '../../../native-models/automatic/maskRuns.ts';
import type { Rle } from '../../../native-models/masks/rle.ts';
import type { PlaneAddress } from '../api/contract.ts';
import type { ProposalFacts } from '../api/proposals.ts';
import type { NewProposal, Project, ProposalBatch } from '../project/contract.ts';
import { knownObjects } from './knownObjects.ts';

/** A mask that a run found, all of one plane's size. */
export interface FoundMask {
  segmentation: Rle;
  classId: number;
  predictedIou: number;
  stability: number;
  confidence: number;
}

/** What a run's masks mean for an image as it is now: what people have decided on is left out, the rest is measured. */
export function proposalBatch(
  project: Project,
  imageId: number,
  plane: PlaneAddress,
  source: ProposalFacts['source'],
  found: readonly FoundMask[],
): Pick<ProposalBatch, 'imageId' | 'plane' | 'proposals' | 'replaced'> {
  const { widthPx, heightPx } = project.image(imageId).view;
  const known = knownObjects(project, imageId, plane, heightPx, widthPx);
  const open = found
    .map((one) => ({ ...one, mask: runsOf(one.segmentation) }))
    .filter(({ mask }) => mask.areaPx > 0 && !known.decided(mask));
  const masks = open.map(({ mask }) => mask);
  const facts = maskFacts(masks);
  const proposals = open.map(
    ({ mask, segmentation, classId, predictedIou, stability, confidence }, at): NewProposal => ({
      ...{ segmentation, classId, predictedIou, stability },
      bbox: mask.bbox,
      areaPx: mask.areaPx,
      facts: { source, confidence, ...facts[at]! },
    }),
  );
  return { imageId, plane, proposals, replaced: known.replacedBy(masks, source) };
}
