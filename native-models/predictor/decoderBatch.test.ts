import type { InferenceSession } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { batchOf } from './decoderBatch.ts';

function decoder(shapes: Record<string, (number | string)[]>) {
  const inputMetadata = Object.entries(shapes).map(([name, shape]) => ({
    name,
    isTensor: true,
    type: 'float32',
    shape,
  }));
  return { inputMetadata: inputMetadata as unknown as InferenceSession['inputMetadata'] };
}

it('the batch of a decoder is free where its graph says so, and fixed where one of its inputs is', () => {
  const embeddings = [1, 256, 64, 64];
  const free = { image_embeddings: embeddings, point_coords: ['B', 'N', 2], has_mask_input: ['B'] };
  expect(batchOf(decoder(free))).toBe(null);
  // As scripts/export_onnx_model.py of segment-anything writes it.
  const published = { image_embeddings: embeddings, point_coords: [1, 'num_points', 2], has_mask_input: [1] };
  expect(batchOf(decoder(published))).toBe(1);
  expect(batchOf(decoder({ ...free, has_mask_input: [1] }))).toBe(1);
});
