import type { Preparation } from '../packages/description.ts';

/** Pixel preparation as each family publishes it: the one place where these numbers are. */
const common = { pad: 'bottom-right', padValue: 0, order: 'rgb' } as const;
const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } satisfies Partial<Preparation>;

/** segment-anything, MobileSAM and SAM-HQ: the longest side, values 0 to 255, padding after normalisation. */
export const samPreparation: Preparation = {
  ...common,
  resize: 'longest-side',
  resample: 'bilinear-antialias',
  valueRange: [0, 255],
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
};

/** SAM 2 (sam2/utils/transforms.py): stretched to the square. */
export const sam2Preparation: Preparation = {
  ...common,
  ...imageNet,
  resize: 'square',
  resample: 'bilinear-antialias',
  valueRange: [0, 1],
};

/** EfficientSAM (efficient_sam.py, preprocess): stretched to the square, without antialiasing. */
export const efficientSamPreparation: Preparation = { ...sam2Preparation, resample: 'bilinear' };
