import type { Value } from '../graph/graphBuilder.ts';
import type { Layers } from '../graph/layers.ts';
import { reorder } from '../graph/reorder.ts';

/**
 * SAM's two-way transformer: tokens attend to themselves and to the image, the image attends to the tokens
 * (segment_anything/modeling/transformer.py).
 *
 * There are thousands of image positions and a handful of tokens, so from the second layer on, where each prompt has
 * an image of its own, projections are moved from the positions to the tokens: (keys Wk) · q = keys · (Wk q), and
 * attention (keys Wv) = (attention keys) Wv. A bias of the keys adds the same to all scores of a query and falls out of
 * the softmax. In the first layer all prompts without a mask share one image, which is projected once.
 */
export interface TransformerConfig {
  prefix: string;
  channels: number;
  heads: number;
  depth: number;
  mlpWidth: number;
  /** Names of the two layers of the MLP, below `mlp`. */
  mlpNames: readonly [string, string];
  activation: 'relu' | 'gelu';
  /** Whether the tokens' first embedding stays in them when it is added before self-attention (EfficientSAM). */
  keepsTokens: boolean;
  /** Whether the first self-attention is added to the tokens (EfficientSAM) or takes their place (SAM). */
  residualFirst: boolean;
}

export interface TransformerResult {
  /** [B, T, C] */
  tokens: Value;
  /** [B, P, C] */
  image: Value;
}

const epsilon = 1e-5;

/**
 * @param tokens [B, T, C]
 * @param image [D, P, C]; D is B or 1
 * @param positions [1, P, C]
 */
export async function buildTwoWayTransformer(
  layers: Layers,
  config: TransformerConfig,
  tokens: Value,
  image: Value,
  positions: Value,
): Promise<TransformerResult> {
  const { prefix, depth, channels } = config;
  let queries = tokens;
  let keys = image;
  for (let index = 0; index < depth; index++) {
    const layer = `${prefix}.layers.${index}`;
    const attend = (name: string) => new CrossAttention(layers, config, `${layer}.${name}`);
    if (index === 0) {
      const attended = await selfAttention(layers, config, `${layer}.self_attn`, queries, queries);
      queries = config.residualFirst ? layers.add(queries, attended) : attended;
    } else {
      const q = layers.add(queries, tokens);
      if (config.keepsTokens) queries = q;
      queries = layers.add(queries, await selfAttention(layers, config, `${layer}.self_attn`, q, queries));
    }
    queries = await layers.layerNorm(queries, `${layer}.norm1`, channels, epsilon);

    const placed = layers.add(keys, positions);
    const q = layers.add(queries, tokens);
    queries = layers.add(queries, await attend('cross_attn_token_to_image').toImage(q, placed, keys, index === 0));
    queries = await layers.layerNorm(queries, `${layer}.norm2`, channels, epsilon);

    queries = layers.add(queries, await mlp(layers, config, `${layer}.mlp`, queries));
    queries = await layers.layerNorm(queries, `${layer}.norm3`, channels, epsilon);

    const k = layers.add(queries, tokens);
    keys = layers.add(keys, await attend('cross_attn_image_to_token').toTokens(placed, k, queries, index === 0));
    keys = await layers.layerNorm(keys, `${layer}.norm4`, channels, epsilon);
  }
  const last = new CrossAttention(layers, config, `${prefix}.final_attn_token_to_image`);
  const placed = layers.add(keys, positions);
  queries = layers.add(queries, await last.toImage(layers.add(queries, tokens), placed, keys, false));
  queries = await layers.layerNorm(queries, `${prefix}.norm_final_attn`, channels, epsilon);
  return { tokens: queries, image: keys };
}

async function mlp(layers: Layers, config: TransformerConfig, prefix: string, x: Value): Promise<Value> {
  const { channels, mlpWidth, mlpNames, activation } = config;
  const hidden = await layers.project(x, `${prefix}.${mlpNames[0]}`, channels, mlpWidth);
  return layers.project(layers[activation](hidden), `${prefix}.${mlpNames[1]}`, mlpWidth, channels);
}

async function selfAttention(
  layers: Layers,
  { channels, heads }: TransformerConfig,
  prefix: string,
  x: Value,
  values: Value,
): Promise<Value> {
  const split = (value: Value) => splitHeads(layers, value, heads, channels / heads);
  const q = split(await layers.project(x, `${prefix}.q_proj`, channels, channels));
  const k = split(await layers.project(x, `${prefix}.k_proj`, channels, channels));
  const v = split(await layers.project(values, `${prefix}.v_proj`, channels, channels));
  const scale = layers.graph.scalar((channels / heads) ** -0.5);
  const scores = layers.matMul(layers.mul(q, scale), layers.transpose(k, [0, 1, 3, 2]));
  const out = joinHeads(layers, layers.matMul(layers.softmax(scores), v), channels);
  return layers.project(out, `${prefix}.out_proj`, channels, channels);
}

/** [B, T, heads × depth] → [B, heads, T, depth]. */
function splitHeads(layers: Layers, x: Value, heads: number, depth: number): Value {
  return layers.transpose(layers.reshape(x, [0, 0, heads, depth]), [0, 2, 1, 3]);
}

function joinHeads(layers: Layers, x: Value, width: number): Value {
  return layers.reshape(layers.transpose(x, [0, 2, 1, 3]), [0, 0, width]);
}

/** Attention between tokens and image, inside of half the channels. */
class CrossAttention {
  readonly #layers: Layers;
  readonly #prefix: string;
  readonly #channels: number;
  readonly #inner: number;
  readonly #heads: number;
  readonly #depth: number;

  constructor(layers: Layers, { channels, heads }: TransformerConfig, prefix: string) {
    this.#layers = layers;
    this.#prefix = prefix;
    this.#channels = channels;
    this.#inner = channels / 2;
    this.#heads = heads;
    this.#depth = channels / 2 / heads;
  }

  /** Tokens attend to the image, which is `shared` by all prompts or each prompt's own → [B, T, C]. */
  toImage(q: Value, placed: Value, image: Value, shared: boolean): Promise<Value> {
    if (this.#layers.layout === 'plain') return this.#plain(q, placed, image);
    return shared ? this.#toSharedImage(q, placed, image) : this.#toOwnImage(q, placed, image);
  }

  /** The image attends to the tokens → [B, P, C]. */
  toTokens(placed: Value, k: Value, tokens: Value, shared: boolean): Promise<Value> {
    if (this.#layers.layout === 'plain') return this.#plain(placed, k, tokens);
    return this.#imageToTokens(placed, k, tokens, shared);
  }

  /** Every position projected, as the published exporter lays it out. */
  async #plain(queries: Value, keys: Value, values: Value): Promise<Value> {
    const layers = this.#layers;
    const q = await this.#projected(queries, 'q_proj');
    const k = await this.#projected(keys, 'k_proj');
    const v = await this.#projected(values, 'v_proj');
    const product = layers.matMul(q, layers.transpose(k, [0, 1, 3, 2]));
    const scores = layers.graph.op('Div', [product, layers.graph.scalar(this.#depth ** 0.5)]);
    return this.#out(layers.matMul(layers.softmax(scores), v));
  }

  /** Keys and values of one image for all prompts are projected once. */
  async #toSharedImage(q: Value, placed: Value, image: Value): Promise<Value> {
    const layers = this.#layers;
    const queries = layers.mul(await this.#projected(q, 'q_proj'), layers.graph.scalar(this.#depth ** -0.5));
    const k = await this.#projected(placed, 'k_proj');
    const v = await this.#projected(image, 'v_proj');
    const attention = layers.softmax(layers.matMul(queries, layers.transpose(k, [0, 1, 3, 2])));
    return this.#out(layers.matMul(attention, v));
  }

  async #toOwnImage(q: Value, placed: Value, image: Value): Promise<Value> {
    const layers = this.#layers;
    const [channels, heads, depth] = [this.#channels, this.#heads, this.#depth];
    const queries = layers.mul(await this.#projected(q, 'q_proj'), layers.graph.scalar(depth ** -0.5));
    // The key's bias adds one number to a whole row of scores.
    layers.weights.skip(`${this.#prefix}.k_proj.bias`);
    const moved = layers.matMul(queries, await this.#byHead('k_proj', [heads, depth, channels], [0, 1, 2]));
    const scores = layers.matMul(this.#mergeHeads(moved), layers.transpose(placed, [0, 2, 1]));
    const seen = layers.matMul(layers.softmax(scores), image);
    const apart = layers.reshape(seen, [0, heads, -1, channels]);
    const values = layers.matMul(apart, await this.#byHead('v_proj', [heads, depth, channels], [0, 2, 1]));
    const bias = await layers.weights.read(`${this.#prefix}.v_proj.bias`, [this.#inner]);
    const offset = await layers.graph.weight(`${this.#prefix}.v_proj.bias`, [1, heads, 1, depth], bias);
    return this.#out(layers.add(values, offset));
  }

  async #imageToTokens(placed: Value, k: Value, tokens: Value, shared: boolean): Promise<Value> {
    const layers = this.#layers;
    const [channels, heads, depth] = [this.#channels, this.#heads, this.#depth];
    const keys = layers.mul(await this.#projected(k, 'k_proj'), layers.graph.scalar(depth ** -0.5));
    const v = await this.#projected(tokens, 'v_proj');
    let scores: Value; // [B, P, heads, T]
    if (shared) {
      const q = await this.#projected(placed, 'q_proj');
      scores = layers.transpose(layers.matMul(q, layers.transpose(keys, [0, 1, 3, 2])), [0, 2, 1, 3]);
    } else {
      const moved = layers.matMul(keys, await this.#byHead('q_proj', [heads, depth, channels], [0, 1, 2]));
      const bias = await layers.weights.read(`${this.#prefix}.q_proj.bias`, [this.#inner]);
      const column = await layers.graph.weight(`${this.#prefix}.q_proj.bias`, [1, heads, depth, 1], bias);
      const offset = layers.reshape(layers.matMul(keys, column), [0, 1, -1]);
      const flat = layers.matMul(placed, layers.transpose(this.#mergeHeads(moved), [0, 2, 1]));
      scores = layers.reshape(layers.add(flat, offset), [0, 0, heads, -1]);
    }
    // A row of values for each head and token: attention over heads and tokens at once is one product.
    const out = await this.#byHead('out_proj', [channels, heads, depth], [1, 2, 0]);
    // A head's attention sums to one, so its share of the bias can be in the values already, of which there are few.
    const bias = await layers.weights.read(`${this.#prefix}.out_proj.bias`, [channels]);
    const shares = bias.map((value) => value / heads);
    const share = await layers.graph.weight(`${this.#prefix}.out_proj.bias`, [channels], shares);
    const values = this.#mergeHeads(layers.add(layers.matMul(v, out), share));
    return layers.matMul(layers.reshape(layers.softmax(scores), [0, 0, -1]), values);
  }

  async #projected(x: Value, name: string): Promise<Value> {
    const projected = await this.#layers.project(x, `${this.#prefix}.${name}`, this.#channels, this.#inner);
    return splitHeads(this.#layers, projected, this.#heads, this.#depth);
  }

  /** The weight of a projection as [1, …] with its heads apart, its axes reordered. */
  async #byHead(name: string, shape: readonly [number, number, number], order: readonly number[]): Promise<Value> {
    const full = `${this.#prefix}.${name}.weight`;
    const stored = name === 'out_proj' ? [this.#channels, this.#inner] : [this.#inner, this.#channels];
    const values = reorder(await this.#layers.weights.read(full, stored), shape, order);
    return this.#layers.graph.weight(full, [1, ...order.map((axis) => shape[axis]!)], values);
  }

  /** [B, heads, T, C] → [B, heads × T, C]. */
  #mergeHeads(x: Value): Value {
    return this.#layers.reshape(x, [0, -1, this.#channels]);
  }

  #out(x: Value): Promise<Value> {
    const joined = joinHeads(this.#layers, x, this.#inner);
    return this.#layers.project(joined, `${this.#prefix}.out_proj`, this.#inner, this.#channels);
  }
}
