import type { Value } from '../graph/graphBuilder.ts';
import type { Layers } from '../graph/layers.ts';
import { reorder } from '../graph/reorder.ts';
import { buildNeck } from './neck.ts';
import { attendInParts, attendWhole } from './attention.ts';
import { joinWindows, partitionWindows, windowGrid } from './windows.ts';

/**
 * SAM's image encoder: a plain ViT with windowed and a few global blocks, relative positions in both, and a neck
 * (Kirillov et al. 2023; Li et al. 2022, ViTDet). Follows segment_anything/modeling/image_encoder.py.
 */
export interface SamVitConfig {
  /** Side of the image, pixels. */
  inputSize: number;
  patchSize: number;
  width: number;
  heads: number;
  mlpWidth: number;
  /** Window of each block; 0 is global. */
  windows: readonly number[];
  /** Channels of the embedding. */
  outputChannels: number;
}

export interface SamVitFeatures {
  /** [1, C, h, w] */
  embeddings: Value;
  /** [1, h, w, width] after the first global block (SAM-HQ's early features). */
  early: Value;
}

export async function buildSamVit(
  layers: Layers,
  config: SamVitConfig,
  root = 'image_encoder',
): Promise<SamVitFeatures> {
  const { graph } = layers;
  const { inputSize, patchSize, width, outputChannels, windows } = config;
  const side = inputSize / patchSize;
  const image = graph.input('image', [1, 3, inputSize, inputSize]);
  const patches = await layers.conv(image, `${root}.patch_embed.proj`, {
    input: 3,
    output: width,
    kernel: patchSize,
    stride: patchSize,
  });
  const positions = await layers.weight(`${root}.pos_embed`, [1, side, side, width]);
  let x = layers.add(layers.transpose(patches, [0, 2, 3, 1]), positions);
  x = layers.reshape(x, [side * side, width]);
  let early: Value | null = null;
  for (const [index, window] of windows.entries()) {
    x = await buildBlock(layers, config, x, `${root}.blocks.${index}`, window);
    if (window === 0) early ??= x;
  }
  const embeddings = await buildNeck(layers, x, `${root}.neck`, width, outputChannels, side);
  return { embeddings, early: layers.reshape(early ?? x, [1, side, side, width]) };
}

async function buildBlock(
  layers: Layers,
  config: SamVitConfig,
  x: Value,
  prefix: string,
  window: number,
): Promise<Value> {
  const { width, mlpWidth } = config;
  const normed = await layers.layerNorm(x, `${prefix}.norm1`, width, 1e-6);
  const attended = await buildAttention(layers, config, normed, `${prefix}.attn`, window);
  const middle = layers.add(x, attended);
  let y = await layers.layerNorm(middle, `${prefix}.norm2`, width, 1e-6);
  y = await layers.linearGelu(y, `${prefix}.mlp.lin1`, width, mlpWidth);
  return layers.add(middle, await layers.linear(y, `${prefix}.mlp.lin2`, mlpWidth, width));
}

/** [tokens, width] → [tokens, width], with decomposed relative positions. */
async function buildAttention(
  layers: Layers,
  { inputSize, patchSize, width, heads }: SamVitConfig,
  x: Value,
  prefix: string,
  window: number,
): Promise<Value> {
  const side = inputSize / patchSize;
  const depth = width / heads;
  const grid = windowGrid(side, window === 0 ? side : window);
  const cut = grid.window < side;
  // The reference pads with zeros before the projection; here the projection comes first, on fewer rows, and a padded
  // token becomes what it makes of zero: its bias.
  const bias = await layers.weight(`${prefix}.qkv.bias`, [3 * width]);
  const name = `${prefix}.qkv.weight`;
  const values = await layers.weights.read(name, [3 * width, width]);
  const matrix = { name, values, input: width, output: 3 * width };
  let qkv: Value;
  if (layers.layout === 'plain' || !cut) {
    const padded = cut ? partitionWindows(layers, x, grid, width) : x;
    qkv = await layers.rows(padded, { ...matrix, bias });
  } else {
    const unbiased = await layers.rows(x, { ...matrix, bias: null });
    qkv = layers.add(partitionWindows(layers, unbiased, grid, 3 * width), bias);
  }
  const { count, window: w } = grid;
  const tokens = w * w;
  // [count, tokens, 3, heads, depth] → [3, count × heads, tokens, depth]
  const split = layers.transpose(layers.reshape(qkv, [count, tokens, 3, heads, depth]), [2, 0, 3, 1, 4]);
  const [q, k, v] = layers.graph
    .ops('Split', [split], 3, { axis: 0 })
    .map((part) => layers.reshape(part, [count * heads, tokens, depth])) as [Value, Value, Value];

  const rows = await relativePositions(layers, `${prefix}.rel_pos_h`, w, depth);
  const columns = await relativePositions(layers, `${prefix}.rel_pos_w`, w, depth);
  const q4 = layers.reshape(q, [count * heads, w, w, depth]);
  // rel_h[b, y, x, k] = q[b, y, x] · R[y, k]; rel_w likewise with x.
  const byRow = layers.matMul(q4, rows);
  const byColumn = layers.transpose(layers.matMul(layers.transpose(q4, [0, 2, 1, 3]), columns), [0, 2, 1, 3]);
  const scaled = layers.mul(k, layers.graph.scalar(depth ** -0.5));
  const parts = { q, k: layers.transpose(scaled, [0, 2, 1]), v, positions: { byRow, byColumn } };
  const shape = { batch: count * heads, side: w };
  const out =
    layers.layout === 'plain' || cut ? attendWhole(layers, parts, shape) : attendInParts(layers, parts, shape);

  const byToken = layers.transpose(layers.reshape(out, [count, heads, tokens, depth]), [0, 2, 1, 3]);
  if (!cut) return layers.linear(layers.reshape(byToken, [tokens, width]), `${prefix}.proj`, width, width);
  if (layers.layout === 'plain') {
    const projected = await layers.linear(layers.reshape(byToken, [-1, width]), `${prefix}.proj`, width, width);
    return joinWindows(layers, projected, grid, width);
  }
  return layers.linear(joinWindows(layers, byToken, grid, width), `${prefix}.proj`, width, width);
}

/**
 * The table of relative positions between any two places on an axis, [place of the query, depth, place of the key],
 * from rel_pos [2 × side − 1, depth] (get_rel_pos with queries and keys of one size).
 */
async function relativePositions(layers: Layers, name: string, side: number, depth: number): Promise<Value> {
  const table = await layers.weights.read(name, [2 * side - 1, depth]);
  const values = new Float32Array(table.length === 0 ? 0 : side * side * depth);
  for (let q = 0, at = 0; at < values.length; q++) {
    for (let k = 0; k < side; k++, at += depth) {
      const from = (q - k + side - 1) * depth;
      values.set(table.subarray(from, from + depth), at);
    }
  }
  return layers.graph.weight(name, [side, depth, side], reorder(values, [side, side, depth], [0, 2, 1]));
}
