import type { Value } from '../graph/graphBuilder.ts';
import type { Layers } from '../graph/layers.ts';

/** The neck of SAM's encoders, 1×1 and 3×3 convolutions with norms: [side × side, width] → [1, C, side, side]. */
export async function buildNeck(
  layers: Layers,
  x: Value,
  prefix: string,
  width: number,
  channels: number,
  side: number,
): Promise<Value> {
  const plane = layers.transpose(layers.reshape(x, [1, side, side, width]), [0, 3, 1, 2]);
  let y = await layers.conv(plane, `${prefix}.0`, { input: width, output: channels, kernel: 1 }, false);
  y = await layers.layerNorm2d(y, `${prefix}.1`, channels);
  y = await layers.conv(y, `${prefix}.2`, { input: channels, output: channels, kernel: 3, padding: 1 }, false);
  return layers.layerNorm2d(y, `${prefix}.3`, channels);
}
