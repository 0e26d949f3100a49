import type { ChangeView } from '../api/contract.ts';
import type { ImagePixels } from '../images/imagePixels.ts';
import type { InferenceClient } from '../inference/contract.ts';
import type { Project, ProposalBatch } from '../project/contract.ts';

/** What a run on an image works with. */
export interface ProposalNeeds {
  project: Project;
  pixels: Pick<ImagePixels, 'identify' | 'embeddingSource'>;
  inference: Pick<InferenceClient, 'model' | 'status' | 'predict' | 'segment' | 'learnSimilar' | 'searchSimilar'>;
  /** What a run has written. */
  changed(change: ChangeView): void;
}

/** Writes what a run proposes as one edit, and tells it. Gives the number of proposals. */
export function propose({ project, changed }: ProposalNeeds, batch: ProposalBatch): number {
  const change = project.addProposals(batch);
  if (change) changed(change);
  return batch.proposals.length;
}
