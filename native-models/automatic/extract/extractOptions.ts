import type { ExtractOptions } from './microstructure.ts';

/** Of a micrograph of which nothing is known. */
export const usualExtract: ExtractOptions = { minAreaPx: 25, mergeBelow: 0.35, twoPhases: false, boundaryPx: 6 };
