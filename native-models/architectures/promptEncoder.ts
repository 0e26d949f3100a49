import type { Value } from '../graph/graphBuilder.ts';
import type { Layers } from '../graph/layers.ts';
import { elementTypes } from '../graph/onnxSchema.ts';

/** SAM's prompt encoder (segment_anything/modeling/prompt_encoder.py), on model-space pixels. */
export interface PromptEncoderConfig {
  /** Of the prompt encoder's tensors. */
  prefix: string;
  /** Side of the image, pixels of model space. */
  inputSize: number;
  /** Channels of the embedding. */
  channels: number;
  /** Side of the embedding. */
  side: number;
  /** Channels of the last layer of the mask's downscaling; null: the model takes no mask prompt. */
  maskChannels: number | null;
  points: PointEmbeddings;
}

export interface PointEmbeddings {
  /** Tensors, below the prefix, of what is added for the labels −1, 0, 1, 2 and 3; null: nothing. */
  names: readonly [string, string | null, string, string, string];
  /** What a padding point is: nothing but its embedding, or a place outside the image, of which there are enough to
   * make up this number of points. */
  padding: 'no place' | { fillUpTo: number };
}

export const samPoints: PointEmbeddings = {
  names: [
    'not_a_point_embed.weight',
    'point_embeddings.0.weight',
    'point_embeddings.1.weight',
    'point_embeddings.2.weight',
    'point_embeddings.3.weight',
  ],
  padding: 'no place',
};

/** 2π in two parts; the first has few enough bits that small multiples of it are exact. */
const turnCoarse = 6.28125;
const turnFine = 2 * Math.PI - turnCoarse;

const labels = [-1, 0, 1, 2, 3];
const { fround } = Math;

/** [B, N, 2] and [B, N] → [B, N', C]. */
export async function embedPoints(
  layers: Layers,
  coords: Value,
  pointLabels: Value,
  { prefix, inputSize, channels, points }: PromptEncoderConfig,
): Promise<Value> {
  const { graph } = layers;
  const half = channels / 2;
  const gaussian = await layers.weights.read(`${prefix}.pe_layer.positional_encoding_gaussian_matrix`, [2, half]);
  const matrix = await graph.weight(`${prefix}.frequencies`, [2, half], gaussian);
  const parts: Float32Array[] = [];
  for (const name of points.names) {
    parts.push(
      name === null ? new Float32Array(channels) : await layers.weights.read(`${prefix}.${name}`, [1, channels]),
    );
  }
  const table = Float32Array.from(parts.flatMap((row) => [...row]));
  const embeddings = await graph.weight(`${prefix}.label_embeddings`, [labels.length, channels], table);

  const { padding } = points;
  const { places, each } =
    padding === 'no place'
      ? { places: coords, each: layers.reshape(pointLabels, [0, 0, 1]) }
      : fillUp(layers, coords, pointLabels, padding.fillUpTo);
  const isPadding = graph.op('Cast', [graph.op('Equal', [each, graph.scalar(-1)])], { to: elementTypes.float });
  const isPoint = graph.op('Sub', [graph.scalar(1), isPadding]);
  // A padding point outside the image lies at (−1, −1) before it is moved to a pixel's centre.
  const placed = padding === 'no place' ? places : graph.op('Sub', [layers.mul(places, isPoint), isPadding]);
  const centred = layers.add(placed, graph.scalar(0.5));
  // In the order of the reference: an angle is several turns, and what rounding does to it shows in the logits.
  const share = graph.op('Div', [centred, graph.scalar(inputSize)]);
  const unit = graph.op('Sub', [layers.mul(share, graph.scalar(2)), graph.scalar(1)]);
  const angles = layers.mul(layers.matMul(unit, matrix), graph.scalar(2 * Math.PI));
  const positions = layers.concat(sineAndCosine(layers, angles), -1);
  const isLabel = graph.op('Equal', [each, graph.float(labels, [1, 1, labels.length])]);
  const oneHot = graph.op('Cast', [isLabel], { to: elementTypes.float });
  const kept = padding === 'no place' ? layers.mul(positions, isPoint) : positions;
  return layers.add(kept, layers.matMul(oneHot, embeddings));
}

/**
 * Sine and cosine, to float32's accuracy. WebGPU's own are good to 2⁻¹¹ only, which a decoder's sharp attention turns
 * into wrong masks. Whole turns are taken off first, in two parts of which the first is exact (Cody and Waite), so that
 * an angle counts as the reference rounds it; half of what is left, within ±π/2, goes through Taylor's polynomials (the
 * first term left out is under 6e-8), and the doubled angle follows from it.
 */
function sineAndCosine(layers: Layers, angles: Value): [sine: Value, cosine: Value] {
  const { graph } = layers;
  const turns = graph.op('Round', [layers.mul(angles, graph.scalar(1 / (2 * Math.PI)))]);
  const less = (x: Value, part: number) => graph.op('Sub', [x, layers.mul(turns, graph.scalar(part))]);
  const half = layers.mul(less(less(angles, turnCoarse), turnFine), graph.scalar(0.5));
  const square = layers.mul(half, half);
  /** Σ (−1)ⁿ x²ⁿ / (2n + odd)!, by Horner's rule. */
  const series = (odd: 0 | 1): Value => {
    let sum: Value | null = null;
    for (let n = 6; n >= 0; n--) {
      let factorial = 1;
      for (let k = 2; k <= 2 * n + odd; k++) factorial *= k;
      const term = graph.scalar((n % 2 === 0 ? 1 : -1) / factorial);
      sum = sum === null ? term : layers.add(layers.mul(sum, square), term);
    }
    return sum!;
  };
  const sine = layers.mul(half, series(1));
  const twice = layers.mul(sine, graph.scalar(2));
  return [layers.mul(twice, series(0)), graph.op('Sub', [graph.scalar(1), layers.mul(twice, sine)])];
}

/** Adds padding points until there are `least`; more points than that are kept. */
function fillUp(layers: Layers, coords: Value, pointLabels: Value, least: number): { places: Value; each: Value } {
  const { graph } = layers;
  const shape = graph.op('Shape', [pointLabels]);
  const count = layers.slice(shape, 0, 1, 2);
  const gap = graph.op('Max', [graph.op('Sub', [graph.int64([least]), count]), graph.int64([0])]);
  const before = graph.int64([0, 0, 0]);
  const pads = layers.concat([before, graph.int64([0]), gap, graph.int64([0])], 0);
  const minusOne = graph.scalar(-1);
  const each = layers.reshape(pointLabels, [0, 0, 1]);
  return { places: graph.op('Pad', [coords, pads, minusOne]), each: graph.op('Pad', [each, pads, minusOne]) };
}

/** The positional encoding of the embedding's own cells, [1, side × side, C]: a constant of the model. */
export async function densePositions(layers: Layers, config: PromptEncoderConfig): Promise<Value> {
  const { prefix, channels, side } = config;
  const half = channels / 2;
  const gaussian = await layers.weights.read(`${prefix}.pe_layer.positional_encoding_gaussian_matrix`, [2, half]);
  const values = new Float32Array(gaussian.length === 0 ? 0 : side * side * channels);
  for (let cell = 0; cell * channels < values.length; cell++) {
    const x = fround(2 * fround(((cell % side) + 0.5) / side) - 1);
    const y = fround(2 * fround((Math.floor(cell / side) + 0.5) / side) - 1);
    for (let i = 0; i < half; i++) {
      // Rounded as the reference rounds, which computes these in float32.
      const turns = fround(fround(x * gaussian[i]!) + y * gaussian[half + i]!);
      const angle = fround(fround(2 * Math.PI) * turns);
      values[cell * channels + i] = Math.sin(angle);
      values[cell * channels + half + i] = Math.cos(angle);
    }
  }
  return layers.graph.weight(`${prefix}.dense_positions`, [1, side * side, channels], values);
}

/**
 * Mask prompts as dense embeddings → [D, side × side, C]; D is B where a prompt has a mask, else 1: without masks
 * all prompts share one. null for a model that takes no masks.
 */
export async function embedMasks(
  layers: Layers,
  maskInput: Value,
  hasMask: Value,
  config: PromptEncoderConfig,
): Promise<Value | null> {
  const { graph } = layers;
  const { prefix, channels, side, maskChannels } = config;
  if (maskChannels === null) return null;
  const none = layers.reshape(await layers.weight(`${prefix}.no_mask_embed.weight`, [1, channels]), [1, 1, channels]);
  const any = graph.op('Greater', [graph.op('ReduceMax', [hasMask], { axes: [0], keepdims: 1 }), graph.scalar(0)]);
  const batch = graph.op('Shape', [hasMask]);
  const distinct = graph.op('Where', [any, batch, graph.int64([1])]);
  const first = (x: Value) => graph.op('Slice', [x, graph.int64([0]), distinct, graph.int64([0])]);

  const quarter = maskChannels / 4;
  const down = `${prefix}.mask_downscaling`;
  let x = await layers.conv(first(maskInput), `${down}.0`, { input: 1, output: quarter, kernel: 2, stride: 2 });
  x = layers.gelu(await layers.layerNorm2d(x, `${down}.1`, quarter));
  x = await layers.conv(x, `${down}.3`, { input: quarter, output: maskChannels, kernel: 2, stride: 2 });
  x = layers.gelu(await layers.layerNorm2d(x, `${down}.4`, maskChannels));
  x = await layers.conv(x, `${down}.6`, { input: maskChannels, output: channels, kernel: 1 });
  const dense = layers.transpose(layers.reshape(x, [0, channels, side * side]), [0, 2, 1]);
  const has = layers.reshape(first(hasMask), [-1, 1, 1]);
  const without = layers.mul(none, graph.op('Sub', [graph.scalar(1), has]));
  return layers.add(layers.mul(dense, has), without);
}
