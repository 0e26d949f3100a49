/** What a run is asked for, under the published names' meanings (segment_anything/automatic_mask_generator.py). */
export interface AutomaticParameters {
  /** Points along each side of a crop's grid. */
  pointsPerSide: number;
  /** Points that go through the decoder together, where the decoder takes so many. */
  pointsPerBatch: number;
  /** A mask needs a higher predicted IoU than this. */
  predictedIouThreshold: number;
  /** A mask needs at least this stability score. */
  stabilityThreshold: number;
  /** Distance of the stability's two cuts from the mask's own, in logits. */
  stabilityOffset: number;
  /** Of two masks of a crop whose boxes have a higher IoU than this, the one with the higher predicted IoU stays. */
  boxNmsThreshold: number;
  /** Layers of crops below the whole image; layer i has 2^i × 2^i of them. */
  cropLayers: number;
  /** As {@link boxNmsThreshold}, between crops: the mask of the smaller crop stays. */
  cropNmsThreshold: number;
  /** Overlap of the first layer's crops as a share of the image's shorter side; halved with each further layer. */
  cropOverlapRatio: number;
  /** Points along a side are divided by this with each layer. */
  cropPointsDownscale: number;
  /** Holes and islands of fewer pixels are removed; 0 leaves masks as they are. */
  minRegionAreaPx: number;
}

/** The published defaults, chosen for SAM with ViT-H. */
export const publishedParameters: AutomaticParameters = {
  pointsPerSide: 32,
  pointsPerBatch: 64,
  predictedIouThreshold: 0.88,
  stabilityThreshold: 0.95,
  stabilityOffset: 1,
  boxNmsThreshold: 0.7,
  cropLayers: 0,
  cropNmsThreshold: 0.7,
  cropOverlapRatio: 512 / 1500,
  cropPointsDownscale: 1,
  minRegionAreaPx: 0,
};
