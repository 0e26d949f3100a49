import type { Mask } from '../masks/mask.ts';
import type { Rle } from '../masks/rle.ts';
import type { ImageEmbedding } from '../predictor/embedding.ts';
import type { Point } from '../predictor/spaces.ts';

/** An object that a user has judged, in image space. */
export interface ExampleObject {
  mask: Mask;
  /** null: the user rejected it. */
  classId: number | null;
}

/** A plane, or the part of one that was encoded, with what was judged there. */
export interface ExamplePlane {
  embedding: ImageEmbedding;
  objects: readonly ExampleObject[];
}

/** How one number that describes a shape varies among the examples of a class. */
export interface ShapeRange {
  mean: number;
  /** Never 0: few examples say little about the spread. */
  deviation: number;
}

export interface SimilarClass {
  classId: number;
  /** By the numbers of shape.ts. */
  shape: ShapeRange[];
}

/** A level of an embedding and its mean over the examples' planes, which is taken off everywhere. */
export interface SimilarLevel {
  name: string;
  /** [channels] */
  mean: Float32Array;
}

/** What was learned from examples; plain data, as the structured clone algorithm copies it. */
export interface SimilarModel {
  /** Coarsest first. Another model's embeddings have other levels and can't be searched with it. */
  levels: SimilarLevel[];
  /** By rising id. None: nothing was accepted, and so nothing is found. */
  classes: SimilarClass[];
  /** Unit features of the accepted examples at the coarsest level, [examples, channels]. */
  accepted: Float32Array;
  /** Of the rejected ones. */
  rejected: Float32Array;
  /** Radius of a disc with the area of a small accepted example, pixels of model space. */
  radiusModel: number;
  /** Similarity (see similarityMap.ts) from which a place is worth a click. */
  leastSimilarity: number;
  classifier: Classifier;
}

/** Multinomial logistic regression (see classifier.ts). */
export interface Classifier {
  /** Features are standardised by these before they are weighed, [features]. */
  mean: Float64Array;
  scale: Float64Array;
  /** [outcomes, features + 1]; the last of a row is its constant. */
  weights: Float64Array;
}

export interface SimilarProposal {
  segmentation: Rle;
  classId: number;
  /** 0..1: how sure it is that this is an object of the class. */
  confidence: number;
  predictedIou: number;
  stability: number;
  /** The click that gave the mask, image space. */
  point: Point;
}

export interface SimilarRun {
  /** What is on the plane already, whatever was said about it: it is not proposed again. */
  known: readonly Mask[];
  signal?: AbortSignal;
  pointsPerBatch?: number;
}
