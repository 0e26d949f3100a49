import type { Tensors } from '../graph/weightSource.ts';
import { type MaskDecoderConfig, samUpscaling } from './maskDecoder.ts';
import { samPoints } from './promptEncoder.ts';
import { countNumbered, shapeOf } from './shapes.ts';

/** Heads of the two-way transformer: no shape tells them, and every published decoder has eight. */
const heads = 8;

interface DecoderNames {
  promptPrefix: string;
  prefix: string;
  /** Names of a transformer's MLP layers. */
  mlpNames: readonly [string, string];
}

export const samNames: DecoderNames = {
  promptPrefix: 'prompt_encoder',
  prefix: 'mask_decoder',
  mlpNames: ['mlp.lin1', 'mlp.lin2'],
};

export const sam2Names: DecoderNames = {
  promptPrefix: 'sam_prompt_encoder',
  prefix: 'sam_mask_decoder',
  mlpNames: ['mlp.layers.0', 'mlp.layers.1'],
};

/** The decoder of SAM and of those that kept it, by the shapes of its tensors. */
export function readSamDecoder(
  tensors: Tensors,
  { promptPrefix, prefix, mlpNames }: DecoderNames,
  image: { inputSize: number; side: number },
): MaskDecoderConfig {
  const [, channels] = shapeOf(tensors, `${prefix}.iou_token.weight`, 2) as [number, number];
  const [masks] = shapeOf(tensors, `${prefix}.mask_tokens.weight`, 2) as [number];
  const [maskChannels] = shapeOf(tensors, `${promptPrefix}.mask_downscaling.3.weight`, 4) as [number];
  const [mlpWidth] = shapeOf(tensors, `${prefix}.transformer.layers.0.${mlpNames[0]}.weight`, 2) as [number];
  const [iouWidth] = shapeOf(tensors, `${prefix}.iou_prediction_head.layers.0.weight`, 2) as [number];
  const iouDepth = countNumbered(tensors, `${prefix}.iou_prediction_head.layers.`);
  const hyperDepth = countNumbered(tensors, `${prefix}.output_hypernetworks_mlps.0.layers.`);
  const numbered = (count: number) => Array.from({ length: count }, (_, level) => `layers.${level}`);
  return {
    prompt: { prefix: promptPrefix, ...image, channels, maskChannels, points: samPoints },
    transformer: {
      heads,
      depth: countNumbered(tensors, `${prefix}.transformer.layers.`),
      mlpWidth,
      mlpNames: [mlpNames[0].replace('mlp.', ''), mlpNames[1].replace('mlp.', '')],
      activation: 'relu',
      keepsTokens: false,
      residualFirst: false,
    },
    prefix,
    masks,
    mlpLayers: numbered(hyperDepth),
    iouLayers: numbered(iouDepth),
    activation: 'relu',
    iouWidth,
    iouSigmoid: false,
    upscaling: samUpscaling,
    tokensBefore: [],
    highResolution: false,
    hq: false,
  };
}

/** EfficientSAM's decoder: other names, GELU, one norm over all, no mask prompt (efficient_sam_decoder.py). */
export function readEfficientSamDecoder(
  tensors: Tensors,
  image: { inputSize: number; side: number },
): MaskDecoderConfig {
  const prefix = 'mask_decoder';
  const [, channels] = shapeOf(tensors, `${prefix}.iou_token.weight`, 2) as [number, number];
  const [masks] = shapeOf(tensors, `${prefix}.mask_tokens.weight`, 2) as [number];
  const [mlpWidth] = shapeOf(tensors, `${prefix}.transformer.layers.0.mlp.layers.0.0.weight`, 2) as [number];
  const [iouWidth] = shapeOf(tensors, `${prefix}.iou_prediction_head.layers.0.0.weight`, 2) as [number];
  const layersOf = (root: string) => [
    ...Array.from({ length: countNumbered(tensors, `${root}.layers.`) }, (_, level) => `layers.${level}.0`),
    'fc',
  ];
  return {
    prompt: {
      prefix: 'prompt_encoder',
      ...image,
      channels,
      maskChannels: null,
      points: {
        names: [
          'invalid_points.weight',
          null,
          'point_embeddings.weight',
          'bbox_top_left_embeddings.weight',
          'bbox_bottom_right_embeddings.weight',
        ],
        // decoder_max_num_input_points of the published models.
        padding: { fillUpTo: 6 },
      },
    },
    transformer: {
      heads,
      depth: countNumbered(tensors, `${prefix}.transformer.layers.`),
      mlpWidth,
      mlpNames: ['layers.0.0', 'fc'],
      activation: 'gelu',
      keepsTokens: true,
      residualFirst: true,
    },
    prefix,
    masks,
    mlpLayers: layersOf(`${prefix}.output_hypernetworks_mlps.0`),
    iouLayers: layersOf(`${prefix}.iou_prediction_head`),
    activation: 'gelu',
    iouWidth,
    iouSigmoid: false,
    upscaling: {
      first: 'final_output_upscaling_layers.0.0',
      norm: 'final_output_upscaling_layers.0.1',
      second: 'final_output_upscaling_layers.1.0',
      normOver: 'everything',
    },
    tokensBefore: [],
    highResolution: false,
    hq: false,
  };
}
