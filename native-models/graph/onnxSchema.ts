import protobuf from 'protobufjs/light.js';

/**
 * The part of ONNX's protobuf schema (onnx.proto, IR version 8) that graphs here are written with and read by: field
 * names and numbers as published. Fields that are left out are skipped when a file is read.
 */
const optional = (type: string, id: number) => ({ type, id });
const repeated = (type: string, id: number) => ({ rule: 'repeated', type, id });
/** onnx.proto is proto2: lists of numbers are written one by one; reading takes both ways. */
const unpacked = (type: string, id: number) => ({ ...repeated(type, id), options: { packed: false } });

const schema = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: optional('int64', 1),
        opsetImport: repeated('OperatorSetIdProto', 8),
        producerName: optional('string', 2),
        producerVersion: optional('string', 3),
        graph: optional('GraphProto', 7),
      },
    },
    OperatorSetIdProto: { fields: { domain: optional('string', 1), version: optional('int64', 2) } },
    GraphProto: {
      fields: {
        node: repeated('NodeProto', 1),
        name: optional('string', 2),
        initializer: repeated('TensorProto', 5),
        input: repeated('ValueInfoProto', 11),
        output: repeated('ValueInfoProto', 12),
      },
    },
    NodeProto: {
      fields: {
        input: repeated('string', 1),
        output: repeated('string', 2),
        name: optional('string', 3),
        opType: optional('string', 4),
        domain: optional('string', 7),
        attribute: repeated('AttributeProto', 5),
      },
    },
    AttributeProto: {
      fields: {
        name: optional('string', 1),
        type: optional('int32', 20),
        f: optional('float', 2),
        i: optional('int64', 3),
        s: optional('bytes', 4),
        floats: unpacked('float', 7),
        ints: unpacked('int64', 8),
      },
    },
    TensorProto: {
      fields: {
        dims: unpacked('int64', 1),
        dataType: optional('int32', 2),
        name: optional('string', 8),
        rawData: optional('bytes', 9),
        externalData: repeated('StringStringEntryProto', 13),
        dataLocation: optional('int32', 14),
      },
    },
    StringStringEntryProto: { fields: { key: optional('string', 1), value: optional('string', 2) } },
    ValueInfoProto: { fields: { name: optional('string', 1), type: optional('TypeProto', 2) } },
    TypeProto: {
      fields: { tensorType: optional('Tensor', 1) },
      nested: { Tensor: { fields: { elemType: optional('int32', 1), shape: optional('TensorShapeProto', 2) } } },
    },
    TensorShapeProto: {
      fields: { dim: repeated('Dimension', 1) },
      nested: {
        Dimension: {
          oneofs: { value: { oneof: ['dimValue', 'dimParam'] } },
          fields: { dimValue: optional('int64', 1), dimParam: optional('string', 2) },
        },
      },
    },
  },
});

const modelProto = schema.lookupType('ModelProto');

/** ONNX's numbers of element types (TensorProto.DataType). */
export const elementTypes = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
export type ElementType = keyof typeof elementTypes;

/** Dimensions are numbers, or names where they are free. */
export type Dimension = number | string;

export interface AttributeProto {
  name: string;
  /** 1 FLOAT, 2 INT, 3 STRING, 6 FLOATS, 7 INTS */
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  floats?: number[];
  ints?: number[];
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
  dims: number[];
  dataType: number;
  rawData?: Uint8Array;
  externalData?: { key: string; value: string }[];
  /** 1: the values are in another file. */
  dataLocation?: number;
}

export interface ValueInfoProto {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: { dimValue?: number; dimParam?: string }[] } } };
}

export interface ModelProto {
  irVersion: number;
  opsetImport: { domain: string; version: number }[];
  producerName: string;
  producerVersion: string;
  graph: {
    name: string;
    node: NodeProto[];
    initializer: TensorProto[];
    input: ValueInfoProto[];
    output: ValueInfoProto[];
  };
}

export function encodeModel(model: ModelProto): Uint8Array {
  return modelProto.encode(model).finish();
}

/** @throws RangeError or Error of the decoder for bytes that are no ONNX model. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const message = modelProto.decode(bytes);
  return modelProto.toObject(message, { longs: Number, arrays: true, objects: true, defaults: false }) as ModelProto;
}
