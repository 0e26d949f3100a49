import { contrib, type Value } from '../graph/graphBuilder.ts';
import type { Layers } from '../graph/layers.ts';
import { reorder } from '../graph/reorder.ts';

/**
 * nn.ConvTranspose2d of kernel and stride 2: [B, n, input] → [B, n × 4, output]. Such a convolution makes four pixels of
 * each on its own, so it is a product, and pixels stay in the order of their coarse cell until the masks are there:
 * only these few channels have to be put in rows.
 */
export async function doubled(
  layers: Layers,
  prefix: string,
  x: Value,
  input: number,
  output: number,
  activation: 'gelu' | null = null,
): Promise<Value> {
  const { graph } = layers;
  const values = await layers.weights.read(`${prefix}.weight`, [input, output, 2, 2]);
  const rows = reorder(values, [input, output, 4], [2, 1, 0]);
  const offsets = await layers.weights.read(`${prefix}.bias`, [output]);
  // One bias a pixel of the four.
  const repeated = new Float32Array(4 * offsets.length);
  for (let pixel = 0; pixel < 4; pixel++) repeated.set(offsets, pixel * offsets.length);
  const bias = await graph.weight(`${prefix}.bias`, [4 * output], repeated);
  const flat = layers.reshape(x, [-1, input]);
  const batch = layers.slice(graph.op('Shape', [x]), 0, 0, 1);
  const matrix = { name: `${prefix}.weight`, values: rows, input, output: 4 * output };
  const four = activation
    ? graph.op('BiasGelu', [await layers.exactRows(flat, { ...matrix, bias: null }), bias], {}, contrib)
    : await layers.exactRows(flat, { ...matrix, bias });
  return graph.op('Reshape', [four, layers.concat([batch, graph.int64([-1, output])], 0)]);
}

/** [1, C, side × 2^levels, …] → [1, cells × 4^levels, C], in the order of {@link doubled}. */
export function cellsOf(layers: Layers, x: Value, side: number, channels: number, levels: 1 | 2): Value {
  if (levels === 1) {
    const split = layers.reshape(x, [channels, side, 2, side, 2]);
    return layers.reshape(layers.transpose(split, [1, 3, 2, 4, 0]), [1, -1, channels]);
  }
  const split = layers.reshape(x, [channels, side, 2, 2, side, 2, 2]);
  return layers.reshape(layers.transpose(split, [1, 4, 2, 5, 3, 6, 0]), [1, -1, channels]);
}

/** [B, cells × 16, C] in the order of {@link doubled} → [B, C, 4 × side, 4 × side]. */
export function toPlane(layers: Layers, x: Value, side: number, channels: number): Value {
  // One level after the other: what stays together is copied at once, which is faster than all in one go.
  const inner = 4 * channels;
  const coarse = layers.transpose(layers.reshape(x, [-1, side, 2, 2, inner]), [0, 2, 1, 3, 4]); // y, y₂, x, x₂
  const pairs = layers.reshape(coarse, [-1, 2 * side, 2, 2 * channels]);
  const fine = layers.transpose(pairs, [0, 2, 1, 3]); // Y, y₄, X, x₄
  const pixels = layers.reshape(fine, [-1, 16 * side * side, channels]);
  return layers.reshape(layers.transpose(pixels, [0, 2, 1]), [0, channels, 4 * side, 4 * side]);
}
