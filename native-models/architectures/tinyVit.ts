import { contrib, real, type Value } from '../graph/graphBuilder.ts';
import type { Layers } from '../graph/layers.ts';
import { reorder } from '../graph/reorder.ts';
import { buildNeck } from './neck.ts';
import { joinWindows, partitionWindows, windowGrid } from './windows.ts';

/**
 * MobileSAM's image encoder: TinyViT, convolutions first, then windowed attention with a bias for each offset
 * (Wu et al. 2022). Follows mobile_sam/modeling/tiny_vit_sam.py.
 */
export interface TinyVitConfig {
  inputSize: number;
  outputChannels: number;
  /** Blocks of convolutions, at stride 4. */
  convolutions: { width: number; hidden: number; depth: number };
  stages: readonly TinyVitStage[];
}

export interface TinyVitStage {
  width: number;
  depth: number;
  heads: number;
  window: number;
  mlpWidth: number;
  /** Side of the plane of tokens. */
  side: number;
}

const root = 'image_encoder';
const epsilon = 1e-5;
/** Hidden values of a strip of a convolution block: 8 MiB. */
const stripValues = 2 ** 21;

/** → [1, C, h, w] */
export async function buildTinyVit(layers: Layers, config: TinyVitConfig): Promise<Value> {
  const { inputSize, outputChannels, convolutions, stages } = config;
  const { width, hidden, depth } = convolutions;
  let x = layers.graph.input('image', [1, 3, inputSize, inputSize]);
  const half = { input: 3, output: width / 2, kernel: 3, stride: 2, padding: 1 };
  x = layers.gelu(await layers.convNorm(x, `${root}.patch_embed.seq.0`, half));
  x = await layers.convNorm(x, `${root}.patch_embed.seq.2`, { ...half, input: width / 2, output: width });
  for (let block = 0; block < depth; block++) {
    const shape = { width, hidden, side: inputSize / 4 };
    x = await convolutionBlock(layers, x, `${root}.layers.0.blocks.${block}`, shape);
  }
  let [channels, side] = [width, inputSize / 4];
  for (const [index, stage] of stages.entries()) {
    const stride = side / stage.side;
    x = await mergePatches(layers, x, `${root}.layers.${index}.downsample`, channels, stage.width, stride);
    [channels, side] = [stage.width, stage.side];
    for (let block = 0; block < stage.depth; block++) {
      x = await attentionBlock(layers, x, `${root}.layers.${index + 1}.blocks.${block}`, stage);
    }
  }
  const rows = toRows(layers, x, channels, side);
  return buildNeck(layers, rows, `${root}.neck`, channels, outputChannels, side);
}

/**
 * MBConv. Its hidden channels are the largest tensors of the encoder, 67 MB each; compact, they are made for some rows
 * at a time, which stay in the cache, with one more row at each side for the depthwise convolution.
 */
async function convolutionBlock(
  layers: Layers,
  x: Value,
  prefix: string,
  { width, hidden, side }: { width: number; hidden: number; side: number },
): Promise<Value> {
  const [expand, mix, shrink] = [
    await layers.convNormWeights(`${prefix}.conv1`, { input: width, output: hidden, kernel: 1 }),
    await layers.convNormWeights(`${prefix}.conv2`, { input: hidden, output: hidden, kernel: 3, groups: hidden }),
    await layers.convNormWeights(`${prefix}.conv3`, { input: hidden, output: width, kernel: 1 }),
  ];
  const strips = layers.layout === 'plain' ? 1 : Math.max(1, Math.round((hidden * side * side) / stripValues));
  const rows = Math.ceil(side / strips);
  const parts: Value[] = [];
  for (let top = 0; top < side; top += rows) {
    const bottom = Math.min(side, top + rows);
    const [above, below] = [Math.min(1, top), Math.min(1, side - bottom)];
    const wide = strips === 1 ? x : layers.slice(x, 2, top - above, bottom + below);
    const y = layers.gelu(expand(wide));
    const mixed = layers.gelu(mix(y, [1 - above, 1, 1 - below, 1]));
    const own = strips === 1 ? x : layers.slice(x, 2, top, bottom);
    parts.push(layers.gelu(layers.add(own, shrink(mixed))));
  }
  return parts.length === 1 ? parts[0]! : layers.concat(parts, 2);
}

async function mergePatches(
  layers: Layers,
  x: Value,
  prefix: string,
  input: number,
  output: number,
  stride: number,
): Promise<Value> {
  let y = layers.gelu(await layers.convNorm(x, `${prefix}.conv1`, { input, output, kernel: 1 }));
  const depthwise = { input: output, output, kernel: 3, stride, padding: 1, groups: output };
  y = layers.gelu(await layers.convNorm(y, `${prefix}.conv2`, depthwise));
  return layers.convNorm(y, `${prefix}.conv3`, { input: output, output, kernel: 1 });
}

/** [1, C, side, side] → the same: attention in windows, a depthwise convolution, an MLP. */
async function attentionBlock(layers: Layers, x: Value, prefix: string, stage: TinyVitStage): Promise<Value> {
  const { width, mlpWidth, side } = stage;
  const rows = toRows(layers, x, width, side);
  const attended = layers.add(rows, await attention(layers, rows, `${prefix}.attn`, stage));
  const plane = toPlane(layers, attended, width, side);
  const local = { input: width, output: width, kernel: 3, padding: 1, groups: width };
  const mixed = toRows(layers, await layers.convNorm(plane, `${prefix}.local_conv`, local), width, side);
  let y = await layers.layerNorm(mixed, `${prefix}.mlp.norm`, width, epsilon);
  y = layers.gelu(await layers.linear(y, `${prefix}.mlp.fc1`, width, mlpWidth));
  y = layers.add(mixed, await layers.linear(y, `${prefix}.mlp.fc2`, mlpWidth, width));
  return toPlane(layers, y, width, side);
}

async function attention(
  layers: Layers,
  x: Value,
  prefix: string,
  { width, heads, window, side }: TinyVitStage,
): Promise<Value> {
  const grid = windowGrid(side, window);
  const cut = window < side;
  const depth = width / heads;
  const tokens = window * window;
  const windows = cut ? partitionWindows(layers, x, grid, width) : x;
  const normed = await layers.layerNorm(windows, `${prefix}.norm`, width, epsilon);
  const bias = await offsetBiases(layers, `${prefix}.attention_biases`, heads, window);
  const proj = (rows: Value) => layers.linear(rows, `${prefix}.proj`, width, width);
  if (layers.layout === 'plain') {
    const qkv = await layers.linear(normed, `${prefix}.qkv`, width, 3 * width);
    const out = attendByHead(layers, qkv, bias, { count: grid.count, tokens, heads, depth });
    const projected = await proj(layers.reshape(out, [-1, width]));
    return cut ? joinWindows(layers, projected, grid, width) : projected;
  }
  // Queries, keys and values each by themselves: the operator takes them as they come, without a transpose of ours.
  const parts = await separateProjections(layers, normed, `${prefix}.qkv`, heads, depth);
  const [q, k, v] = parts.map((part) => layers.reshape(part, [grid.count, tokens, width])) as [Value, Value, Value];
  const attributes = { num_heads: heads, scale: real(depth ** -0.5) };
  const out = layers.graph.op('MultiHeadAttention', [q, k, v, '', '', bias], attributes, contrib);
  // The projection is a token's own affair: before or after the padding is dropped.
  return proj(cut ? joinWindows(layers, out, grid, width) : layers.reshape(out, [tokens, width]));
}

interface HeadShape {
  count: number;
  tokens: number;
  heads: number;
  depth: number;
}

/** Attention from [count × tokens, heads × 3 × depth], operation by operation → [count, tokens, heads, depth]. */
function attendByHead(layers: Layers, qkv: Value, bias: Value, { count, tokens, heads, depth }: HeadShape): Value {
  const split = layers.transpose(layers.reshape(qkv, [count, tokens, heads, 3, depth]), [3, 0, 2, 1, 4]);
  const [q, k, v] = layers.graph
    .ops('Split', [split], 3, { axis: 0 })
    .map((part) => layers.reshape(part, [count, heads, tokens, depth])) as [Value, Value, Value];
  const product = layers.matMul(q, layers.transpose(k, [0, 1, 3, 2]));
  const scores = layers.add(layers.mul(product, layers.graph.scalar(depth ** -0.5)), bias);
  return layers.transpose(layers.matMul(layers.softmax(scores), v), [0, 2, 1, 3]);
}

/** The rows of TinyViT's qkv layer, which has q, k and v of a head beside each other, as three layers. */
async function separateProjections(
  layers: Layers,
  x: Value,
  prefix: string,
  heads: number,
  depth: number,
): Promise<Value[]> {
  const width = heads * depth;
  const shape = [heads, 3, depth, width];
  const weight = reorder(await layers.weights.read(`${prefix}.weight`, [3 * width, width]), shape, [1, 0, 2, 3]);
  const bias = reorder(await layers.weights.read(`${prefix}.bias`, [3 * width]), [heads, 3, depth], [1, 0, 2]);
  const square = { input: width, output: width };
  const parts: Value[] = [];
  for (const [index, name] of ['q', 'k', 'v'].entries()) {
    const rows = weight.subarray(index * width * width, (index + 1) * width * width);
    const offsets = bias.subarray(index * width, (index + 1) * width);
    const offset = await layers.graph.weight(`${prefix}.${name}.bias`, [width], offsets);
    parts.push(await layers.rows(x, { ...square, name: `${prefix}.${name}.weight`, values: rows, bias: offset }));
  }
  return parts;
}

/**
 * A bias for each pair of places in a window, by their offset, [1, heads, tokens, tokens]. Offsets (|Δy|, |Δx|) are
 * numbered as they are first met, going through the pairs in order.
 */
async function offsetBiases(layers: Layers, name: string, heads: number, window: number): Promise<Value> {
  const count = window * window;
  const biases = await layers.weights.read(name, [heads, count]);
  const numbers = new Map<number, number>();
  const index = new Int32Array(count * count);
  for (let a = 0, at = 0; a < count; a++) {
    for (let b = 0; b < count; b++, at++) {
      const dy = Math.abs(Math.floor(a / window) - Math.floor(b / window));
      const dx = Math.abs((a % window) - (b % window));
      const offset = dy * window + dx;
      if (!numbers.has(offset)) numbers.set(offset, numbers.size);
      index[at] = numbers.get(offset)!;
    }
  }
  const values = new Float32Array(biases.length === 0 ? 0 : heads * index.length);
  for (let at = 0; at < values.length; at++) {
    values[at] = biases[Math.floor(at / index.length) * count + index[at % index.length]!]!;
  }
  return layers.graph.weight(name, [1, heads, count, count], values);
}

function toRows(layers: Layers, x: Value, channels: number, side: number): Value {
  return layers.reshape(layers.transpose(x, [0, 2, 3, 1]), [side * side, channels]);
}

function toPlane(layers: Layers, x: Value, channels: number, side: number): Value {
  return layers.transpose(layers.reshape(x, [1, side, side, channels]), [0, 3, 1, 2]);
}
