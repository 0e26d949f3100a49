import type { Mask } from '../../../native-models/masks/mask.ts';
import type { SimilarModel } from '../../../native-models/similar/index.ts';
import type { DataBar, ModelInfo, PlaneAddress } from '../api/contract.ts';
import { firstPlane, isSameSlice } from '../micrographs/contract.ts';
import type { ImageOutcome, ImageWork } from './overImages.ts';
import { proposalBatch } from './proposalBatch.ts';
import { type ProposalNeeds, propose } from './proposalNeeds.ts';
import { resultOf } from './resultOf.ts';

/** Proposes what is like the examples on an image. */
export async function searchImage(
  needs: ProposalNeeds,
  { imageId, signal, progress }: ImageWork,
  learned: SimilarModel,
  model: ModelInfo,
  plane: PlaneAddress = firstPlane,
): Promise<ImageOutcome> {
  const { project, pixels, inference } = needs;
  const source = await pixels.embeddingSource(imageId, null, plane);
  const { view, facts } = project.image(imageId);
  const { widthPx, heightPx } = view;
  // Proposals are no reason to look elsewhere: what is found anew takes the place of those that it repeats.
  const known = project
    .masks(imageId, null)
    .filter(({ view }) => isSameSlice(view.plane, plane))
    .filter(({ view }) => view.state !== 'proposed' || view.locked)
    .map(({ mask }) => mask);
  // What an instrument wrote below the picture is nothing to be found.
  if (facts?.dataBar) known.push(rowsOf(facts.dataBar, widthPx));
  const steps = inference.searchSimilar(model, source, learned, { widthPx, heightPx, known }, signal);
  const { proposals: found, prompts } = await resultOf(steps, progress);
  signal.throwIfAborted();
  const proposals = propose(needs, {
    ...proposalBatch(project, imageId, plane, 'similar', found),
    model: model.name,
    run: null,
  });
  progress(1, proposals);
  return { proposals, prompts };
}

function rowsOf({ y, height }: DataBar, widthPx: number): Mask {
  return { x: 0, y, width: widthPx, height, data: new Uint8Array(widthPx * height).fill(1) };
}
