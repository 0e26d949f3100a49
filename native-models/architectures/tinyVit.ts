import type { Value } from '../graph/graphBuilder.ts';
import type { Layers } from '../graph/layers.ts';
import { reorder } from '../graph/reorder.ts';
import { buildNeck } from './neck.ts';
import { joinWindows, partitionWindows, tokensOfWindows, windowGrid } from './windows.ts';

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

/** → [1, C, h, w] */
export async function buildTinyVit(layers: Layers, config: TinyVitConfig): Promise<Value> {
  const { inputSize, outputChannels, convolutions, stages } = config;
  const { width, hidden, depth } = convolutions;
  let x = layers.graph.input('image', [1, 3, inputSize, inputSize]);
  const half = { input: 3, output: width / 2, kernel: 3, stride: 2, padding: 1 };
  x = layers.gelu(await layers.convNorm(x, `${root}.patch_embed.seq.0`, half));
  x = await layers.convNorm(x, `${root}.patch_embed.seq.2`, { ...half, input: width / 2, output: width });
  for (let block = 0; block < depth; block++) {
    x = await convolutionBlock(layers, x, `${root}.layers.0.blocks.${block}`, { width, hidden });
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

/** MBConv. */
async function convolutionBlock(
  layers: Layers,
  x: Value,
  prefix: string,
  { width, hidden }: { width: number; hidden: number },
): Promise<Value> {
  const wide = { input: hidden, output: hidden, kernel: 3, padding: 1, groups: hidden };
  let y = layers.gelu(await layers.convNorm(x, `${prefix}.conv1`, { input: width, output: hidden, kernel: 1 }));
  y = layers.gelu(await layers.convNorm(y, `${prefix}.conv2`, wide));
  y = await layers.convNorm(y, `${prefix}.conv3`, { input: hidden, output: width, kernel: 1 });
  return layers.gelu(layers.add(x, y));
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
  y = await layers.linearGelu(y, `${prefix}.mlp.fc1`, width, mlpWidth);
  y = layers.add(mixed, await layers.linear(y, `${prefix}.mlp.fc2`, mlpWidth, width));
  return toPlane(layers, y, width, side);
}

async function attention(layers: Layers, x: Value, prefix: string, stage: TinyVitStage): Promise<Value> {
  const { width, heads, window, side } = stage;
  const grid = windowGrid(side, window);
  const cut = window < side;
  const shape = { count: grid.count, tokens: window * window, heads, depth: width / heads };
  const bias = await offsetBiases(layers, `${prefix}.attention_biases`, heads, window);
  const norm = (rows: Value) => layers.layerNorm(rows, `${prefix}.norm`, width, epsilon);
  if (layers.layout === 'plain') {
    const normed = await norm(cut ? partitionWindows(layers, x, grid, width) : x);
    const qkv = await layers.linear(normed, `${prefix}.qkv`, width, 3 * width);
    const out = attendByHead(layers, qkv, bias, shape);
    const projected = await layers.linear(layers.reshape(out, [-1, width]), `${prefix}.proj`, width, width);
    return cut ? joinWindows(layers, projected, grid, width) : projected;
  }
  const normed = await norm(cut ? tokensOfWindows(layers, x, grid, width) : x);
  const { q, k, v, proj } = await separateProjections(layers, normed, prefix, shape);
  const scores = layers.add(layers.matMul(q, k), bias);
  // The projection is a token's own affair: it comes after the padding is dropped.
  const out = layers.transpose(layers.matMul(layers.softmax(scores), v), [0, 2, 1, 3]);
  return proj(cut ? joinWindows(layers, out, grid, width) : layers.reshape(out, [-1, width]));
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

interface Projections {
  /** [count, heads, tokens, depth], scaled. */
  q: Value;
  /** [count, heads, depth, tokens] */
  k: Value;
  /** [count, heads, tokens, depth] */
  v: Value;
  proj: (rows: Value) => Promise<Value>;
}

/**
 * The qkv layer, which has q, k and v of a head beside each other, as three, and the projection after the attention.
 * Attention sums to one: a bias of k falls out of it, one of v goes through it, into the projection's.
 * @param x [tokens × count, width]. A product reads rows that lie apart, so that onnxruntime's CPU kernels need no copy of
 *   q, k and v by head; MultiHeadAttention copies, and its WebGPU kernel was seen to be wrong by 1e-2 to 3e-1.
 */
async function separateProjections(
  layers: Layers,
  x: Value,
  prefix: string,
  { count, tokens, heads, depth }: HeadShape,
): Promise<Projections> {
  const { graph, weights } = layers;
  const width = heads * depth;
  const byPart = [1, 0, 2, 3];
  const weight = reorder(
    await weights.read(`${prefix}.qkv.weight`, [3 * width, width]),
    [heads, 3, depth, width],
    byPart,
  );
  const bias = reorder(await weights.read(`${prefix}.qkv.bias`, [3 * width]), [heads, 3, depth, 1], byPart);
  const scale = depth ** -0.5;
  const apart = async (index: number, perm: readonly number[]) => {
    const name = `${prefix}.${'qkv'[index]}`;
    const isQuery = index === 0;
    const rows = weight.subarray(index * width * width, (index + 1) * width * width);
    const values = isQuery ? rows.map((value) => value * scale) : rows;
    const offsets = bias.subarray(0, width).map((value) => value * scale);
    const offset = isQuery ? await graph.weight(`${name}.bias`, [width], offsets) : null;
    const product = await layers.rows(x, { name: `${name}.weight`, values, input: width, output: width, bias: offset });
    return layers.transpose(layers.reshape(product, [tokens, count, heads, depth]), perm);
  };
  const [q, k, v] = [await apart(0, [1, 2, 0, 3]), await apart(1, [1, 2, 3, 0]), await apart(2, [1, 2, 0, 3])];
  const proj = async (rows: Value) => {
    const values = await weights.read(`${prefix}.proj.weight`, [width, width]);
    const offsets = await weights.read(`${prefix}.proj.bias`, [width]);
    const through = offsets.map((offset, row) => {
      let sum = offset;
      for (let i = 0; i < width; i++) sum += values[row * width + i]! * bias[2 * width + i]!;
      return sum;
    });
    const offset = await graph.weight(`${prefix}.proj.bias`, [width], through);
    return layers.rows(rows, { name: `${prefix}.proj.weight`, values, input: width, output: width, bias: offset });
  };
  return { q, k, v, proj };
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
