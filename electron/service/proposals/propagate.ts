import { setImmediate } from 'node:timers/promises';
import { firstClick } from '../../../native-models/evaluation/robotUser.ts';
import { type Mask, maskIou } from '../../../native-models/masks/mask.ts';
import { encodeRle } from '../../../native-models/masks/rle.ts';
import type { MicrographFacts, PlaneAddress, PredictRequest } from '../api/contract.ts';
import type { PropagateRequest, PropagationAxis } from '../api/proposals.ts';
import { LamellaError } from '../errors.ts';
import type { Candidate } from '../inference/contract.ts';
import { wholePlanePixels } from '../micrographs/tiles.ts';
import { type MaskContrast, maskContrast } from './maskContrast.ts';
import type { ImageOutcome, ImageWork } from './overImages.ts';
import { type FoundMask, proposalBatch } from './proposalBatch.ts';
import { type ProposalNeeds, propose } from './proposalNeeds.ts';

/** An object is lost where no candidate has this IoU with it as it was one plane before, … */
const sameIou = 0.5;
/** … or where the model rates the best one lower than this. */
const leastPredictedIou = 0.4;
/** What stood out clearly is lost where less than this share of its contrast is left: a box of noise has a mask, too. */
const leastContrast = 0.3;
/** Its box may have grown by this share of its sides from one plane to the next. */
const growth = 0.1;

/** What a plane is called along each axis. */
const planeNames: Record<PropagationAxis, string> = { z: 'slice', t: 'time point' };

/** An object as the last plane showed it. */
interface Followed {
  classId: number;
  mask: Mask;
  /** null: not known. */
  contrast: MaskContrast | null;
}

/**
 * Follows accepted objects of one plane through the others along z or t, on and back, plane by plane: the box of the
 * mask, a little larger, and its deepest point prompt the next plane's embedding; of the candidates the one that is most
 * like the mask is proposed and followed on. One edit a plane.
 */
export async function propagate(
  needs: ProposalNeeds,
  { imageId, signal, progress }: ImageWork,
  { ids, axis: wanted }: PropagateRequest,
): Promise<ImageOutcome> {
  const { project, pixels } = needs;
  const { facts } = await pixels.identify(imageId);
  const objects = project.masks(imageId, ids).filter(({ view }) => view.state === 'accepted');
  const start = onePlane(objects.map(({ view }) => view.plane));
  const axis = wanted ?? (facts.z > 1 ? 'z' : 't');
  const count = facts[axis];
  if (count <= 1) throw onePlaneOnly(project.image(imageId).view.path, axis, facts);
  const outcome = { proposals: 0, prompts: 0 };
  let done = 0;
  for (const step of [1, -1]) {
    const pixelsAtStart = await pixelsOf(needs, imageId, start);
    let followed: Followed[] = objects.map(({ view: { classId }, mask }) => ({
      ...{ classId, mask },
      contrast: pixelsAtStart && maskContrast(mask, pixelsAtStart),
    }));
    for (let at = start[axis] + step; at >= 0 && at < count && followed.length > 0; at += step) {
      const plane = { ...start, [axis]: at };
      const { found, next } = await onPlane(needs, imageId, plane, followed, signal);
      outcome.prompts += followed.length;
      if (found.length > 0) {
        outcome.proposals += propose(needs, {
          ...proposalBatch(project, imageId, plane, 'propagated', found),
          model: needs.inference.status().activeModel?.name ?? '',
          run: null,
        });
      }
      followed = next;
      progress(++done / (count - 1), outcome.proposals, `${planeNames[axis]} ${at + 1}`);
    }
  }
  return outcome;
}

/** What of these objects the plane shows. */
async function onPlane(
  needs: ProposalNeeds,
  imageId: number,
  plane: PlaneAddress,
  followed: readonly Followed[],
  signal: AbortSignal,
): Promise<{ found: FoundMask[]; next: Followed[] }> {
  const { project, pixels, inference } = needs;
  const { widthPx, heightPx } = project.image(imageId).view;
  const shown = await pixelsOf(needs, imageId, plane);
  const source = await pixels.embeddingSource(imageId, null, plane);
  // People's prompts on this plane neither give way to these nor push them aside.
  const apart = { ...source, imageKey: `${source.imageKey} propagated` };
  const found: FoundMask[] = [];
  const next: Followed[] = [];
  for (const { classId, mask, contrast } of followed) {
    signal.throwIfAborted();
    const { candidates } = await inference.predict(apart, promptOf(mask, widthPx, heightPx), signal);
    const best = mostAlike(candidates, mask);
    const now = best && shown && maskContrast(best.candidate.mask, shown);
    if (best && !isGone(contrast, now)) {
      const { candidate, iou } = best;
      const { predictedIou, stability } = candidate;
      const segmentation = encodeRle(candidate.mask, heightPx, widthPx);
      const confidence = iou * Math.min(1, Math.max(0, predictedIou));
      found.push({ segmentation, classId, predictedIou, stability, confidence });
      next.push({ classId, mask: candidate.mask, contrast: now });
    }
    await setImmediate();
  }
  return { found, next };
}

/** null: not to be had as a whole, because the plane is very large. */
async function pixelsOf({ project, pixels }: ProposalNeeds, imageId: number, plane: PlaneAddress) {
  const { widthPx, heightPx } = project.image(imageId).view;
  if (widthPx * heightPx > wholePlanePixels) return null;
  return (await pixels.embeddingSource(imageId, null, plane)).readPixels();
}

function isGone(before: MaskContrast | null, now: MaskContrast | null): boolean {
  if (!before || !now || Math.abs(before.difference) < before.spread) return false;
  return now.difference / before.difference < leastContrast;
}

function promptOf(mask: Mask, widthPx: number, heightPx: number): PredictRequest {
  const [dx, dy] = [Math.max(2, growth * mask.width), Math.max(2, growth * mask.height)];
  return {
    points: [firstClick(mask)],
    box: {
      x0: Math.max(0, mask.x - dx),
      y0: Math.max(0, mask.y - dy),
      x1: Math.min(widthPx, mask.x + mask.width + dx),
      y1: Math.min(heightPx, mask.y + mask.height + dy),
    },
    refine: null,
  };
}

/** null: the object is not there any more. */
function mostAlike(candidates: readonly Candidate[], mask: Mask): { candidate: Candidate; iou: number } | null {
  const rated = candidates
    .filter(({ area, predictedIou }) => area > 0 && predictedIou >= leastPredictedIou)
    .map((candidate) => ({ candidate, iou: maskIou(candidate.mask, mask) }))
    .sort((a, b) => b.iou - a.iou);
  return rated[0] && rated[0].iou >= sameIou ? rated[0] : null;
}

/** @throws LamellaError edit-refused without an accepted object, or where they lie on several planes */
function onePlane(planes: readonly PlaneAddress[]): PlaneAddress {
  const [first, ...others] = planes;
  if (!first) {
    throw new LamellaError('edit-refused', 'There is no accepted object to follow.', { remedy: 'Accept one first.' });
  }
  if (others.some(({ z, t }) => z !== first.z || t !== first.t)) {
    throw new LamellaError('edit-refused', 'These objects lie on different slices or at different times.', {
      remedy: 'Select objects of one plane.',
    });
  }
  return first;
}

function onePlaneOnly(
  path: string,
  axis: PropagationAxis,
  { z, t }: Pick<MicrographFacts, PropagationAxis>,
): LamellaError {
  return new LamellaError('edit-refused', `${path} has one ${planeNames[axis]}: there is nothing to follow through.`, {
    path,
    remedy: z > 1 || t > 1 ? `Follow along ${z > 1 ? 'z' : 't'}.` : 'Open a stack or a time series.',
  });
}
