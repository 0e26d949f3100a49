import type { BatchPredictor } from '../../../native-models/automatic/modelDecoder.ts';
import type { ImageEmbedding } from '../../../native-models/predictor/embedding.ts';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';

/** A predictor that has the embedding of this plane already; parts of the plane it encodes. */
export function knowingWhole(predictor: BatchPredictor, plane: PixelPlane, embedding: ImageEmbedding): BatchPredictor {
  return {
    model: predictor.model,
    maxBatch: predictor.maxBatch,
    predictBatch: (of, points) => predictor.predictBatch(of, points),
    encodeImage: async (part, valueRange, origin) =>
      part === plane ? embedding : predictor.encodeImage(part, valueRange, origin),
  };
}
