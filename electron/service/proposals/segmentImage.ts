import type { MaskRecord } from '../../../native-models/automatic/record.ts';
import { tilingFor } from '../../../native-models/automatic/tiling.ts';
import type { Bbox } from '../../../native-models/masks/mask.ts';
import type { ModelInfo } from '../api/contract.ts';
import type { AutomaticRequest } from '../api/proposals.ts';
import { lookKey } from '../images/modelLook.ts';
import { modelKey } from '../inference/modelKey.ts';
import { firstPlane } from '../micrographs/contract.ts';
import { wholePlanePixels } from '../micrographs/tiles.ts';
import type { AutomaticRun } from '../project/contract.ts';
import type { ImageOutcome, ImageWork } from './overImages.ts';
import { presetSettings } from './presetSettings.ts';
import { type FoundMask, proposalBatch } from './proposalBatch.ts';
import { type ProposalNeeds, propose } from './proposalNeeds.ts';
import { resultOf } from './resultOf.ts';
import { segmentInTiles } from './segmentInTiles.ts';

/** Proposes everything on an image; null where its last run was the same. */
export async function segmentImage(
  needs: ProposalNeeds,
  { imageId, signal, progress }: ImageWork,
  { plane = firstPlane, preset, tilePx = null, classId, again }: AutomaticRequest,
  model: ModelInfo,
): Promise<ImageOutcome | null> {
  const { project, pixels, inference } = needs;
  const { sha256 } = await pixels.identify(imageId);
  const { view, facts, displayRanges, modelLook } = project.image(imageId);
  const tiling = tilingFor(view, tilePx, wholePlanePixels);
  const displayRange = displayRanges[0] ?? null;
  const seenBy = [modelKey(model), ...(modelLook ? [lookKey(modelLook)] : [])].join(' ');
  // What is remembered is the run on an image's first plane: only that one is left out when a folder is gone over again.
  const isFirst = (plane.c ?? 0) === 0 && plane.z === 0 && plane.t === 0;
  const run: AutomaticRun | null = isFirst
    ? { sha256, displayRange, model: seenBy, preset: tiling ? `${preset} ${tiling.coreSidePx}` : preset }
    : null;
  if (run && !again && isSameRun(project.automaticRun(imageId), run)) return null;
  const bar = facts?.dataBar;
  const settings = { ...presetSettings(preset), ...(bar && { specimenRows: bar.y }) };
  const sourceOf = (part: Bbox | null) => pixels.embeddingSource(imageId, part, plane);
  const steps = tiling
    ? segmentInTiles(inference, view, tiling, sourceOf, model, settings, signal)
    : inference.segment(model, await sourceOf(null), settings, signal);
  const { records, prompts } = await resultOf(steps, progress);
  signal.throwIfAborted();
  const found = records.map((record) => foundMask(record, classId));
  const proposals = propose(needs, {
    ...proposalBatch(project, imageId, plane, 'automatic', found),
    model: model.name,
    run,
  });
  progress(1, proposals);
  return { proposals, prompts };
}

function foundMask(
  { segmentation, predicted_iou: predictedIou, stability_score: stability, border_edge: edge }: MaskRecord,
  classId: number,
): FoundMask {
  // A model's own rating may go beyond 1. What the image shows of the border counts half in the exponent, since the two
  // together tell right from wrong better than each.
  const confidence = Math.min(1, Math.max(0, predictedIou)) * stability * Math.sqrt(Math.min(1, edge ?? 1));
  return { segmentation, classId, predictedIou, stability, confidence };
}

function isSameRun(earlier: AutomaticRun | null, run: AutomaticRun): boolean {
  return (
    earlier !== null &&
    earlier.sha256 === run.sha256 &&
    earlier.model === run.model &&
    earlier.preset === run.preset &&
    String(earlier.displayRange) === String(run.displayRange)
  );
}
