import type { AutomaticProgress } from '../../../native-models/automatic/generateMasks.ts';
import type { ImageEmbedding } from '../../../native-models/predictor/embedding.ts';
import { type SimilarModel, type SimilarPredictor, similarSteps } from '../../../native-models/similar/index.ts';
import type { SimilarMasks, SimilarSearch } from './messages.ts';

/** What similarSteps finds, and by how many clicks. */
export async function* similarMasks(
  predictor: SimilarPredictor,
  embedding: ImageEmbedding,
  learned: SimilarModel,
  { widthPx, heightPx, known, pointsPerBatch }: SimilarSearch & { pointsPerBatch: number },
): AsyncGenerator<AutomaticProgress, SimilarMasks> {
  let prompts = 0;
  const counting: SimilarPredictor = {
    model: predictor.model,
    maxBatch: predictor.maxBatch,
    predictBatch: (of, points) => {
      prompts += points.length;
      return predictor.predictBatch(of, points);
    },
  };
  const run = { known, pointsPerBatch };
  const proposals = yield* similarSteps(counting, embedding, { widthPx, heightPx }, learned, run);
  return { proposals, prompts };
}
