import { describe, expect, it } from 'vitest';
import { decodeModel, encodeModel, int64Number, type ModelProto } from './onnxSchema.ts';

const text = (value: string) => new TextEncoder().encode(value);
const largest = { low: -1, high: 0x7fffffff, unsigned: false, toNumber: () => 2 ** 63 };
const entries = [{ key: 'key', value: 'value' }];
const tensorType = {
  tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2, denotation: 'BATCH' }, { dimParam: 'N' }] } },
};

const tensor = {
  name: 'tensor',
  dims: [1, 2],
  dataType: 7,
  segment: { begin: 0, end: 2 },
  floatData: [0.5, -1],
  int32Data: [-3, 4],
  stringData: [text('a'), text('')],
  int64Data: [5, -6],
  rawData: Uint8Array.of(1, 2, 3),
  doubleData: [0.1],
  uint64Data: [7],
  docString: 'a tensor',
  externalData: [{ key: 'location', value: 'weights.bin' }],
  dataLocation: 1,
  metadataProps: entries,
};
const sparse = { values: tensor, indices: { name: 'indices', dims: [1], dataType: 7 }, dims: [9] };

const branch = {
  name: 'branch',
  node: [{ input: ['outer'], output: ['inner'], name: 'n', opType: 'Identity', attribute: [] }],
  output: [{ name: 'inner', type: tensorType }],
};

const graph = {
  name: 'graph',
  docString: 'a graph',
  node: [
    {
      input: ['a', '', 'b'],
      output: ['c'],
      name: 'node',
      opType: 'If',
      domain: 'com.microsoft',
      overload: 'second',
      docString: 'a node',
      metadataProps: entries,
      deviceConfigurations: [
        {
          configurationId: 'gpus',
          pipelineStage: 1,
          shardingSpec: [
            {
              tensorName: 'a',
              device: [0, 1],
              indexToDeviceGroupMap: [{ key: 0, value: [1, 2] }],
              shardedDim: [{ axis: 1, simpleSharding: [{ dimValue: 4, numShards: 2 }] }],
            },
          ],
        },
      ],
      attribute: [
        { name: 'then_branch', type: 5, g: branch, docString: 'a branch' },
        { name: 'graphs', type: 10, graphs: [branch] },
        { name: 'i', type: 2, i: 0 },
        { name: 'f', type: 1, f: 0.25 },
        { name: 's', type: 3, s: text('linear') },
        { name: 'ends', type: 7, ints: [largest, -1, 0] },
        { name: 'floats', type: 6, floats: [1.5] },
        { name: 'strings', type: 8, strings: [text('x'), text('y')] },
        { name: 't', type: 4, t: tensor },
        { name: 'tensors', type: 9, tensors: [tensor] },
        { name: 'sparse', type: 11, sparseTensor: sparse },
        { name: 'sparses', type: 12, sparseTensors: [sparse] },
        { name: 'tp', type: 13, tp: { sequenceType: { elemType: tensorType }, denotation: 'IMAGE' } },
        {
          name: 'type_protos',
          type: 14,
          typeProtos: [
            { mapType: { keyType: 7, valueType: tensorType } },
            { optionalType: { elemType: tensorType } },
            { sparseTensorType: { elemType: 1 } },
            { opaqueType: { domain: 'd', name: 'n' } },
          ],
        },
        { name: 'of_function', type: 2, refAttrName: 'axis' },
      ],
    },
  ],
  initializer: [tensor],
  sparseInitializer: [sparse],
  input: [{ name: 'a', type: tensorType, docString: 'an input', metadataProps: entries }],
  output: [{ name: 'c', type: tensorType }],
  valueInfo: [{ name: 'b', type: tensorType }],
  quantizationAnnotation: [{ tensorName: 'a', quantParameterTensorNames: [{ key: 'SCALE_TENSOR', value: 'scale' }] }],
  metadataProps: entries,
};

const model = {
  irVersion: 11,
  opsetImport: [
    { domain: '', version: 17 },
    { domain: 'com.microsoft', version: 1 },
  ],
  producerName: 'pytorch',
  producerVersion: '1.13',
  domain: 'org.example',
  modelVersion: 3,
  docString: 'a model',
  graph,
  metadataProps: entries,
  trainingInfo: [{ initialization: branch, algorithm: branch, initializationBinding: entries, updateBinding: entries }],
  functions: [
    {
      name: 'Gelu',
      input: ['x'],
      output: ['y'],
      attribute: ['axis'],
      attributeProto: [{ name: 'alpha', type: 1, f: 1 }],
      node: branch.node,
      docString: 'a function',
      opsetImport: [{ domain: '', version: 17 }],
      domain: 'pkg',
      overload: 'first',
      valueInfo: [{ name: 'y', type: tensorType }],
      metadataProps: entries,
    },
  ],
  configuration: [{ name: 'gpus', numDevices: 2, device: ['0', '1'] }],
};

/** Numbers of 64 bits as they were written down above. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if ('toNumber' in value) return (value as { toNumber(): number }).toNumber();
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

describe('the schema of ONNX', () => {
  const bytes = encodeModel(model as unknown as ModelProto);

  it('knows every field', () => {
    expect(plain(decodeModel(bytes))).toMatchObject(plain(model) as object);
  });

  it('gives back the same bytes', () => {
    expect(Buffer.from(encodeModel(decodeModel(bytes))).equals(bytes)).toBe(true);
  });

  it('keeps 2⁶³ − 1, which no number of JavaScript is', () => {
    const [node] = decodeModel(bytes).graph.node;
    const [end] = node!.attribute.find(({ name }) => name === 'ends')!.ints!;
    expect(end).toMatchObject({ low: -1, high: 0x7fffffff });
    expect(int64Number(end!)).toBe(2 ** 63);
  });

  it('keeps fields that it does not know', () => {
    // Field 99, bytes "new".
    const newer = Buffer.concat([bytes, Uint8Array.of(0x9a, 0x06, 3), text('new')]);
    expect(Buffer.from(encodeModel(decodeModel(newer))).equals(newer)).toBe(true);
  });
});

/** Four bytes, below 2²⁸. */
const varint = (value: number) =>
  [value | 128, (value >> 7) | 128, (value >> 14) | 128, value >> 21].map((byte, i) => (i < 3 ? byte & 255 : byte));

describe('hostile files', () => {
  it('are not read when they nest without end', () => {
    // Graph within attribute within node within graph …, from the inside out.
    let bytes: Uint8Array = new Uint8Array(0);
    for (let depth = 0; depth < 60; depth++) {
      for (const tag of [0x32, 0x2a, 0x0a]) bytes = Buffer.concat([Uint8Array.of(tag, ...varint(bytes.length)), bytes]);
    }
    const nested = Buffer.concat([Uint8Array.of(0x3a, ...varint(bytes.length)), bytes]);
    expect(() => decodeModel(nested)).toThrow('depth');
  });

  it('are not read when they have millions of empty parts', () => {
    const parts = 2_200_000;
    // Field 25, functions, each of no bytes.
    const bytes = new Uint8Array(3 * parts);
    for (let part = 0; part < parts; part++) bytes.set([0xca, 0x01, 0], 3 * part);
    expect(() => decodeModel(bytes)).toThrow('fields');
  });

  it('are not read when they have lists of millions of numbers', () => {
    const list = new Uint8Array(20_000_000);
    // ModelProto.graph (7) > initializer (5) > int64_data (7).
    const data = Buffer.concat([Uint8Array.of(0x3a, ...varint(list.length)), list]);
    const tensorBytes = Buffer.concat([Uint8Array.of(0x2a, ...varint(data.length)), data]);
    const bytes = Buffer.concat([Uint8Array.of(0x3a, ...varint(tensorBytes.length)), tensorBytes]);
    expect(() => decodeModel(bytes)).toThrow('numbers');
  });
});
