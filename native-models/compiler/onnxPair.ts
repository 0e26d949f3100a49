import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { everyNode } from '../graph/graphValues.ts';
import { elementTypes, int64Number, type ModelProto } from '../graph/onnxSchema.ts';
import type { ModelDescription } from '../packages/description.ts';
import { ModelError } from '../packages/modelError.ts';
import { descriptionFile } from '../packages/modelPackage.ts';
import type { CompiledModel, CompileOptions, Precision } from './contract.ts';
import { readOnnxModel } from './onnxModelFile.ts';
import { pairArchitecture, pairSizes } from './onnxPairConfig.ts';
import { findOnnxPair } from './onnxPairFiles.ts';
import { type PairFile, recognisePair } from './onnxSignature.ts';
import { rewriteDecoder, takesBatches } from './rewriteDecoder.ts';
import { rewriteEncoder } from './rewriteEncoder.ts';
import { storeGraph } from './storeGraph.ts';

const adapterVersion = '1';

/**
 * Makes a model package of an encoder and a decoder that are ONNX graphs already: both get the inputs and outputs of a
 * package, and their weights go into a file beside each. What they compute stays as it is.
 * @param path a folder with both, or one of the two files.
 * @param folder exists and is empty; what is in it after a failure is not a package.
 * @throws ModelError checkpoint-invalid, checkpoint-unsupported; the signal's reason when it is aborted.
 */
export async function compileOnnxPair(path: string, folder: string, options: CompileOptions): Promise<CompiledModel> {
  const { signal, onProgress } = options;
  onProgress?.({ stage: 'reading', fraction: 0 });
  const [first, second] = await findOnnxPair(path);
  const read = async (file: string): Promise<PairFile> => {
    signal?.throwIfAborted();
    return { path: file, model: await readOnnxModel(file) };
  };
  const { encoder, decoder } = recognisePair([await read(first), await read(second)]);
  const family = decoder.features.highRes ? 'sam2' : 'sam';
  const sizes = pairSizes(encoder, decoder, family, options.config);
  const precision = precisionOf(encoder.file.model);
  refuseConversion(path, precision, options.precision);
  const graphs = { encoder: encoder.file, decoder: decoder.file };
  const unused = unusedOutputs(decoder.file.model, [decoder.logits.name, decoder.iou.name]);
  const facts = { encoder: producerOf(encoder.file.model), decoder: producerOf(decoder.file.model) };
  rewriteEncoder(encoder.file.model.graph, encoder, sizes);
  rewriteDecoder(decoder.file.model.graph, decoder, sizes);

  const files: Partial<ModelDescription['files']> = {};
  const total = encoder.file.model.graph.initializer.length + decoder.file.model.graph.initializer.length;
  let stored = 0;
  for (const role of ['encoder', 'decoder'] as const) {
    const { model, path: from } = graphs[role];
    // From IR version 4 on, weights need not be inputs, too.
    model.irVersion = Math.max(4, int64Number(model.irVersion));
    const { graph, weights } = await storeGraph(model, from, folder, `${role}.onnx`, () => {
      signal?.throwIfAborted();
      onProgress?.({ stage: role, fraction: Math.min(1, stored++ / total) });
    });
    files[role] = graph;
    if (weights) files[`${role}Weights`] = weights;
  }
  onProgress?.({ stage: 'checking', fraction: 1 });
  const description: ModelDescription = {
    name: options.name,
    family,
    architecture: pairArchitecture,
    version: adapterVersion,
    hyperparameters: { graphs: facts, ...(unused.length > 0 ? { unusedOutputs: unused } : {}) },
    inputSize: sizes.inputSize,
    maskSize: sizes.maskSize,
    preparation: sizes.preparation,
    embeddingChannels: sizes.embeddingChannels,
    files: files as ModelDescription['files'],
    precision,
    maskThreshold: 0,
    ...(takesBatches(decoder) ? {} : { maxBatch: 1 }),
    licence: options.licence,
    source: options.source,
    figures: {},
  };
  await writeFile(join(folder, descriptionFile), `${JSON.stringify(description, null, 2)}\n`, { flag: 'wx' });
  const title = `${family === 'sam2' ? 'SAM 2' : 'SAM'} as ONNX graphs, ${sizes.inputSize} px`;
  return { description, architecture: title, leftOut: [] };
}

function unusedOutputs({ graph }: ModelProto, used: readonly string[]): string[] {
  return graph.output.map(({ name }) => name).filter((name) => !used.includes(name));
}

function producerOf({ producerName, producerVersion, opsetImport }: ModelProto): Record<string, unknown> {
  const opsets = opsetImport.map(({ domain, version }) => [domain || 'ai.onnx', int64Number(version)]);
  return { producer: `${producerName} ${producerVersion}`.trim(), opsets: Object.fromEntries(opsets) };
}

/** How most of the encoder's weights are stored. */
function precisionOf({ graph }: ModelProto): Precision {
  const quantized =
    /^(MatMulInteger|ConvInteger|QLinear.*|DequantizeLinear|MatMulNBits|QAttention|DynamicQuantizeMatMul)$/;
  for (const { opType } of everyNode(graph.node)) if (quantized.test(opType)) return 'int8';
  const values = { float: 0, float16: 0 };
  for (const { dataType, dims } of graph.initializer) {
    const count = dims.reduce<number>((product, dim) => product * int64Number(dim), 1);
    if (dataType === elementTypes.float) values.float += count;
    if (dataType === elementTypes.float16) values.float16 += count;
  }
  return values.float16 > values.float ? 'fp16' : 'fp32';
}

/** fp32 is what is meant where nobody asked. */
function refuseConversion(path: string, found: Precision, wanted: Precision): void {
  if (wanted === 'fp32' || wanted === found) return;
  throw new ModelError('checkpoint-unsupported', `${path} is ${found}: graphs that are ready are not made ${wanted}.`, {
    path,
    remedy: 'Add it without --precision, or add the checkpoint that it was exported from.',
  });
}
