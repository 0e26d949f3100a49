import { usualExtract } from './extract/extractOptions.ts';
import { type MaskFilters, noFilters } from './filterMasks.ts';
import { defaultImagePoints, type ImagePointOptions } from './imagePoints.ts';
import { type AutomaticParameters, publishedParameters } from './parameters.ts';
import type { AutomaticSettings } from './segmentPlane.ts';

export const presetNames = ['particles', 'grains', 'cracks', 'layers', 'cells'] as const;
export type PresetName = (typeof presetNames)[number];

export interface Preset extends AutomaticSettings {
  name: PresetName;
  /** What it is for, in a sentence for people. */
  purpose: string;
}

/** The published generator as it is: a grid of 32 × 32 points and thresholds for large models. */
export const publishedSettings: AutomaticSettings = {
  imagePoints: null,
  parameters: publishedParameters,
  filters: noFilters,
};

/**
 * Thresholds for a small model, whose good masks have softer borders and lower ratings than ViT-H's: on three images of
 * the nuclei's train part lamella-v1 meets 0.23 of the objects at a stability of 0.85 and 0.88 to 0.94 at 0.7 to 0.5.
 */
const parameters: AutomaticParameters = {
  ...publishedParameters,
  predictedIouThreshold: 0.6,
  stabilityThreshold: 0.6,
  minRegionAreaPx: 25,
};
const filters: MaskFilters = { minAreaPx: 25, maxAreaShare: 0.4, maxCovered: 0.5, minBorderEdge: 0 };
/**
 * Patches of the ground have a side that nothing shows. On the val images of superalloy it raises the precision at
 * IoU 0.5 from 0.65 to 0.75 (recall 0.86 both), on eight of nuclei from 0.72 to 0.78 (recall 0.87 and 0.85).
 */
const minBorderEdge = 0.45;
const points: ImagePointOptions = defaultImagePoints;

export const presets: Readonly<Record<PresetName, Preset>> = {
  particles: {
    name: 'particles',
    purpose: 'Many separate, compact objects on a ground: powders, precipitates, pores, inclusions.',
    imagePoints: points,
    parameters,
    filters: { ...filters, maxAreaShare: 0.2, minBorderEdge },
    extract: { ...usualExtract, twoPhases: true },
  },
  grains: {
    name: 'grains',
    purpose: 'A surface without gaps, each part bounded by thin lines or by its own grey: grains, domains, foam cells.',
    imagePoints: { ...points, distance: 8, leastDepth: 4, gridPerSide: 24 },
    parameters: { ...parameters, minRegionAreaPx: 100 },
    filters: { ...filters, minAreaPx: 100, maxAreaShare: 0.5 },
    extract: { ...usualExtract, minAreaPx: 100, boundaryPx: 12 },
  },
  cracks: {
    name: 'cracks',
    purpose: 'Long, thin things that are a few pixels wide: cracks, fibres, grain boundary films.',
    imagePoints: { ...points, distance: 4, leastDepth: 1, gridPerSide: 8 },
    // A border pixel weighs more in a thin mask, and boxes of crossing cracks overlap though the cracks don't.
    parameters: { ...parameters, predictedIouThreshold: 0.5, stabilityThreshold: 0.4, boxNmsThreshold: 0.85 },
    filters: { ...filters, maxAreaShare: 0.15, maxCovered: 0.6 },
    extract: { ...usualExtract, mergeBelow: 0.5 },
  },
  layers: {
    name: 'layers',
    purpose: 'Bands from one side of the image to the other, however large: coatings, oxide scales, laminates.',
    imagePoints: { ...points, distance: 12, leastDepth: 4, blobScales: 0, gridPerSide: 16 },
    parameters: { ...parameters, minRegionAreaPx: 400 },
    filters: { ...filters, minAreaPx: 1000, maxAreaShare: 0.8 },
    extract: { ...usualExtract, minAreaPx: 400 },
  },
  cells: {
    name: 'cells',
    purpose: 'Nuclei and cells, bright or dark, crowded and touching, in fluorescence, stain or phase contrast.',
    imagePoints: { ...points, blobScales: 9, gridPerSide: 16 },
    parameters: { ...parameters, boxNmsThreshold: 0.6 },
    filters: { ...filters, maxAreaShare: 0.2, minBorderEdge },
    // Nuclei that touch have a faint edge between them, which is theirs.
    extract: { ...usualExtract, mergeBelow: 0.15 },
  },
};

/** Settings with another number of points along each side of the grid. */
export function withPointsPerSide(settings: AutomaticSettings, perSide: number): AutomaticSettings {
  return {
    ...settings,
    parameters: { ...settings.parameters, pointsPerSide: perSide },
    imagePoints: settings.imagePoints && { ...settings.imagePoints, gridPerSide: perSide },
  };
}
