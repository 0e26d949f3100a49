import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buildMaskDecoder, samUpscaling } from '../../native-models/architectures/maskDecoder.ts';
import { samPoints } from '../../native-models/architectures/promptEncoder.ts';
import { buildSamVit } from '../../native-models/architectures/samVit.ts';
import { buildTinyVit } from '../../native-models/architectures/tinyVit.ts';
import { writeGraph } from '../../native-models/compiler/compileCheckpoint.ts';
import type { Precision } from '../../native-models/compiler/contract.ts';
import type { GraphLayout } from '../../native-models/graph/layout.ts';
import type { Weights } from '../../native-models/graph/weightSource.ts';

/** Full-size models with random weights: how fast a graph runs does not depend on what its weights are. */
export type FullSizeModel = 'vit-b' | 'mobile-sam';

const vitB = {
  ...{ inputSize: 1024, patchSize: 16, width: 768, heads: 12, mlpWidth: 3072, outputChannels: 256 },
  windows: [14, 14, 0, 14, 14, 0, 14, 14, 0, 14, 14, 0],
};

const tinyVit = {
  inputSize: 1024,
  outputChannels: 256,
  convolutions: { width: 64, hidden: 256, depth: 2 },
  stages: [
    { width: 128, depth: 2, heads: 4, window: 7, mlpWidth: 512, side: 128 },
    { width: 160, depth: 6, heads: 5, window: 14, mlpWidth: 640, side: 64 },
    { width: 320, depth: 2, heads: 10, window: 7, mlpWidth: 1280, side: 64 },
  ],
};

const threeLayers = ['layers.0', 'layers.1', 'layers.2'];
const decoder = {
  prompt: { prefix: 'prompt_encoder', inputSize: 1024, side: 64, channels: 256, maskChannels: 16, points: samPoints },
  transformer: {
    ...{ heads: 8, depth: 2, mlpWidth: 2048, keepsTokens: false, residualFirst: false },
    mlpNames: ['lin1', 'lin2'] as const,
    activation: 'relu' as const,
  },
  prefix: 'mask_decoder',
  masks: 4,
  mlpLayers: threeLayers,
  iouLayers: threeLayers,
  activation: 'relu' as const,
  iouWidth: 256,
  iouSigmoid: false,
  upscaling: samUpscaling,
  tokensBefore: [],
  highResolution: false,
  hq: false,
};

/** Of any name and shape; the same ones for the same name. */
const randomWeights: Weights = {
  async read(name, shape) {
    const count = shape.reduce((product, side) => product * side, 1);
    const fanIn = shape.length > 1 ? count / shape[0]! : 1;
    const isGain = /norm\d?\.weight$|bn\.weight$|running_var$|neck\.[13]\.weight$/.test(name);
    const spread = shape.length > 1 ? Math.sqrt(3 / fanIn) : 0.1;
    let state = [...name].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, 7);
    return Float32Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return (isGain ? 1 : 0) + spread * ((state >>> 8) / 2 ** 23 - 1);
    });
  },
  skip() {},
};

/** Writes one graph of a model below `root`; returns its path. */
export async function writeRandomGraph(
  root: string,
  model: FullSizeModel,
  role: 'encoder' | 'decoder',
  options: { precision: Precision; layout: GraphLayout },
): Promise<string> {
  const folder = join(root, [model, role, options.layout, options.precision].join('-'));
  await mkdir(folder);
  const architecture: Parameters<typeof writeGraph>[0] = {
    id: model,
    async buildEncoder(layers) {
      const embeddings =
        model === 'vit-b' ? (await buildSamVit(layers, vitB)).embeddings : await buildTinyVit(layers, tinyVit);
      layers.graph.output('image_embeddings', embeddings, [1, 256, 64, 64]);
    },
    buildDecoder: (layers) => buildMaskDecoder(layers, decoder),
  };
  const { graph } = await writeGraph(architecture, role, randomWeights, folder, options);
  return join(folder, graph.path);
}
