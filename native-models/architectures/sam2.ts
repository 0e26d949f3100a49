import { z } from 'zod';
import type { ArchitectureConfig } from '../compiler/contract.ts';
import type { Tensors } from '../graph/weightSource.ts';
import { ModelError } from '../packages/modelError.ts';
import type { ArchitectureReader } from './architecture.ts';
import { readConfig } from './config.ts';
import { readSamDecoder, sam2Names } from './decoders.ts';
import { buildHiera, type HieraConfig } from './hiera.ts';
import { buildMaskDecoder } from './maskDecoder.ts';
import { sam2Preparation } from './preparations.ts';
import { countNumbered, shapeOf } from './shapes.ts';

const trunk = 'image_encoder.trunk';

const count = z.number().int().positive();
const config = z.object({
  numHeads: count.optional(),
  stages: z.array(count).min(1).optional(),
  globalAttentionBlocks: z.array(z.number().int().nonnegative()).optional(),
  windowSpec: z.array(count).min(1).optional(),
  fpnTopDownLevels: z.array(z.number().int().nonnegative()).optional(),
  imageSize: count.multipleOf(32).optional(),
});

type Variant = Pick<HieraConfig, 'inputSize' | 'heads' | 'windows' | 'globalBlocks' | 'topDownLevels'>;

/** What shapes can't tell of the published models (sam2/configs/sam2.1), by width and blocks of each stage. */
const common = { inputSize: 1024, topDownLevels: [2, 3], windows: [8, 4, 14, 7] };
const published: Record<string, Variant> = {
  '96 1,2,7,2': { ...common, heads: 1, globalBlocks: [5, 7, 9] },
  '96 1,2,11,2': { ...common, heads: 1, globalBlocks: [7, 10, 13] },
  '112 2,3,16,3': { ...common, heads: 2, globalBlocks: [12, 16, 20] },
  '144 2,6,36,4': { ...common, heads: 2, globalBlocks: [23, 33, 43], windows: [8, 4, 16, 8] },
};

/** SAM 2 and 2.1 on single images; what they remember of videos is left out. */
export const sam2: ArchitectureReader = {
  id: 'sam2.1-hiera',
  recognises: (names) =>
    names.has(`${trunk}.blocks.0.attn.qkv.weight`) && names.has('sam_mask_decoder.iou_token.weight'),
  read(tensors, given) {
    const encoder = readHiera(tensors, given);
    const { inputSize, width, stages, outputChannels: channels } = encoder;
    const side = inputSize / 16;
    const decoder = {
      ...readSamDecoder(tensors, sam2Names, { inputSize, side }),
      iouSigmoid: true,
      tokensBefore: ['obj_score_token.weight'],
      highResolution: true,
    };
    return {
      id: 'sam2.1-hiera',
      family: 'sam2',
      title: `SAM 2 Hiera, stages ${stages.join('/')} from ${width}, ${inputSize} px`,
      hyperparameters: { ...encoder },
      inputSize,
      embeddingChannels: channels,
      preparation: sam2Preparation,
      async buildEncoder(layers) {
        const { embeddings, highRes0, highRes1 } = await buildHiera(layers, encoder);
        layers.graph.output('image_embeddings', embeddings, [1, channels, side, side]);
        layers.graph.output('high_res_features_0', highRes0, [1, channels / 8, 4 * side, 4 * side]);
        layers.graph.output('high_res_features_1', highRes1, [1, channels / 4, 2 * side, 2 * side]);
      },
      buildDecoder: (layers) => buildMaskDecoder(layers, decoder),
    };
  },
};

function readHiera(tensors: Tensors, given: ArchitectureConfig | null): HieraConfig {
  const [width] = shapeOf(tensors, `${trunk}.patch_embed.proj.weight`, 4) as [number];
  const [, , backgroundSide] = shapeOf(tensors, `${trunk}.pos_embed`, 4) as [number, number, number];
  const [outputChannels] = shapeOf(tensors, 'image_encoder.neck.convs.0.conv.weight', 4) as [number];
  // A stage begins where a block has a projection of its shortcut.
  const stages: number[] = [];
  for (let block = 0; block < countNumbered(tensors, `${trunk}.blocks.`); block++) {
    if (block === 0 || tensors.has(`${trunk}.blocks.${block}.proj.weight`)) stages.push(0);
    stages[stages.length - 1]!++;
  }
  const stated = readConfig('sam2.1-hiera', config, given);
  const variant = published[`${width} ${stages.join()}`];
  const choose = <T>(name: string, fromConfig: T | undefined, ofVariant: T | undefined): T => {
    const value = fromConfig ?? ofVariant;
    if (value !== undefined) return value;
    throw new ModelError(
      'checkpoint-unsupported',
      `No published SAM 2 model has stages ${stages.join('/')} from width ${width}, so ${name} is not known.`,
      { remedy: `Give it in a JSON file: --config FILE.json with {"${name}": …}.` },
    );
  };
  return {
    inputSize: choose('imageSize', stated?.imageSize, variant?.inputSize),
    width,
    heads: choose('numHeads', stated?.numHeads, variant?.heads),
    stages,
    windows: choose('windowSpec', stated?.windowSpec, variant?.windows),
    globalBlocks: choose('globalAttentionBlocks', stated?.globalAttentionBlocks, variant?.globalBlocks),
    backgroundSide,
    outputChannels,
    topDownLevels: choose('fpnTopDownLevels', stated?.fpnTopDownLevels, variant?.topDownLevels),
  };
}
