import { Float16Array } from '@petamoriken/float16';
import type { Precision } from '../compiler/contract.ts';
import {
  type AttributeProto,
  type Dimension,
  type ElementType,
  elementTypes,
  encodeModel,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './onnxSchema.ts';
import type { WeightFile } from './weightFile.ts';

/** Name of a tensor in the graph. */
export type Value = string;

/** Integers are told from reals by wrapping the latter: {@link real}. */
export type AttributeValue = number | readonly number[] | string | { real: number };

export const real = (value: number): AttributeValue => ({ real: value });

/** Operators that onnxruntime adds to ONNX's own (ContribOperators.md). */
export const contrib = 'com.microsoft';

const opset = 17;
/** Weights of fewer values stay in the graph file, as float32: biases, norms, shapes. */
const smallestExternal = 1024;

/**
 * Writes one ONNX graph: nodes in the order of the calls, weights to the file beside it. A value is known by its name;
 * shapes are ONNX's own business.
 */
export class GraphBuilder {
  readonly precision: Precision;
  /** null: a rehearsal, whose graph is not written. */
  readonly #weights: WeightFile | null;
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #constants = new Map<string, Value>();
  #count = 0;

  constructor(weights: WeightFile | null, precision: Precision) {
    this.#weights = weights;
    this.precision = precision;
  }

  input(name: string, dims: readonly Dimension[]): Value {
    this.#inputs.push(valueInfo(name, dims));
    return name;
  }

  /** Gives `value` a name for the outside. */
  output(name: string, value: Value, dims: readonly Dimension[]): void {
    this.#node('Identity', [value], [name], {}, '');
    this.#outputs.push(valueInfo(name, dims));
  }

  /** A node with one output. Empty strings in `inputs` are inputs left out. */
  op(type: string, inputs: readonly Value[], attributes: Record<string, AttributeValue> = {}, domain = ''): Value {
    return this.ops(type, inputs, 1, attributes, domain)[0]!;
  }

  ops(
    type: string,
    inputs: readonly Value[],
    outputs: number,
    attributes: Record<string, AttributeValue> = {},
    domain = '',
  ): Value[] {
    const names = Array.from({ length: outputs }, () => `${type}_${this.#count++}`);
    this.#node(type, inputs, names, attributes, domain);
    return names;
  }

  /** Whole numbers: shapes, axes, indices. Equal ones share one initializer. */
  int64(values: readonly number[], dims: readonly number[] = [values.length]): Value {
    const data = BigInt64Array.from(values, BigInt);
    return this.#constant('int64', dims, new Uint8Array(data.buffer));
  }

  float(values: readonly number[], dims: readonly number[] = [values.length]): Value {
    return this.#constant('float', dims, new Uint8Array(Float32Array.from(values).buffer));
  }

  scalar(value: number): Value {
    return this.float([value], []);
  }

  /**
   * A weight, stored as the precision asks: fp16 keeps large ones as float16, and a Cast gives them back as float32.
   * @param values row-major; not kept.
   */
  async weight(name: string, dims: readonly number[], values: Float32Array): Promise<Value> {
    if (values.length < smallestExternal) return this.#inline(name, 'float', dims, bytesOf(values));
    if (this.precision !== 'fp16') return this.stored(name, 'float', dims, bytesOf(values));
    const half = await this.stored(`${name}.half`, 'float16', dims, bytesOf(new Float16Array(values)));
    return this.op('Cast', [half], { to: elementTypes.float });
  }

  /** Values of any type, in the file beside the graph. */
  async stored(name: string, type: ElementType, dims: readonly number[], data: Uint8Array): Promise<Value> {
    if (data.length < smallestExternal || !this.#weights) return this.#inline(name, type, dims, data);
    const { offset, length } = await this.#weights.append(data);
    this.#initializers.push({
      name,
      dims: [...dims],
      dataType: elementTypes[type],
      dataLocation: 1,
      externalData: [
        { key: 'location', value: this.#weights.name },
        { key: 'offset', value: String(offset) },
        { key: 'length', value: String(length) },
      ],
    });
    return name;
  }

  /** The graph file. */
  encode(name: string, producerVersion: string): Uint8Array {
    return encodeModel({
      irVersion: 8,
      opsetImport: [
        { domain: '', version: opset },
        { domain: contrib, version: 1 },
      ],
      producerName: 'lamella',
      producerVersion,
      graph: {
        name,
        node: this.#nodes,
        initializer: this.#initializers,
        input: this.#inputs,
        output: this.#outputs,
      },
    });
  }

  #inline(name: string, type: ElementType, dims: readonly number[], data: Uint8Array): Value {
    this.#initializers.push({ name, dims: [...dims], dataType: elementTypes[type], rawData: data.slice() });
    return name;
  }

  #constant(type: ElementType, dims: readonly number[], data: Uint8Array): Value {
    const key = `${type} ${dims.join('x')} ${Buffer.from(data).toString('base64')}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#inline(`constant_${this.#count++}`, type, dims, data);
    this.#constants.set(key, name);
    return name;
  }

  #node(
    opType: string,
    inputs: readonly Value[],
    output: string[],
    attributes: Record<string, AttributeValue>,
    domain: string,
  ): void {
    const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
    const node: NodeProto = { name: output[0]!, opType, input: [...inputs], output, attribute };
    this.#nodes.push(domain === '' ? node : { ...node, domain });
  }
}

function attributeProto(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'number') return { name, type: 2, i: value };
  if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) };
  if ('real' in value) return { name, type: 1, f: value.real };
  return { name, type: 7, ints: [...value] };
}

function valueInfo(name: string, dims: readonly Dimension[]): ValueInfoProto {
  const dim = dims.map((each) => (typeof each === 'number' ? { dimValue: each } : { dimParam: each }));
  return { name, type: { tensorType: { elemType: elementTypes.float, shape: { dim } } } };
}

function bytesOf(values: Float32Array | Float16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
