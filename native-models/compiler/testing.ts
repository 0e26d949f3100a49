import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AttributeProto,
  decodeModel,
  encodeModel,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../graph/onnxSchema.ts';

/** Graphs as other programs export them, made of the package in `folder`: the same network under other names. */
export async function readCompiled(folder: string, role: 'encoder' | 'decoder'): Promise<ModelProto> {
  const model = decodeModel(await readFile(join(folder, `${role}.onnx`)));
  const data = await readFile(join(folder, `${role}.onnx.data`));
  for (const tensor of model.graph.initializer) {
    if (tensor.dataLocation !== 1) continue;
    const [offset, length] = ['offset', 'length'].map((key) =>
      Number(tensor.externalData!.find((entry) => entry.key === key)!.value),
    ) as [number, number];
    delete tensor.dataLocation;
    tensor.externalData = [];
    tensor.rawData = data.subarray(offset, offset + length);
  }
  return model;
}

export async function writePair(folder: string, encoder: ModelProto, decoder: ModelProto, stem = ''): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${stem}encoder.onnx`), encodeModel(encoder));
  await writeFile(join(folder, `${stem}decoder.onnx`), encodeModel(decoder));
}

/** Writes a graph with its weights in a file of that name, as onnx.external_data_helper does. */
export async function writeWithWeights(path: string, model: ModelProto, location: string): Promise<void> {
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of model.graph.initializer) {
    const data = tensor.rawData;
    if (!data || data.length < 1024) continue;
    parts.push(data);
    delete tensor.rawData;
    tensor.dataLocation = 1;
    tensor.externalData = [
      { key: 'location', value: location },
      { key: 'offset', value: String(offset) },
      { key: 'length', value: String(data.length) },
    ];
    offset += data.length;
  }
  await writeFile(join(path, '..', location), Buffer.concat(parts));
  await writeFile(path, encodeModel(model));
}

export const types = { float: 1, uint8: 2, int32: 6, int64: 7 } as const;

export function info(name: string, dims: (number | string)[], elemType: number = types.float): ValueInfoProto {
  const dim = dims.map((each) => (typeof each === 'number' ? { dimValue: each } : { dimParam: each }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

export function node(
  opType: string,
  input: string[],
  output: string,
  attributes: Record<string, number | number[] | string> = {},
): NodeProto {
  const attribute = Object.entries(attributes).map(([name, value]): AttributeProto => {
    if (typeof value === 'number') return { name, type: 2, i: value };
    if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) };
    return { name, type: 7, ints: value };
  });
  return { name: '', opType, input, output: [output], attribute };
}

export function floats(name: string, values: number[], dims = [values.length]): TensorProto {
  return { name, dims, dataType: types.float, rawData: new Uint8Array(Float32Array.from(values).buffer) };
}

export function int64s(name: string, values: number[]): TensorProto {
  const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return { name, dims: [values.length], dataType: types.int64, rawData };
}

/** Renames values wherever they are; the graphs made here have no graphs inside. */
export function rename(graph: GraphProto, names: Readonly<Record<string, string>>): void {
  const renamed = (name: string) => names[name] ?? name;
  for (const info of [...graph.input, ...graph.output]) info.name = renamed(info.name);
  for (const node of graph.node) {
    node.input = node.input.map(renamed);
    node.output = node.output.map(renamed);
  }
}

/** Says of an input or output that is there already what it is. */
export function declare(graph: GraphProto, ...infos: ValueInfoProto[]): void {
  const declared = new Map(infos.map((info) => [info.name, info]));
  const asDeclared = (info: ValueInfoProto) => declared.get(info.name) ?? info;
  graph.input = graph.input.map(asDeclared);
  graph.output = graph.output.map(asDeclared);
}
