import { resizeBicubic } from '../graph/bicubic.ts';
import type { Value } from '../graph/graphBuilder.ts';
import type { Layers } from '../graph/layers.ts';
import { reorder } from '../graph/reorder.ts';
import { attendInParts, attendWhole } from './attention.ts';
import { joinWindows, partitionWindows, windowGrid } from './windows.ts';

/**
 * SAM 2's image encoder: Hiera, a ViT in stages whose queries are pooled from stage to stage, and a feature pyramid
 * (Ravi et al. 2024; Ryali et al. 2023). Follows sam2/modeling/backbones/hieradet.py and image_encoder.py.
 */
export interface HieraConfig {
  inputSize: number;
  /** Width and heads of the first stage; both double at each further one. */
  width: number;
  heads: number;
  /** Blocks of each stage. */
  stages: readonly number[];
  /** Window of each stage, tokens. */
  windows: readonly number[];
  globalBlocks: readonly number[];
  /** Side of the positions that are resized to the whole plane. */
  backgroundSide: number;
  outputChannels: number;
  /** Levels of the pyramid, finest first, to which the next coarser one is added. */
  topDownLevels: readonly number[];
}

export interface HieraFeatures {
  /** [1, C, h, w], stride 16 */
  embeddings: Value;
  /** [1, C/8, 4h, 4w] and [1, C/4, 2h, 2w]: after the mask decoder's own 1×1 convolutions. */
  highRes0: Value;
  highRes1: Value;
}

interface Plane {
  /** [side × side, width] */
  rows: Value;
  side: number;
  width: number;
}

const trunk = 'image_encoder.trunk';

export async function buildHiera(layers: Layers, config: HieraConfig): Promise<HieraFeatures> {
  const { inputSize, width, stages, windows, globalBlocks, outputChannels: channels } = config;
  const side = inputSize / 4;
  const image = layers.graph.input('image', [1, 3, inputSize, inputSize]);
  const patch = { input: 3, output: width, kernel: 7, stride: 4, padding: 3 };
  const patches = layers.transpose(await layers.conv(image, `${trunk}.patch_embed.proj`, patch), [0, 2, 3, 1]);
  const rows = layers.add(layers.reshape(patches, [side * side, width]), await positionRows(layers, config, side));
  let plane: Plane = { rows, side, width };
  let heads = config.heads;
  const levels: Plane[] = [];
  let block = 0;
  for (const [stage, count] of stages.entries()) {
    for (let i = 0; i < count; i++, block++) {
      const grows = i === 0 && stage > 0;
      if (grows) heads *= 2;
      // The first block of a stage still has the windows of the one before, whose tokens it pools.
      const window = globalBlocks.includes(block) ? 0 : windows[grows ? stage - 1 : stage]!;
      plane = await buildBlock(layers, plane, `${trunk}.blocks.${block}`, { heads, window, grows });
    }
    levels.push(plane);
  }
  const pyramid = await buildPyramid(layers, levels, config);
  const noMemory = await layers.weight('no_mem_embed', [1, 1, channels]);
  const decoder = 'sam_mask_decoder';
  return {
    embeddings: layers.add(pyramid[2]!, layers.reshape(noMemory, [1, channels, 1, 1])),
    highRes0: await layers.conv(pyramid[0]!, `${decoder}.conv_s0`, {
      input: channels,
      output: channels / 8,
      kernel: 1,
    }),
    highRes1: await layers.conv(pyramid[1]!, `${decoder}.conv_s1`, {
      input: channels,
      output: channels / 4,
      kernel: 1,
    }),
  };
}

/** Positions of the whole plane, resized, and of a place in its window, repeated. */
async function positionRows(
  layers: Layers,
  { width, windows, backgroundSide }: HieraConfig,
  side: number,
): Promise<Value> {
  const window = windows[0]!;
  const name = `${trunk}.pos_embed`;
  const stored = await layers.weights.read(name, [1, width, backgroundSide, backgroundSide]);
  const inWindow = await layers.weights.read(`${trunk}.pos_embed_window`, [1, width, window, window]);
  const planes = resizeBicubic(stored, width, backgroundSide, side);
  if (inWindow.length > 0) {
    for (let at = 0; at < planes.length; at++) {
      const [channel, y, x] = [Math.floor(at / (side * side)), Math.floor(at / side) % side, at % side];
      planes[at]! += inWindow[(channel * window + (y % window)) * window + (x % window)]!;
    }
  }
  return layers.graph.weight(name, [side * side, width], reorder(planes, [width, side * side], [1, 0]));
}

async function buildBlock(
  layers: Layers,
  { rows, side, width }: Plane,
  prefix: string,
  { heads, window, grows }: { heads: number; window: number; grows: boolean },
): Promise<Plane> {
  const outWidth = grows ? 2 * width : width;
  const outSide = grows ? side / 2 : side;
  const normed = await layers.layerNorm(rows, `${prefix}.norm1`, width, 1e-6);
  let shortcut = rows;
  if (grows) {
    const projected = await layers.linear(normed, `${prefix}.proj`, width, outWidth);
    shortcut = layers.reshape(pool(layers, projected, 1, side, outWidth), [outSide * outSide, outWidth]);
  }
  const grid = windowGrid(side, window === 0 ? side : window);
  const cut = grid.window < side;
  const { count, window: from } = grid;
  const to = grows ? from / 2 : from;
  const depth = outWidth / heads;
  const windows = cut ? partitionWindows(layers, normed, grid, width) : normed;
  const qkv = await layers.linear(windows, `${prefix}.attn.qkv`, width, 3 * outWidth);
  const split = layers.transpose(layers.reshape(qkv, [count, from * from, 3, outWidth]), [2, 0, 1, 3]);
  const [q, k, v] = layers.graph.ops('Split', [split], 3, { axis: 0 }) as [Value, Value, Value];
  const queries = grows ? pool(layers, q, count, from, outWidth) : q;
  const apart = (x: Value, of: number, order: readonly number[], dims: readonly number[]) =>
    layers.reshape(layers.transpose(layers.reshape(x, [count, of * of, heads, depth]), order), dims);
  const parts = {
    q: apart(queries, to, [0, 2, 1, 3], [count * heads, to * to, depth]),
    k: layers.mul(
      apart(k, from, [0, 2, 3, 1], [count * heads, depth, from * from]),
      layers.graph.scalar(depth ** -0.5),
    ),
    v: apart(v, from, [0, 2, 1, 3], [count * heads, from * from, depth]),
    positions: null,
  };
  const shape = { batch: count * heads, side: to };
  const out = cut || grows ? attendWhole(layers, parts, shape) : attendInParts(layers, parts, shape);
  const byToken = layers.transpose(layers.reshape(out, [count, heads, to * to, depth]), [0, 2, 1, 3]);
  const outGrid = { ...grid, side: outSide, window: to };
  const joined = cut ? joinWindows(layers, byToken, outGrid, outWidth) : layers.reshape(byToken, [-1, outWidth]);
  const middle = layers.add(shortcut, await layers.linear(joined, `${prefix}.attn.proj`, outWidth, outWidth));
  let y = await layers.layerNorm(middle, `${prefix}.norm2`, outWidth, 1e-6);
  y = await layers.linearGelu(y, `${prefix}.mlp.layers.0`, outWidth, 4 * outWidth);
  y = layers.add(middle, await layers.linear(y, `${prefix}.mlp.layers.1`, 4 * outWidth, outWidth));
  return { rows: y, side: outSide, width: outWidth };
}

/** The largest of 2 × 2 tokens, channel by channel: [batch, side × side, C] → [batch, side × side / 4, C]. */
function pool(layers: Layers, x: Value, batch: number, side: number, channels: number): Value {
  const squares = layers.reshape(x, [batch, side / 2, 2, side / 2, 2, channels]);
  const largest = layers.graph.op('ReduceMax', [squares], { axes: [2, 4], keepdims: 0 });
  return layers.reshape(largest, [batch, -1, channels]);
}

/** All levels as [1, C, h, w], finest first. */
async function buildPyramid(layers: Layers, levels: readonly Plane[], config: HieraConfig): Promise<Value[]> {
  const { outputChannels, topDownLevels } = config;
  const out: Value[] = [];
  let coarser: Value | null = null;
  for (let level = levels.length - 1; level >= 0; level--) {
    const { rows, side, width } = levels[level]!;
    const name = `image_encoder.neck.convs.${levels.length - 1 - level}.conv`;
    const plane = layers.transpose(layers.reshape(rows, [1, side, side, width]), [0, 3, 1, 2]);
    let x: Value = await layers.conv(plane, name, { input: width, output: outputChannels, kernel: 1 });
    if (coarser !== null && topDownLevels.includes(level)) x = layers.add(x, doubleSide(layers, coarser));
    coarser = x;
    out[level] = x;
  }
  return out;
}

/** Each pixel four times. */
function doubleSide(layers: Layers, x: Value): Value {
  const { graph } = layers;
  const attributes = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  return graph.op('Resize', [x, '', graph.float([1, 1, 2, 2])], attributes);
}
