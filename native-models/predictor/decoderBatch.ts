import type { InferenceSession } from 'onnxruntime-node';

/**
 * How many prompts a decoder's graph wants at once: 1 in the published ONNX export of SAM (scripts/export_onnx_model.py
 * leaves only the number of points free); null where any number will do, as in graphs compiled here.
 */
export function batchOf(decoder: Pick<InferenceSession, 'inputMetadata'>): number | null {
  for (const input of decoder.inputMetadata) {
    if (!input.isTensor || !promptInputs.has(input.name)) continue;
    const [batch] = input.shape;
    if (typeof batch === 'number' && batch > 0) return batch;
  }
  return null;
}

const promptInputs = new Set(['point_coords', 'point_labels', 'mask_input', 'has_mask_input']);
