import type { GraphLayout } from './layout.ts';
import { contrib, type GraphBuilder, real, type Value } from './graphBuilder.ts';
import { quantizeColumns } from './quantize.ts';
import { reorder, scaleRows } from './reorder.ts';
import type { Weights } from './weightSource.ts';

/** The layers of PyTorch that the SAM family is made of, as nodes, with their weights by PyTorch's names. */
export class Layers {
  readonly graph: GraphBuilder;
  readonly weights: Weights;
  readonly layout: GraphLayout;

  constructor(graph: GraphBuilder, weights: Weights, layout: GraphLayout = 'compact') {
    this.graph = graph;
    this.weights = weights;
    this.layout = layout;
  }

  add = (a: Value, b: Value): Value => this.graph.op('Add', [a, b]);
  mul = (a: Value, b: Value): Value => this.graph.op('Mul', [a, b]);
  matMul = (a: Value, b: Value): Value => this.graph.op('MatMul', [a, b]);
  relu = (x: Value): Value => this.graph.op('Relu', [x]);
  softmax = (x: Value): Value => this.graph.op('Softmax', [x], { axis: -1 });
  concat = (parts: readonly Value[], axis: number): Value => this.graph.op('Concat', parts, { axis });
  transpose = (x: Value, perm: readonly number[]): Value => this.graph.op('Transpose', [x], { perm });

  /** A 0 in `dims` keeps the input's side there, one -1 takes what is left. */
  reshape = (x: Value, dims: readonly number[]): Value => this.graph.op('Reshape', [x, this.graph.int64(dims)]);

  /** The exact GELU (erf): x · (1 + erf(x / √2)) / 2. */
  gelu = (x: Value): Value => {
    const { graph } = this;
    if (this.layout === 'compact') return graph.op('Gelu', [x], {}, contrib);
    const erf = graph.op('Erf', [graph.op('Div', [x, graph.scalar(Math.SQRT2)])]);
    return this.mul(this.mul(x, this.add(erf, graph.scalar(1))), graph.scalar(0.5));
  };

  slice(x: Value, axis: number, from: number, to: number): Value {
    const { graph } = this;
    return graph.op('Slice', [x, graph.int64([from]), graph.int64([to]), graph.int64([axis])]);
  }

  /** A weight or a bias as it is stored. */
  async weight(name: string, shape: readonly number[]): Promise<Value> {
    return this.graph.weight(name, shape, await this.weights.read(name, shape));
  }

  /**
   * nn.Linear on rows: [R, input] → [R, output]. The rows' number may be free; other axes must be folded into it.
   * With int8 the weights are quantized a column at a time and the rows as they come (DynamicQuantizeMatMul).
   */
  async linear(x: Value, prefix: string, input: number, output: number, bias = true): Promise<Value> {
    const values = await this.weights.read(`${prefix}.weight`, [output, input]);
    const offset = bias ? await this.weight(`${prefix}.bias`, [output]) : null;
    return this.rows(x, { name: `${prefix}.weight`, values, input, output, bias: offset });
  }

  /** GELU of {@link linear}. Compact, its bias is added on the way: by itself it would be one more pass over the rows. */
  async linearGelu(x: Value, prefix: string, input: number, output: number): Promise<Value> {
    if (this.layout === 'plain' || this.graph.precision === 'int8') {
      return this.gelu(await this.linear(x, prefix, input, output));
    }
    const product = await this.linear(x, prefix, input, output, false);
    return this.graph.op('BiasGelu', [product, await this.weight(`${prefix}.bias`, [output])], {}, contrib);
  }

  /** {@link linear} with values [output, input] that are not a checkpoint's own. */
  async rows(x: Value, matrix: RowMatrix): Promise<Value> {
    const { graph } = this;
    const { name, values, input, output, bias } = matrix;
    if (graph.precision === 'int8' && input >= 64) {
      const { columns, scales } = quantizeColumns(values, output, input);
      const b = await graph.stored(`${name}.int8`, 'int8', [input, output], columns);
      const scale = await graph.stored(`${name}.scale`, 'float', [output], new Uint8Array(scales.buffer));
      const inputs = [x, b, scale, '', ...(bias === null ? [] : [bias])];
      return graph.op('DynamicQuantizeMatMul', inputs, {}, contrib);
    }
    return this.exactRows(x, matrix);
  }

  /** {@link rows}, never quantized. */
  async exactRows(x: Value, { name, values, input, output, bias }: RowMatrix): Promise<Value> {
    const { graph } = this;
    if (this.layout === 'plain') {
      const transposed = reorder(values, [output, input], [1, 0]);
      const product = this.matMul(x, await graph.weight(name, [input, output], transposed));
      return bias === null ? product : this.add(bias, product);
    }
    const b = await graph.weight(name, [output, input], values);
    return graph.op('Gemm', bias === null ? [x, b] : [x, b, bias], { transB: 1 });
  }

  /** nn.Linear on the last axis of a tensor of any rank, never quantized: for the few tokens of a decoder. */
  async project(x: Value, prefix: string, input: number, output: number): Promise<Value> {
    const values = await this.weights.read(`${prefix}.weight`, [output, input]);
    const b = await this.graph.weight(`${prefix}.weight`, [input, output], reorder(values, [output, input], [1, 0]));
    return this.add(this.matMul(x, b), await this.weight(`${prefix}.bias`, [output]));
  }

  /** nn.LayerNorm over the last axis. */
  async layerNorm(x: Value, prefix: string, channels: number, epsilon: number): Promise<Value> {
    const inputs = [
      x,
      await this.weight(`${prefix}.weight`, [channels]),
      await this.weight(`${prefix}.bias`, [channels]),
    ];
    return this.graph.op('LayerNormalization', inputs, { axis: -1, epsilon: real(epsilon) });
  }

  /** nn.GroupNorm of one group on [B, n, C]: over all values of a B. */
  async groupNorm(x: Value, prefix: string, channels: number, epsilon: number): Promise<Value> {
    const { graph } = this;
    const mean = graph.op('ReduceMean', [x], { axes: [1, 2], keepdims: 1 });
    const centred = graph.op('Sub', [x, mean]);
    const variance = graph.op('ReduceMean', [this.mul(centred, centred)], { axes: [1, 2], keepdims: 1 });
    const deviation = graph.op('Sqrt', [this.add(variance, graph.scalar(epsilon))]);
    const scaled = this.mul(graph.op('Div', [centred, deviation]), await this.weight(`${prefix}.weight`, [channels]));
    return this.add(scaled, await this.weight(`${prefix}.bias`, [channels]));
  }

  /** segment-anything's LayerNorm2d, over the channels of [B, C, H, W]. */
  async layerNorm2d(x: Value, prefix: string, channels: number): Promise<Value> {
    if (this.layout === 'plain') return this.#decomposedNorm2d(x, prefix, channels);
    const last = await this.layerNorm(this.transpose(x, [0, 2, 3, 1]), prefix, channels, 1e-6);
    return this.transpose(last, [0, 3, 1, 2]);
  }

  async #decomposedNorm2d(x: Value, prefix: string, channels: number): Promise<Value> {
    const { graph } = this;
    const mean = (of: Value) => graph.op('ReduceMean', [of], { axes: [1], keepdims: 1 });
    const centred = graph.op('Sub', [x, mean(x)]);
    const variance = mean(graph.op('Pow', [centred, graph.scalar(2)]));
    const normed = graph.op('Div', [centred, graph.op('Sqrt', [this.add(variance, graph.scalar(1e-6))])]);
    const perChannel = async (name: string) =>
      this.reshape(await this.weight(`${prefix}.${name}`, [channels]), [-1, 1, 1]);
    return this.add(this.mul(await perChannel('weight'), normed), await perChannel('bias'));
  }

  /** nn.Conv2d on [B, C, H, W] with a square kernel. */
  async conv(x: Value, prefix: string, shape: ConvolutionShape, bias = true): Promise<Value> {
    const { input, output, kernel, groups = 1 } = shape;
    const dims = [output, input / groups, kernel, kernel];
    const values = await this.weights.read(`${prefix}.weight`, dims);
    const inputs = [x, await this.graph.weight(`${prefix}.weight`, dims, values)];
    if (bias) inputs.push(await this.weight(`${prefix}.bias`, [output]));
    return this.graph.op('Conv', inputs, convolutionAttributes(shape));
  }

  /** nn.ConvTranspose2d of kernel and stride 2 on [B, C, H, W]. */
  async convTranspose(x: Value, prefix: string, input: number, output: number): Promise<Value> {
    const weight = await this.weight(`${prefix}.weight`, [input, output, 2, 2]);
    const inputs = [x, weight, await this.weight(`${prefix}.bias`, [output])];
    return this.graph.op('ConvTranspose', inputs, { kernel_shape: [2, 2], strides: [2, 2] });
  }

  /** A convolution without bias and the BatchNorm2d after it, as one convolution (`c` and `bn` in TinyViT). */
  async convNorm(x: Value, prefix: string, shape: ConvolutionShape): Promise<Value> {
    const { input, output, kernel, groups = 1 } = shape;
    const dims = [output, input / groups, kernel, kernel];
    const values = await this.weights.read(`${prefix}.c.weight`, dims);
    const norm = (name: string) => this.weights.read(`${prefix}.bn.${name}`, [output]);
    const [gain, shift] = [await norm('weight'), await norm('bias')];
    const [mean, variance] = [await norm('running_mean'), await norm('running_var')];
    this.weights.skip(`${prefix}.bn.num_batches_tracked`);
    const factors = gain.map((value, i) => value / Math.sqrt(variance[i]! + 1e-5));
    const offsets = shift.map((value, i) => value - mean[i]! * factors[i]!);
    const weight = await this.graph.weight(`${prefix}.weight`, dims, scaleRows(values, factors));
    const bias = await this.graph.weight(`${prefix}.bias`, [output], offsets);
    return this.graph.op('Conv', [x, weight, bias], convolutionAttributes(shape));
  }
}

/** A linear layer's weights. */
export interface RowMatrix {
  name: string;
  /** [output, input], row-major, as nn.Linear has them. */
  values: Float32Array;
  input: number;
  output: number;
  /** [output]; null: none. */
  bias: Value | null;
}

export interface ConvolutionShape {
  input: number;
  output: number;
  kernel: number;
  stride?: number;
  padding?: number;
  groups?: number;
}

function convolutionAttributes({ kernel, stride = 1, padding = 0, groups = 1 }: ConvolutionShape) {
  return {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
    group: groups,
  };
}
