/** The wire's contract for what the program proposes: automatic segmentation, "more like these", and their review. */
import { z } from 'zod';
import { planeAddress, type TaskView } from './contract.ts';

/** 'grid': the published generator, as it is. */
export const automaticPreset = z.enum(['particles', 'grains', 'cracks', 'layers', 'cells', 'grid']);
export type AutomaticPreset = z.infer<typeof automaticPreset>;

const imageIds = z.array(z.number().int()).min(1);

export const automaticRequest = z.object({
  /** In this order. Images whose last run had the same model, preset, tiles and display range are left out, unless `again`. */
  imageIds,
  /** Of each of them; left out: the first. */
  plane: planeAddress.optional(),
  preset: automaticPreset,
  /**
   * Longest side of the tiles that are looked at one by one, pixels of the plane, without their halo of an eighth on each
   * side. null, or left out: the plane as a whole; a very large one in tiles of 1024.
   */
  tilePx: z.number().int().min(256).max(8192).nullable().optional(),
  /** Class of the proposals. */
  classId: z.number().int(),
  again: z.boolean(),
});
export type AutomaticRequest = z.infer<typeof automaticRequest>;

export const similarRequest = z.object({
  /** Where to look. */
  imageIds,
  /** Of each of them; left out: the first. */
  plane: planeAddress.optional(),
  /** Accepted objects that show what is wanted, of any images; empty: all accepted ones. Rejected ones teach too. */
  exampleIds: z.array(z.number().int()),
});
export type SimilarRequest = z.infer<typeof similarRequest>;

/** Through the slices at one time, or through time at one slice. */
export const propagationAxis = z.enum(['z', 't']);
export type PropagationAxis = z.infer<typeof propagationAxis>;

export const propagateRequest = z.object({
  imageId: z.number().int(),
  /** Accepted objects of one plane, which are looked for on the others along `axis`. */
  ids: z.array(z.number().int()).min(1),
  /** Left out: z where there are several slices, else t. */
  axis: propagationAxis.optional(),
});
export type PropagateRequest = z.infer<typeof propagateRequest>;

/** How an object was proposed. What the filters look at is measured once, when it is proposed. */
export interface ProposalFacts {
  source: 'automatic' | 'similar' | 'propagated';
  /**
   * How likely it is right, 0..1: automatic: predicted IoU × stability, less where the image shows little of the border; similar: of the classifier; propagated:
   * predicted IoU × IoU with the plane before.
   */
  confidence: number;
  /** It reaches the border of the plane. */
  touchesBorder: boolean;
  /** Proposals that hold this one to more than 0.9 of its area. */
  nesting: number;
  /** 8-connected parts. */
  parts: number;
  /** Largest share of its area that one other proposal covers which does not hold it and is not held by it, 0..1. */
  overlap: number;
}

export interface ProposalResult {
  /** Images that were segmented, in order. */
  images: { imageId: number; proposals: number; prompts: number; seconds: number }[];
  /** Left out because they were done before. */
  skipped: number[];
  /** Images that can't be read: they don't keep the others from being done. */
  failed: { imageId: number; message: string }[];
}
export type ProposalTaskView = TaskView<ProposalResult>;
