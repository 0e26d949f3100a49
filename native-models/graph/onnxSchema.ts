import protobuf from 'protobufjs/light.js';
import { boundedReader } from './boundedReader.ts';

/**
 * ONNX's protobuf schema (onnx.proto, up to IR version 14), complete: field names and numbers as published, enumerations
 * as their numbers. What a newer version adds is kept as it came (see {@link decodeModel}).
 */
const optional = (type: string, id: number) => ({ type, id });
const repeated = (type: string, id: number) => ({ rule: 'repeated', type, id });
/** onnx.proto is proto2: lists of numbers are written one by one; reading takes both ways. */
const unpacked = (type: string, id: number) => ({ ...repeated(type, id), options: { packed: false } });
/** The data fields of tensors alone are declared as packed. */
const packed = (type: string, id: number) => ({ ...repeated(type, id), options: { packed: true } });
const metadata = (id: number) => repeated('StringStringEntryProto', id);

const messages = {
  ModelProto: {
    fields: {
      irVersion: optional('int64', 1),
      opsetImport: repeated('OperatorSetIdProto', 8),
      producerName: optional('string', 2),
      producerVersion: optional('string', 3),
      domain: optional('string', 4),
      modelVersion: optional('int64', 5),
      docString: optional('string', 6),
      graph: optional('GraphProto', 7),
      metadataProps: metadata(14),
      trainingInfo: repeated('TrainingInfoProto', 20),
      functions: repeated('FunctionProto', 25),
      configuration: repeated('DeviceConfigurationProto', 26),
    },
  },
  OperatorSetIdProto: { fields: { domain: optional('string', 1), version: optional('int64', 2) } },
  DeviceConfigurationProto: {
    fields: { name: optional('string', 1), numDevices: optional('int32', 2), device: repeated('string', 3) },
  },
  TrainingInfoProto: {
    fields: {
      initialization: optional('GraphProto', 1),
      algorithm: optional('GraphProto', 2),
      initializationBinding: metadata(3),
      updateBinding: metadata(4),
    },
  },
  FunctionProto: {
    fields: {
      name: optional('string', 1),
      input: repeated('string', 4),
      output: repeated('string', 5),
      attribute: repeated('string', 6),
      attributeProto: repeated('AttributeProto', 11),
      node: repeated('NodeProto', 7),
      docString: optional('string', 8),
      opsetImport: repeated('OperatorSetIdProto', 9),
      domain: optional('string', 10),
      overload: optional('string', 13),
      valueInfo: repeated('ValueInfoProto', 12),
      metadataProps: metadata(14),
    },
  },
  GraphProto: {
    fields: {
      node: repeated('NodeProto', 1),
      name: optional('string', 2),
      initializer: repeated('TensorProto', 5),
      docString: optional('string', 10),
      input: repeated('ValueInfoProto', 11),
      output: repeated('ValueInfoProto', 12),
      valueInfo: repeated('ValueInfoProto', 13),
      quantizationAnnotation: repeated('TensorAnnotation', 14),
      sparseInitializer: repeated('SparseTensorProto', 15),
      metadataProps: metadata(16),
    },
  },
  TensorAnnotation: { fields: { tensorName: optional('string', 1), quantParameterTensorNames: metadata(2) } },
  NodeProto: {
    fields: {
      input: repeated('string', 1),
      output: repeated('string', 2),
      name: optional('string', 3),
      opType: optional('string', 4),
      domain: optional('string', 7),
      overload: optional('string', 8),
      attribute: repeated('AttributeProto', 5),
      docString: optional('string', 6),
      metadataProps: metadata(9),
      deviceConfigurations: repeated('NodeDeviceConfigurationProto', 10),
    },
  },
  NodeDeviceConfigurationProto: {
    fields: {
      configurationId: optional('string', 1),
      shardingSpec: repeated('ShardingSpecProto', 2),
      pipelineStage: optional('int32', 3),
    },
  },
  ShardingSpecProto: {
    fields: {
      tensorName: optional('string', 1),
      device: unpacked('int64', 2),
      indexToDeviceGroupMap: repeated('IntIntListEntryProto', 3),
      shardedDim: repeated('ShardedDimProto', 4),
    },
  },
  IntIntListEntryProto: { fields: { key: optional('int64', 1), value: unpacked('int64', 2) } },
  ShardedDimProto: {
    fields: { axis: optional('int64', 1), simpleSharding: repeated('SimpleShardedDimProto', 2) },
  },
  SimpleShardedDimProto: {
    oneofs: { dim: { oneof: ['dimValue', 'dimParam'] } },
    fields: { dimValue: optional('int64', 1), dimParam: optional('string', 2), numShards: optional('int64', 3) },
  },
  AttributeProto: {
    fields: {
      name: optional('string', 1),
      refAttrName: optional('string', 21),
      docString: optional('string', 13),
      type: optional('int32', 20),
      f: optional('float', 2),
      i: optional('int64', 3),
      s: optional('bytes', 4),
      t: optional('TensorProto', 5),
      g: optional('GraphProto', 6),
      sparseTensor: optional('SparseTensorProto', 22),
      tp: optional('TypeProto', 14),
      floats: unpacked('float', 7),
      ints: unpacked('int64', 8),
      strings: repeated('bytes', 9),
      tensors: repeated('TensorProto', 10),
      graphs: repeated('GraphProto', 11),
      sparseTensors: repeated('SparseTensorProto', 23),
      typeProtos: repeated('TypeProto', 15),
    },
  },
  TensorProto: {
    fields: {
      dims: unpacked('int64', 1),
      dataType: optional('int32', 2),
      segment: optional('Segment', 3),
      floatData: packed('float', 4),
      int32Data: packed('int32', 5),
      stringData: repeated('bytes', 6),
      int64Data: packed('int64', 7),
      name: optional('string', 8),
      rawData: optional('bytes', 9),
      doubleData: packed('double', 10),
      uint64Data: packed('uint64', 11),
      docString: optional('string', 12),
      externalData: metadata(13),
      dataLocation: optional('int32', 14),
      metadataProps: metadata(16),
    },
    nested: { Segment: { fields: { begin: optional('int64', 1), end: optional('int64', 2) } } },
  },
  SparseTensorProto: {
    fields: { values: optional('TensorProto', 1), indices: optional('TensorProto', 2), dims: unpacked('int64', 3) },
  },
  StringStringEntryProto: { fields: { key: optional('string', 1), value: optional('string', 2) } },
  ValueInfoProto: {
    fields: {
      name: optional('string', 1),
      type: optional('TypeProto', 2),
      docString: optional('string', 3),
      metadataProps: metadata(4),
    },
  },
  TypeProto: {
    oneofs: {
      value: {
        oneof: ['tensorType', 'sequenceType', 'mapType', 'optionalType', 'sparseTensorType', 'opaqueType'],
      },
    },
    fields: {
      tensorType: optional('Tensor', 1),
      sequenceType: optional('Sequence', 4),
      mapType: optional('Map', 5),
      denotation: optional('string', 6),
      opaqueType: optional('Opaque', 7),
      sparseTensorType: optional('SparseTensor', 8),
      optionalType: optional('Optional', 9),
    },
    nested: {
      Tensor: { fields: { elemType: optional('int32', 1), shape: optional('TensorShapeProto', 2) } },
      Sequence: { fields: { elemType: optional('TypeProto', 1) } },
      Map: { fields: { keyType: optional('int32', 1), valueType: optional('TypeProto', 2) } },
      Optional: { fields: { elemType: optional('TypeProto', 1) } },
      SparseTensor: { fields: { elemType: optional('int32', 1), shape: optional('TensorShapeProto', 2) } },
      Opaque: { fields: { domain: optional('string', 1), name: optional('string', 2) } },
    },
  },
  TensorShapeProto: {
    fields: { dim: repeated('Dimension', 1) },
    nested: {
      Dimension: {
        oneofs: { value: { oneof: ['dimValue', 'dimParam'] } },
        fields: {
          dimValue: optional('int64', 1),
          dimParam: optional('string', 2),
          denotation: optional('string', 3),
        },
      },
    },
  },
};

/** proto2 tells a 0 that is there from nothing; without this, values that are 0 or empty would be left out. */
const nested = Object.entries(messages).map(([name, message]) => [name, { edition: 'proto2', ...message }] as const);
const schema = protobuf.Root.fromJSON({ nested: Object.fromEntries(nested) });
const modelProto = schema.lookupType('ModelProto');

/** ONNX's numbers of element types (TensorProto.DataType). */
export const elementTypes = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
export type ElementType = keyof typeof elementTypes;

/** Dimensions are numbers, or names where they are free. */
export type Dimension = number | string;

/**
 * A whole number of 64 bits. What was read is never rounded: graphs say 2⁶³ − 1 for "to the end".
 */
export type Int64 = number | { readonly low: number; readonly high: number; toNumber(): number };

export const int64Number = (value: Int64): number => (typeof value === 'number' ? value : value.toNumber());

/** The fields that are looked at; a graph that was read keeps the others, too. */
export interface AttributeProto {
  name: string;
  /** 1 FLOAT, 2 INT, 3 STRING, 6 FLOATS, 7 INTS */
  type: number;
  f?: number;
  i?: Int64;
  s?: Uint8Array;
  t?: TensorProto | null;
  g?: GraphProto | null;
  sparseTensor?: SparseTensorProto | null;
  floats?: number[];
  ints?: Int64[];
  tensors?: TensorProto[];
  graphs?: GraphProto[];
  sparseTensors?: SparseTensorProto[];
}

export interface NodeProto {
  input: string[];
  output: string[];
  name: string;
  opType: string;
  domain?: string;
  attribute: AttributeProto[];
}

export interface TensorProto {
  name: string;
  dims: Int64[];
  dataType: number;
  rawData?: Uint8Array;
  externalData?: { key: string; value: string }[];
  /** 1: the values are in another file. */
  dataLocation?: number;
}

export interface SparseTensorProto {
  values?: TensorProto | null;
  indices?: TensorProto | null;
}

export interface ValueInfoProto {
  name: string;
  /** Absent, or of another kind than a tensor, in graphs of others. */
  type?: { tensorType?: TensorTypeProto | null } | null;
}

export interface TensorTypeProto {
  elemType: number;
  /** Absent: of any rank. */
  shape?: { dim: { dimValue?: Int64; dimParam?: string }[] } | null;
}

export interface GraphProto {
  name: string;
  node: NodeProto[];
  initializer: TensorProto[];
  sparseInitializer?: SparseTensorProto[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
  valueInfo?: ValueInfoProto[];
  quantizationAnnotation?: { tensorName: string; quantParameterTensorNames: { key: string; value: string }[] }[];
}

export interface FunctionProto {
  name: string;
  domain: string;
  node: NodeProto[];
}

export interface ModelProto {
  irVersion: Int64;
  opsetImport: { domain: string; version: Int64 }[];
  producerName: string;
  producerVersion: string;
  graph: GraphProto;
  functions?: FunctionProto[];
}

export function encodeModel(model: ModelProto): Uint8Array {
  return modelProto.encode(model).finish();
}

/**
 * Every field is kept, those too that the schema above does not know. Data fields of bytes are views of `bytes`.
 * @throws RangeError or Error of the decoder for bytes that are no ONNX model, or more of them than {@link boundedReader}
 *   allows.
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const reader = boundedReader(bytes);
  reader.discardUnknown = false;
  return modelProto.decode(reader) as unknown as ModelProto;
}
