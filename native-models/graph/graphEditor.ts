import type { Value } from './graphBuilder.ts';
import { everyNode, fedInputs, pruneGraph, renameValues, valueNames } from './graphValues.ts';
import {
  type AttributeProto,
  type Dimension,
  type ElementType,
  elementTypes,
  type GraphProto,
  type NodeProto,
  type ValueInfoProto,
} from './onnxSchema.ts';

/**
 * Gives a graph that others made the inputs and outputs of a contract: the names of the contract are free inside of it,
 * ports are renamed or reached over nodes before and after what is there, and what then leads nowhere is taken out.
 * The ops written here mean the same from opset 11 on.
 */
export class GraphEditor {
  readonly #graph: GraphProto;
  /** Of values and of nodes: neither kind may have one twice. */
  readonly #names: Set<string>;
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #before: NodeProto[] = [];
  readonly #after: NodeProto[] = [];
  /** What the graph's own inputs and outputs are called now. */
  readonly #renamed = new Map<string, Value>();
  #count = 0;

  /** @param contract names of inputs and outputs that the graph is to have. */
  constructor(graph: GraphProto, contract: readonly string[]) {
    this.#graph = graph;
    const values = valueNames(graph);
    this.#names = new Set(values);
    for (const { name } of everyNode(graph.node)) this.#names.add(name);
    for (const name of contract) {
      if (values.has(name)) this.#renamed.set(name, this.#fresh(name));
    }
    renameValues(graph, this.#renamed);
    graph.input = fedInputs(graph);
  }

  /** What a value that the graph came with is called now. */
  own(name: string): Value {
    return this.#renamed.get(name) ?? name;
  }

  /** Makes `name` an input of the contract; where `own` is given, it is that input of the graph. */
  input(name: string, dims: readonly Dimension[], own?: string): Value {
    this.#inputs.push(valueInfo(name, dims));
    if (own !== undefined) this.#rename(own, name);
    return name;
  }

  /** Feeds an input of the graph with a value that nodes before it make. */
  feed(own: string, value: Value): void {
    this.#rename(own, value);
  }

  /** Makes `value` the output `name` of the contract. */
  output(name: string, dims: readonly Dimension[], value: Value): void {
    this.#outputs.push(valueInfo(name, dims));
    this.#after.push(node(this.#fresh(name), 'Identity', [value], name, []));
  }

  /** A node before all others. Attributes are whole numbers or lists of them. */
  before(type: string, inputs: readonly Value[], attributes: Record<string, number | readonly number[]> = {}): Value {
    return this.#node(this.#before, type, inputs, attributes);
  }

  /** A node after all others. */
  after(type: string, inputs: readonly Value[], attributes: Record<string, number | readonly number[]> = {}): Value {
    return this.#node(this.#after, type, inputs, attributes);
  }

  constant(type: ElementType, dims: readonly number[], values: Float32Array | Int32Array | BigInt64Array): Value {
    const name = this.#fresh('constant');
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#graph.initializer.push({ name, dims: [...dims], dataType: elementTypes[type], rawData });
    return name;
  }

  int64(values: readonly number[]): Value {
    return this.constant('int64', [values.length], BigInt64Array.from(values, BigInt));
  }

  /** Ends the work on the graph. */
  finish(): void {
    const graph = this.#graph;
    graph.input = this.#inputs;
    graph.output = this.#outputs;
    graph.node = [...this.#before, ...graph.node, ...this.#after];
    pruneGraph(graph);
  }

  #node(
    to: NodeProto[],
    type: string,
    inputs: readonly Value[],
    attributes: Record<string, number | readonly number[]>,
  ): Value {
    const output = this.#fresh(type);
    const attribute = Object.entries(attributes).map(([name, value]): AttributeProto =>
      typeof value === 'number' ? { name, type: 2, i: value } : { name, type: 7, ints: [...value] },
    );
    to.push(node(output, type, inputs, output, attribute));
    return output;
  }

  #rename(own: string, value: Value): void {
    renameValues(this.#graph, new Map([[this.own(own), value]]));
    this.#renamed.set(own, value);
  }

  #fresh(stem: string): string {
    let name: string;
    do name = `lamella_${stem}_${this.#count++}`;
    while (this.#names.has(name));
    this.#names.add(name);
    return name;
  }
}

function node(
  name: string,
  opType: string,
  inputs: readonly Value[],
  output: Value,
  attribute: AttributeProto[],
): NodeProto {
  return { name, opType, input: [...inputs], output: [output], attribute };
}

/** Every input and output of the contract is float32. */
function valueInfo(name: string, dims: readonly Dimension[]): ValueInfoProto {
  const dim = dims.map((each) => (typeof each === 'number' ? { dimValue: each } : { dimParam: each }));
  return { name, type: { tensorType: { elemType: elementTypes.float, shape: { dim } } } };
}
