import type { Tensors } from '../graph/weightSource.ts';
import type { ArchitectureReader } from './architecture.ts';
import { readSamDecoder, samNames } from './decoders.ts';
import { buildMaskDecoder } from './maskDecoder.ts';
import { samPreparation } from './preparations.ts';
import { countNumbered, shapeOf } from './shapes.ts';
import { buildTinyVit, type TinyVitConfig, type TinyVitStage } from './tinyVit.ts';

const root = 'image_encoder';
/** tiny_vit_sam.py builds its plane of 64 × 64 tokens from an image of this side only. */
const inputSize = 1024;
/** Widths whose patches are merged without halving the plane (PatchMerging). */
const keepingSide = [320, 448, 576];

/** MobileSAM, and micro-sam's ViT-T models. */
export const mobileSam: ArchitectureReader = {
  id: 'mobile-sam',
  recognises: (names) => names.has(`${root}.patch_embed.seq.0.c.weight`) && !names.has('mask_decoder.hf_token.weight'),
  read(tensors) {
    const encoder = readTinyVit(tensors);
    const last = encoder.stages.at(-1)!;
    const image = { inputSize, side: last.side };
    const decoder = readSamDecoder(tensors, samNames, image);
    const channels = encoder.outputChannels;
    const widths = [encoder.convolutions.width, ...encoder.stages.map(({ width }) => width)];
    return {
      id: 'mobile-sam',
      family: 'sam',
      title: `MobileSAM TinyViT, widths ${widths.join('/')}, ${inputSize} px`,
      hyperparameters: { ...encoder },
      inputSize,
      embeddingChannels: channels,
      preparation: samPreparation,
      async buildEncoder(layers) {
        const embeddings = await buildTinyVit(layers, encoder);
        layers.graph.output('image_embeddings', embeddings, [1, channels, last.side, last.side]);
      },
      buildDecoder: (layers) => buildMaskDecoder(layers, decoder),
    };
  },
};

function readTinyVit(tensors: Tensors): TinyVitConfig {
  const [width] = shapeOf(tensors, `${root}.patch_embed.seq.2.c.weight`, 4) as [number];
  const [hidden] = shapeOf(tensors, `${root}.layers.0.blocks.0.conv1.c.weight`, 4) as [number];
  const [outputChannels] = shapeOf(tensors, `${root}.neck.0.weight`, 4) as [number];
  const stages: TinyVitStage[] = [];
  let side = inputSize / 4;
  for (let layer = 1; layer < countNumbered(tensors, `${root}.layers.`); layer++) {
    const prefix = `${root}.layers.${layer}`;
    const [stageWidth] = shapeOf(tensors, `${root}.layers.${layer - 1}.downsample.conv1.c.weight`, 4) as [number];
    const [heads, places] = shapeOf(tensors, `${prefix}.blocks.0.attn.attention_biases`, 2) as [number, number];
    const [mlpWidth] = shapeOf(tensors, `${prefix}.blocks.0.mlp.fc1.weight`, 2) as [number];
    if (!keepingSide.includes(stageWidth)) side /= 2;
    const depth = countNumbered(tensors, `${prefix}.blocks.`);
    stages.push({ width: stageWidth, depth, heads, window: Math.round(Math.sqrt(places)), mlpWidth, side });
  }
  const depth = countNumbered(tensors, `${root}.layers.0.blocks.`);
  return { inputSize, outputChannels, convolutions: { width, hidden, depth }, stages };
}
