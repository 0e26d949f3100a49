import type { Value } from '../graph/graphBuilder.ts';
import type { Layers } from '../graph/layers.ts';
import { reorder } from '../graph/reorder.ts';
import { densePositions, embedMasks, embedPoints, type PromptEncoderConfig } from './promptEncoder.ts';
import { cellsOf, doubled, toPlane } from './upscaling.ts';
import { buildTwoWayTransformer, type TransformerConfig } from './twoWayTransformer.ts';

/** SAM's mask decoder (segment_anything/modeling/mask_decoder.py) behind the prompt encoder, and its relatives. */
export interface MaskDecoderConfig {
  prompt: PromptEncoderConfig;
  transformer: Omit<TransformerConfig, 'prefix' | 'channels'>;
  /** Of the mask decoder's tensors. */
  prefix: string;
  /** Mask tokens, the single-mask one first. */
  masks: number;
  /** Names of the layers of the MLPs after the transformer, below their prefix, and what is between these layers. */
  mlpLayers: readonly string[];
  iouLayers: readonly string[];
  activation: 'relu' | 'gelu';
  iouWidth: number;
  iouSigmoid: boolean;
  upscaling: UpscalingConfig;
  /** Token embeddings that come before the IoU token. */
  tokensBefore: readonly string[];
  /** SAM 2: features of strides 8 and 4 are added while upscaling. */
  highResolution: boolean;
  /** SAM-HQ: one more token, on finer features. */
  hq: boolean;
}

export interface UpscalingConfig {
  /** Of the two transposed convolutions and of the norm between them. */
  first: string;
  norm: string;
  second: string;
  /** Over the channels of a pixel (LayerNorm2d), or over all of a prompt's values (GroupNorm of one group). */
  normOver: 'channels' | 'everything';
}

export const samUpscaling: UpscalingConfig = {
  first: 'output_upscaling.0',
  norm: 'output_upscaling.1',
  second: 'output_upscaling.3',
  normOver: 'channels',
};

/** Inputs and outputs of the decoder graph: the contract that the predictor runs all models by. */
export async function buildMaskDecoder(layers: Layers, config: MaskDecoderConfig): Promise<void> {
  const { graph } = layers;
  const { prompt, prefix, masks, hq } = config;
  const { channels, side } = prompt;
  const cells = side * side;
  const low = 4 * side;
  const embeddings = graph.input('image_embeddings', [1, channels, side, side]);
  const fine = config.highResolution
    ? {
        stride4: graph.input('high_res_features_0', [1, channels / 8, low, low]),
        stride8: graph.input('high_res_features_1', [1, channels / 4, 2 * side, 2 * side]),
      }
    : null;
  const hqFeatures = hq ? graph.input('hq_features', [1, channels / 8, low, low]) : null;
  const coords = graph.input('point_coords', ['B', 'N', 2]);
  const labels = graph.input('point_labels', ['B', 'N']);
  const maskInput = graph.input('mask_input', ['B', 1, low, low]);
  const hasMask = graph.input('has_mask_input', ['B']);

  const points = await embedPoints(layers, coords, labels, prompt);
  const dense = await embedMasks(layers, maskInput, hasMask, prompt);
  const positions = await densePositions(layers, prompt);

  const ownTokens = [...config.tokensBefore, 'iou_token.weight'].map((name): [string, number] => [name, 1]);
  ownTokens.push(['mask_tokens.weight', masks]);
  if (hq) ownTokens.push(['hf_token.weight', 1]);
  const own = await stackRows(layers, prefix, ownTokens, channels);
  const batch = graph.op('Shape', [hasMask]);
  const shape = layers.concat([batch, graph.int64([ownTokens.reduce((sum, [, rows]) => sum + rows, 0), channels])], 0);
  const tokens = layers.concat([graph.op('Expand', [own, shape]), points], 1);

  const plane = layers.transpose(layers.reshape(embeddings, [1, channels, cells]), [0, 2, 1]);
  const image = dense === null ? plane : layers.add(plane, dense);
  const transformer = { ...config.transformer, prefix: `${prefix}.transformer`, channels };
  const result = await buildTwoWayTransformer(layers, transformer, tokens, image, positions);

  const first = config.tokensBefore.length;
  const iouToken = layers.reshape(layers.slice(result.tokens, 1, first, first + 1), [-1, channels]);
  const maskTokens = layers.slice(result.tokens, 1, first + 1, first + 1 + masks);
  const upscale = layers.layout === 'plain' ? upscaleAsPlane : upscaleAsCells;
  const upscaled = await upscale(layers, config, result.image, fine);
  let logits = upscaled.times(await hypernetworks(layers, config, maskTokens), masks);
  if (hqFeatures !== null) {
    const token = layers.reshape(layers.slice(result.tokens, 1, first + 1 + masks, first + 2 + masks), [-1, channels]);
    const hqLogits = await hqMask(layers, config, token, upscaled.plane(), hqFeatures);
    logits = layers.concat([logits, hqLogits], 1);
  }
  graph.output('low_res_masks', logits, ['B', masks + (hq ? 1 : 0), low, low]);

  const iouHead = { prefix: `${prefix}.iou_prediction_head`, names: config.iouLayers, activation: config.activation };
  let iou = await head(layers, iouHead, iouToken, channels, config.iouWidth, masks);
  if (config.iouSigmoid) iou = graph.op('Sigmoid', [iou]);
  if (hq) iou = layers.concat([iou, layers.mul(layers.slice(iou, 1, 0, 1), graph.scalar(0))], 1);
  graph.output('iou_predictions', iou, ['B', masks + (hq ? 1 : 0)]);
}

async function stackRows(
  layers: Layers,
  prefix: string,
  names: readonly (readonly [string, number])[],
  channels: number,
): Promise<Value> {
  const parts: Value[] = [];
  for (const [name, rows] of names) parts.push(await layers.weight(`${prefix}.${name}`, [rows, channels]));
  return layers.reshape(layers.concat(parts, 0), [1, -1, channels]);
}

/** What the image became at stride 4. */
interface Upscaled {
  /** With vectors [B, count, C/8] → [B, count, 4 × side, 4 × side]. */
  times(vectors: Value, count: number): Value;
  /** [B, C/8, 4 × side, 4 × side] */
  plane(): Value;
}

/** Two transposed convolutions on the image [B, P, C]; `fine` are features of the encoder that are added on the way. */
type Upscale = (
  layers: Layers,
  config: MaskDecoderConfig,
  image: Value,
  fine: { stride4: Value; stride8: Value } | null,
) => Promise<Upscaled>;

/** Pixels in the order of {@link doubled}. */
const upscaleAsCells: Upscale = async (layers, { prefix, prompt, upscaling }, image, fine) => {
  const { channels, side } = prompt;
  const [quarter, eighth] = [channels / 4, channels / 8];
  let x = await doubled(layers, `${prefix}.${upscaling.first}`, image, channels, quarter);
  if (fine) x = layers.add(x, cellsOf(layers, fine.stride8, side, quarter, 1));
  const norm = `${prefix}.${upscaling.norm}`;
  if (upscaling.normOver === 'channels') x = await layers.layerNorm(x, norm, quarter, 1e-6);
  else x = await layers.groupNorm(x, norm, quarter, 1e-5);
  const second = [layers, `${prefix}.${upscaling.second}`, layers.gelu(x), quarter, eighth] as const;
  x = fine
    ? layers.gelu(layers.add(await doubled(...second), cellsOf(layers, fine.stride4, side, eighth, 2)))
    : await doubled(...second, 'gelu');
  // [B, cells, 2, 2, 2, 2, C/8]
  const cells = layers.reshape(x, [0, -1, eighth]);
  return {
    times: (vectors, count) => {
      return toPlane(layers, layers.matMul(cells, layers.transpose(vectors, [0, 2, 1])), side, count);
    },
    plane: () => toPlane(layers, cells, side, eighth),
  };
};

/** The same operation by operation. */
const upscaleAsPlane: Upscale = async (layers, { prefix, prompt, upscaling }, image, fine) => {
  const { channels, side } = prompt;
  const [quarter, eighth, low] = [channels / 4, channels / 8, 4 * side];
  const plane = layers.reshape(layers.transpose(image, [0, 2, 1]), [0, channels, side, side]);
  let x = await layers.convTranspose(plane, `${prefix}.${upscaling.first}`, channels, quarter);
  if (fine) x = layers.add(x, fine.stride8);
  const norm = `${prefix}.${upscaling.norm}`;
  if (upscaling.normOver === 'channels') x = await layers.layerNorm2d(x, norm, quarter);
  else {
    const rows = layers.transpose(layers.reshape(x, [0, quarter, 4 * side * side]), [0, 2, 1]);
    const normed = layers.transpose(await layers.groupNorm(rows, norm, quarter, 1e-5), [0, 2, 1]);
    x = layers.reshape(normed, [0, quarter, 2 * side, 2 * side]);
  }
  x = await layers.convTranspose(layers.gelu(x), `${prefix}.${upscaling.second}`, quarter, eighth);
  const upscaled = layers.gelu(fine ? layers.add(x, fine.stride4) : x);
  return {
    times: (vectors, count) => {
      const product = layers.matMul(vectors, layers.reshape(upscaled, [0, eighth, low * low]));
      return layers.reshape(product, [0, count, low, low]);
    },
    plane: () => upscaled,
  };
};

/** One MLP a mask token, side by side: [B, masks, C] → [B, masks, C/8]. */
async function hypernetworks(
  layers: Layers,
  { prefix, prompt, masks, mlpLayers, activation }: MaskDecoderConfig,
  tokens: Value,
): Promise<Value> {
  const { graph, weights } = layers;
  const { channels } = prompt;
  const root = `${prefix}.output_hypernetworks_mlps`;
  let x = layers.reshape(tokens, [0, masks, 1, channels]);
  for (const [level, layer] of mlpLayers.entries()) {
    const last = level === mlpLayers.length - 1;
    const output = last ? channels / 8 : channels;
    const matrices: Float32Array[] = [];
    const biases: Float32Array[] = [];
    for (let mask = 0; mask < masks; mask++) {
      const name = `${root}.${mask}.${layer}`;
      const values = await weights.read(`${name}.weight`, [output, channels]);
      matrices.push(reorder(values, [output, channels], [1, 0]));
      biases.push(await weights.read(`${name}.bias`, [output]));
    }
    const matrix = await graph.weight(`${root}.weight.${level}`, [masks, channels, output], joined(matrices));
    const bias = await graph.weight(`${root}.bias.${level}`, [masks, 1, output], joined(biases));
    x = layers.add(layers.matMul(x, matrix), bias);
    if (!last) x = layers[activation](x);
  }
  return layers.reshape(x, [0, masks, channels / 8]);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

interface HeadConfig {
  prefix: string;
  names: readonly string[];
  activation: 'relu' | 'gelu';
}

/** An MLP on rows [B, input] → [B, output]. */
async function head(
  layers: Layers,
  { prefix, names, activation }: HeadConfig,
  x: Value,
  input: number,
  hidden: number,
  output: number,
): Promise<Value> {
  let y = x;
  for (const [level, name] of names.entries()) {
    const last = level === names.length - 1;
    y = await layers.project(y, `${prefix}.${name}`, level === 0 ? input : hidden, last ? output : hidden);
    if (!last) y = layers[activation](y);
  }
  return y;
}

/** SAM-HQ's mask: its token on the upscaled features and the encoder's finer ones (mask_decoder_hq.py) → [B, 1, …]. */
async function hqMask(
  layers: Layers,
  { prefix, prompt, mlpLayers, activation }: MaskDecoderConfig,
  token: Value,
  upscaled: Value,
  features: Value,
): Promise<Value> {
  const { channels, side } = prompt;
  const [quarter, eighth] = [channels / 4, channels / 8];
  const convs = `${prefix}.embedding_maskfeature`;
  let x = await layers.conv(upscaled, `${convs}.0`, { input: eighth, output: quarter, kernel: 3, padding: 1 });
  x = layers.gelu(await layers.layerNorm2d(x, `${convs}.1`, quarter));
  x = await layers.conv(x, `${convs}.3`, { input: quarter, output: eighth, kernel: 3, padding: 1 });
  const fine = layers.reshape(layers.add(x, features), [0, eighth, -1]);
  const mlp = { prefix: `${prefix}.hf_mlp`, names: mlpLayers, activation };
  const hyper = await head(layers, mlp, token, channels, channels, eighth);
  const product = layers.matMul(layers.reshape(hyper, [-1, 1, eighth]), fine);
  return layers.reshape(product, [0, 1, 4 * side, 4 * side]);
}
