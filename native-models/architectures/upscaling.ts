import type { Value } from '../graph/graphBuilder.ts';
import type { Layers } from '../graph/layers.ts';
import { reorder } from '../graph/reorder.ts';

/**
 * nn.ConvTranspose2d of kernel and stride 2: [B, n, input] → [B, n × 4, output]. Such a convolution makes four pixels of
 * each on its own, so it is a product, and pixels stay in the order of their coarse cell until the masks are there:
 * only these few channels have to be put in rows.
 */
export async function doubled(layers: Layers, prefix: string, x: Value, input: number, output: number): Promise<Value> {
  const values = await layers.weights.read(`${prefix}.weight`, [input, output, 2, 2]);
  const rows = reorder(values, [input, output, 4], [2, 1, 0]);
  const offsets = await layers.weights.read(`${prefix}.bias`, [output]);
  // One bias a pixel of the four.
  const bias = new Float32Array(4 * offsets.length);
  for (let pixel = 0; pixel < 4; pixel++) bias.set(offsets, pixel * offsets.length);
  const shared = await layers.graph.weight(`${prefix}.bias`, [4 * output], bias);
  const flat = layers.reshape(x, [-1, input]);
  const batch = layers.slice(layers.graph.op('Shape', [x]), 0, 0, 1);
  const four = await layers.exactRows(flat, {
    ...{ name: `${prefix}.weight`, values: rows },
    ...{ input, output: 4 * output, bias: shared },
  });
  return layers.graph.op('Reshape', [four, layers.concat([batch, layers.graph.int64([-1, output])], 0)]);
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
  // Of one batch after the other: [B × side, side, 2, 2, 2, 2, C] (y, x, y₂, x₂, y₄, x₄).
  const apart = layers.reshape(x, [-1, side, 2, 2, 2, 2, channels]);
  const rows = layers.transpose(apart, [0, 2, 4, 6, 1, 3, 5]); // y, y₂, y₄, C, x, x₂, x₄
  const lines = layers.reshape(rows, [-1, 4 * side, channels, 4 * side]);
  return layers.transpose(lines, [0, 2, 1, 3]);
}
