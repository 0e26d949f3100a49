import type { ModelDescription } from '../packages/description.ts';
import type { TokenMask } from '../predictor/chooseTokens.ts';
import type { ImageToModel, Point } from '../predictor/spaces.ts';
import type { CropBox } from './crops.ts';

/** What answers the points: a model on one image, or a formula in its place. */
export interface PromptDecoder {
  /** Most points that are decoded together; 1 for decoders whose graph fixes the batch. */
  readonly maxBatch: number;
  /** How low-res logits become masks. */
  readonly masks: Pick<ModelDescription, 'maskSize' | 'maskThreshold' | 'maskResample'>;
  /** Makes a crop of the image ready for points. */
  encodeCrop(crop: CropBox): Promise<EncodedCrop>;
}

export interface EncodedCrop {
  /** Between the crop's pixels and model space. */
  transform: ImageToModel;
  /**
   * Answers at most maxBatch points, each a positive click for itself, in pixels of the crop. For each point [M] masks
   * in the decoder's order, which hold until the next call.
   */
  decode(points: readonly Point[]): Promise<Pick<TokenMask, 'logits' | 'predictedIou'>[][]>;
}
