import { Tensor } from 'onnxruntime-node';
import type { ImageToModel } from './spaces.ts';

/** What the encoder makes of a plane: everything that a prompt on this plane needs. */
export interface ImageEmbedding {
  /** Tensors by the encoder's output names: image_embeddings, for sam2 also high_res_features_0 and _1. */
  tensors: Record<string, FloatTensor>;
  transform: ImageToModel;
}

export interface FloatTensor {
  dims: readonly number[];
  data: Float32Array;
}

export function embeddingBytes(embedding: ImageEmbedding): number {
  return Object.values(embedding.tensors).reduce((bytes, { data }) => bytes + data.byteLength, 0);
}

export function toOrtTensor({ data, dims }: FloatTensor): Tensor {
  return new Tensor('float32', data, dims);
}

/** @throws TypeError when the graph gives another type than float32. */
export function fromOrtTensor(name: string, tensor: Tensor | undefined): FloatTensor {
  if (tensor === undefined || !(tensor.data instanceof Float32Array)) {
    throw new TypeError(`output ${name} is ${tensor ? `${tensor.type}, not float32` : 'missing'}`);
  }
  return { dims: tensor.dims, data: tensor.data };
}
