import { z } from 'zod';
import type { ArchitectureConfig } from '../compiler/contract.ts';
import type { ArchitectureReader } from './architecture.ts';
import { readConfig } from './config.ts';
import { readEfficientSamDecoder } from './decoders.ts';
import { buildEfficientVit } from './efficientVit.ts';
import { buildMaskDecoder } from './maskDecoder.ts';
import { efficientSamPreparation } from './preparations.ts';
import { countNumbered, shapeOf } from './shapes.ts';

const root = 'image_encoder';
const config = z.object({ imageSize: z.number().int().positive().multipleOf(16).optional() });

/**
 * EfficientSAM, ViT-T and ViT-S. No shape tells the side of the image, since positions have the pretraining's; the
 * published models see 1024 pixels and have 256 channels, and others are taken to have as many pixels a channel.
 */
export const efficientSam: ArchitectureReader = {
  id: 'efficient-sam',
  recognises: (names) =>
    names.has('prompt_encoder.bbox_top_left_embeddings.weight') && names.has(`${root}.blocks.0.mlp.fc1.weight`),
  read(tensors, given: ArchitectureConfig | null) {
    const [width, , patchSize] = shapeOf(tensors, `${root}.patch_embed.proj.weight`, 4) as [number, number, number];
    const [, positions] = shapeOf(tensors, `${root}.pos_embed`, 3) as [number, number];
    const [mlpWidth] = shapeOf(tensors, `${root}.blocks.0.mlp.fc1.weight`, 2) as [number];
    const [channels] = shapeOf(tensors, `${root}.neck.0.weight`, 4) as [number];
    const inputSize = readConfig('efficient-sam', config, given)?.imageSize ?? 4 * channels;
    const depth = countNumbered(tensors, `${root}.blocks.`);
    // Both published models have heads of 64 channels.
    const heads = width / 64;
    const encoder = { inputSize, patchSize, width, heads, depth, mlpWidth, positions, outputChannels: channels };
    const side = inputSize / patchSize;
    const decoder = readEfficientSamDecoder(tensors, { inputSize, side });
    return {
      id: 'efficient-sam',
      family: 'sam',
      title: `EfficientSAM ViT, ${depth} blocks of ${width}, ${inputSize} px`,
      hyperparameters: { ...encoder },
      inputSize,
      embeddingChannels: channels,
      preparation: efficientSamPreparation,
      maskResample: 'bicubic',
      async buildEncoder(layers) {
        const embeddings = await buildEfficientVit(layers, encoder);
        layers.graph.output('image_embeddings', embeddings, [1, channels, side, side]);
      },
      buildDecoder: (layers) => buildMaskDecoder(layers, decoder),
    };
  },
};
