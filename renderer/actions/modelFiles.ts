/** Files of one model: a checkpoint, or graphs with their weights, and a configuration if there is one. */
export interface ModelFiles<File> {
  files: File[];
  config: File | null;
}

const checkpoint = /\.(pt|pth|safetensors|ckpt)$/i;
const graph = /\.(onnx|onnx[._]data)$/i;

/** Whether a file is a model's and no micrograph. */
export const isModelFile = (name: string) => checkpoint.test(name) || graph.test(name);

/**
 * Sorts files into models: every checkpoint is one, all graphs together are one. Files that come along with graphs and
 * are no configuration are taken for their weights; a single configuration belongs to a single model.
 */
export function groupModelFiles<File extends { name: string }>(files: readonly File[]): ModelFiles<File>[] {
  const checkpoints = files.filter(({ name }) => checkpoint.test(name)).map((file) => [file]);
  const graphs = files.filter(({ name }) => graph.test(name) || (/\.data$/i.test(name) && checkpoints.length === 0));
  const groups = graphs.length > 0 ? [...checkpoints, graphs] : checkpoints;
  const configs = files.filter(({ name }) => /\.json$/i.test(name));
  const config = groups.length === 1 && configs.length === 1 ? configs[0]! : null;
  return groups.map((group) => ({ files: group, config }));
}
