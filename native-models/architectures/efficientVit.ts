import type { Value } from '../graph/graphBuilder.ts';
import { resizeBicubic } from '../graph/bicubic.ts';
import type { Layers } from '../graph/layers.ts';
import { reorder } from '../graph/reorder.ts';
import { attendInParts } from './attention.ts';
import { buildNeck } from './neck.ts';

/**
 * EfficientSAM's image encoder: a plain ViT, all blocks global, positions of the pretraining size resized
 * (Xiong et al. 2023). Follows efficient_sam/efficient_sam_encoder.py.
 */
export interface EfficientVitConfig {
  inputSize: number;
  patchSize: number;
  width: number;
  heads: number;
  depth: number;
  mlpWidth: number;
  /** Positions of the pretraining, one of them the class token's. */
  positions: number;
  outputChannels: number;
}

const root = 'image_encoder';

/** → [1, C, h, w] */
export async function buildEfficientVit(layers: Layers, config: EfficientVitConfig): Promise<Value> {
  const { inputSize, patchSize, width, depth, outputChannels } = config;
  const side = inputSize / patchSize;
  const image = layers.graph.input('image', [1, 3, inputSize, inputSize]);
  const patch = { input: 3, output: width, kernel: patchSize, stride: patchSize };
  const patches = layers.transpose(await layers.conv(image, `${root}.patch_embed.proj`, patch), [0, 2, 3, 1]);
  let x = layers.add(layers.reshape(patches, [side * side, width]), await positionRows(layers, config, side));
  for (let block = 0; block < depth; block++) x = await buildBlock(layers, config, x, `${root}.blocks.${block}`, side);
  return buildNeck(layers, x, `${root}.neck`, width, outputChannels, side);
}

async function positionRows(layers: Layers, { width, positions }: EfficientVitConfig, side: number): Promise<Value> {
  const name = `${root}.pos_embed`;
  const stored = (await layers.weights.read(name, [1, positions, width])).subarray(width);
  const from = Math.round(Math.sqrt(positions - 1));
  const planes = resizeBicubic(reorder(stored, [from * from, width], [1, 0]), width, from, side);
  return layers.graph.weight(name, [side * side, width], reorder(planes, [width, side * side], [1, 0]));
}

async function buildBlock(
  layers: Layers,
  { width, heads, mlpWidth }: EfficientVitConfig,
  x: Value,
  prefix: string,
  side: number,
): Promise<Value> {
  const tokens = side * side;
  const depth = width / heads;
  const normed = await layers.layerNorm(x, `${prefix}.norm1`, width, 1e-6);
  const qkv = layers.reshape(await layers.linear(normed, `${prefix}.attn.qkv`, width, 3 * width), [
    tokens,
    3,
    heads,
    depth,
  ]);
  const [q, k, v] = layers.graph
    .ops('Split', [layers.transpose(qkv, [1, 2, 0, 3])], 3, { axis: 0 })
    .map((part) => layers.reshape(part, [heads, tokens, depth])) as [Value, Value, Value];
  const scaled = layers.transpose(layers.mul(k, layers.graph.scalar(depth ** -0.5)), [0, 2, 1]);
  const out = attendInParts(layers, { q, k: scaled, v, positions: null }, { batch: heads, side });
  const rows = layers.reshape(layers.transpose(out, [1, 0, 2]), [tokens, width]);
  const middle = layers.add(x, await layers.linear(rows, `${prefix}.attn.proj`, width, width));
  let y = await layers.layerNorm(middle, `${prefix}.norm2`, width, 1e-6);
  y = await layers.linearGelu(y, `${prefix}.mlp.fc1`, width, mlpWidth);
  return layers.add(middle, await layers.linear(y, `${prefix}.mlp.fc2`, mlpWidth, width));
}
