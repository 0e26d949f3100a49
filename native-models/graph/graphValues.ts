import type { AttributeProto, GraphProto, NodeProto, TensorProto, ValueInfoProto } from './onnxSchema.ts';

/** Graphs inside of a node: the branches of an If, the body of a Loop. They see the values of the graph around. */
export function subgraphs({ attribute }: NodeProto): GraphProto[] {
  return attribute.flatMap(({ g, graphs = [] }) => (g ? [g, ...graphs] : graphs));
}

/** The nodes and all nodes of the graphs inside of them. */
export function* everyNode(nodes: readonly NodeProto[]): Generator<NodeProto> {
  for (const node of nodes) {
    yield node;
    for (const inner of subgraphs(node)) yield* everyNode(inner.node);
  }
}

/** Inputs that must be fed: up to IR version 3 the weights are listed among the inputs, too. */
export function fedInputs(graph: GraphProto): ValueInfoProto[] {
  const given = new Set(graph.initializer.map(({ name }) => name));
  return graph.input.filter(({ name }) => !given.has(name));
}

/** Tensors that are stored elsewhere than among the initializers of the main graph. */
export function* innerTensors({ node, sparseInitializer }: Pick<GraphProto, 'node' | 'sparseInitializer'>) {
  for (const { values, indices } of sparseInitializer ?? []) yield* present(values, indices);
  for (const each of everyNode(node)) {
    for (const attribute of each.attribute) yield* tensorsOf(attribute);
    for (const inner of subgraphs(each)) {
      yield* inner.initializer;
      for (const { values, indices } of inner.sparseInitializer ?? []) yield* present(values, indices);
    }
  }
}

function* tensorsOf({ t, tensors = [], sparseTensor, sparseTensors = [] }: AttributeProto): Generator<TensorProto> {
  yield* present(t);
  yield* tensors;
  for (const sparse of sparseTensor ? [sparseTensor, ...sparseTensors] : sparseTensors) {
    yield* present(sparse.values, sparse.indices);
  }
}

function present(...tensors: (TensorProto | null | undefined)[]): TensorProto[] {
  return tensors.filter((tensor) => tensor !== null && tensor !== undefined);
}

/** Names of all values, those of the graphs inside included. */
export function valueNames(graph: GraphProto, names = new Set<string>()): Set<string> {
  for (const { name } of [...graph.input, ...graph.output, ...graph.initializer]) names.add(name);
  for (const { values } of graph.sparseInitializer ?? []) if (values) names.add(values.name);
  for (const node of graph.node) {
    for (const name of node.input) names.add(name);
    for (const name of node.output) names.add(name);
    for (const inner of subgraphs(node)) valueNames(inner, names);
  }
  return names;
}

/**
 * Gives values other names, wherever they are mentioned. A name is one value in all of a model (ONNX, IR.md: the graphs
 * inside don't reuse names of the one around).
 */
export function renameValues(graph: GraphProto, names: ReadonlyMap<string, string>): void {
  const renamed = (name: string) => names.get(name) ?? name;
  const infos = [...graph.input, ...graph.output, ...graph.initializer, ...(graph.valueInfo ?? [])];
  for (const info of infos) info.name = renamed(info.name);
  for (const { values } of graph.sparseInitializer ?? []) if (values) values.name = renamed(values.name);
  for (const annotation of graph.quantizationAnnotation ?? []) {
    annotation.tensorName = renamed(annotation.tensorName);
    for (const parameter of annotation.quantParameterTensorNames) parameter.value = renamed(parameter.value);
  }
  for (const node of graph.node) {
    node.input = node.input.map(renamed);
    node.output = node.output.map(renamed);
    for (const inner of subgraphs(node)) renameValues(inner, names);
  }
}

/** Takes out what no output depends on; the inputs stay. */
export function pruneGraph(graph: GraphProto): void {
  const makers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const live = new Set<string>(graph.input.map(({ name }) => name));
  const liveNodes = new Set<NodeProto>();
  const waiting = graph.output.map(({ name }) => name);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name === '') continue;
    live.add(name);
    const node = makers.get(name);
    if (!node || liveNodes.has(node)) continue;
    liveNodes.add(node);
    for (const output of node.output) live.add(output);
    for (const read of valuesRead(node)) if (!live.has(read) || makers.has(read)) waiting.push(read);
  }
  graph.node = graph.node.filter((node) => liveNodes.has(node));
  graph.initializer = graph.initializer.filter(({ name }) => live.has(name));
  if (graph.sparseInitializer) {
    graph.sparseInitializer = graph.sparseInitializer.filter(({ values }) => live.has(values?.name ?? ''));
  }
  if (graph.valueInfo) graph.valueInfo = graph.valueInfo.filter(({ name }) => live.has(name));
  if (graph.quantizationAnnotation) {
    graph.quantizationAnnotation = graph.quantizationAnnotation.filter(({ tensorName }) => live.has(tensorName));
  }
}

/** Values that a node reads, those that the graphs inside of it read included. */
function* valuesRead(node: NodeProto): Generator<string> {
  yield* node.input;
  for (const inner of subgraphs(node)) {
    for (const { name } of inner.output) yield name;
    for (const each of inner.node) yield* valuesRead(each);
  }
}
