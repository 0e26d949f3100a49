import type { Value } from '../graph/graphBuilder.ts';
import type { Layers } from '../graph/layers.ts';
import { doubled, toPlane } from './upscaling.ts';

/**
 * SAM-HQ's finer features, from the embedding and from the encoder's early ones (Ke et al. 2023; mask_decoder_hq.py).
 * They depend on the image alone, so the encoder's graph makes them.
 * @param early [1, side, side, width]
 * @returns [1, C/8, 4 × side, 4 × side]
 */
export async function buildHqFeatures(
  layers: Layers,
  embeddings: Value,
  early: Value,
  { channels, width, side }: { channels: number; width: number; side: number },
): Promise<Value> {
  const prefix = 'mask_decoder';
  const rows = layers.transpose(layers.reshape(embeddings, [1, channels, side * side]), [0, 2, 1]);
  const late = await upscale(layers, `${prefix}.embedding_encoder`, rows, [channels, channels / 4, channels / 8]);
  const flat = layers.reshape(early, [1, side * side, width]);
  const compressed = await upscale(layers, `${prefix}.compress_vit_feat`, flat, [width, channels, channels / 8]);
  return toPlane(layers, layers.add(late, compressed), side, channels / 8);
}

async function upscale(
  layers: Layers,
  prefix: string,
  rows: Value,
  [input, middle, output]: readonly [number, number, number],
): Promise<Value> {
  const x = await doubled(layers, `${prefix}.0`, rows, input, middle);
  const normed = await layers.layerNorm(x, `${prefix}.1`, middle, 1e-6);
  return doubled(layers, `${prefix}.3`, layers.gelu(normed), middle, output);
}
