import type { Tensors } from '../graph/weightSource.ts';
import type { Architecture, ArchitectureReader } from './architecture.ts';
import { readSamDecoder, samNames } from './decoders.ts';
import { buildMaskDecoder } from './maskDecoder.ts';
import { samPreparation } from './preparations.ts';
import { buildHqFeatures } from './samHqFeatures.ts';
import { buildSamVit, type SamVitConfig } from './samVit.ts';
import { countNumbered, shapeOf } from './shapes.ts';

/** SAM with a plain ViT (B, L, H and any like it), its fine-tunes (micro-sam, MedSAM), and SAM-HQ on top of it. */
const marker = 'image_encoder.blocks.0.attn.rel_pos_h';
const hqMarker = 'mask_decoder.hf_token.weight';

export const sam: ArchitectureReader = {
  id: 'sam-vit',
  recognises: (names) => names.has(marker) && !names.has(hqMarker),
  read: (tensors) => read(tensors, false),
};

export const samHq: ArchitectureReader = {
  id: 'sam-hq',
  recognises: (names) => names.has(marker) && names.has(hqMarker),
  read: (tensors) => read(tensors, true),
};

function read(tensors: Tensors, hq: boolean): Architecture {
  const encoder = readSamVit(tensors);
  const { inputSize, patchSize, width, windows, outputChannels: channels } = encoder;
  const side = inputSize / patchSize;
  const decoder = { ...readSamDecoder(tensors, samNames, { inputSize, side }), hq };
  return {
    id: hq ? 'sam-hq' : 'sam-vit',
    family: 'sam',
    title: `${hq ? 'SAM-HQ' : 'SAM'} ViT, ${windows.length} blocks of ${width}, ${inputSize} px`,
    hyperparameters: { ...encoder },
    inputSize,
    embeddingChannels: channels,
    preparation: samPreparation,
    ...(hq ? { hqToken: decoder.masks } : {}),
    async buildEncoder(layers) {
      const { embeddings, early } = await buildSamVit(layers, encoder);
      layers.graph.output('image_embeddings', embeddings, [1, channels, side, side]);
      if (!hq) return;
      const features = await buildHqFeatures(layers, embeddings, early, { channels, width, side });
      layers.graph.output('hq_features', features, [1, channels / 8, 4 * side, 4 * side]);
    },
    buildDecoder: (layers) => buildMaskDecoder(layers, decoder),
  };
}

/** Everything but the weights follows from shapes: heads and windows from the tables of relative positions. */
function readSamVit(tensors: Tensors): SamVitConfig {
  const root = 'image_encoder';
  const [, side, , width] = shapeOf(tensors, `${root}.pos_embed`, 4) as [number, number, number, number];
  const [, , patchSize] = shapeOf(tensors, `${root}.patch_embed.proj.weight`, 4) as [number, number, number];
  const [mlpWidth] = shapeOf(tensors, `${root}.blocks.0.mlp.lin1.weight`, 2) as [number];
  const [outputChannels] = shapeOf(tensors, `${root}.neck.0.weight`, 4) as [number];
  const [, depth] = shapeOf(tensors, marker, 2) as [number, number];
  const windows = Array.from({ length: countNumbered(tensors, `${root}.blocks.`) }, (_, block) => {
    const [offsets] = shapeOf(tensors, `${root}.blocks.${block}.attn.rel_pos_h`, 2) as [number];
    const window = (offsets + 1) / 2;
    return window === side ? 0 : window;
  });
  return { inputSize: side * patchSize, patchSize, width, heads: width / depth, mlpWidth, windows, outputChannels };
}
