import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Architecture } from '../architectures/architecture.ts';
import { recogniseArchitecture } from '../architectures/index.ts';
import type { GraphLayout } from '../graph/layout.ts';
import { openCheckpoint } from '../checkpoints/index.ts';
import { findStateDict } from '../checkpoints/stateDict.ts';
import { GraphBuilder } from '../graph/graphBuilder.ts';
import { Layers } from '../graph/layers.ts';
import { WeightFile } from '../graph/weightFile.ts';
import { type Tensors, type Weights, WeightSource } from '../graph/weightSource.ts';
import type { ModelDescription } from '../packages/description.ts';
import { ModelError } from '../packages/modelError.ts';
import { descriptionFile } from '../packages/modelPackage.ts';
import { measureQuantizationLoss, type QuantizationLoss } from './quantizationLoss.ts';
import type { CompiledModel, CompileOptions, Precision } from './contract.ts';
import { compileOnnxPair } from './onnxPair.ts';
import { isOnnxPair } from './onnxPairFiles.ts';

export const compilerVersion = '1';

/**
 * Makes a model package of a checkpoint file: recognises the architecture, rehearses both graphs to see that every
 * tensor is there, then writes them weight by weight.
 * @param folder exists and is empty; what is in it after a failure is not a package.
 * @throws ModelError checkpoint-invalid, checkpoint-unsupported; the signal's reason when it is aborted.
 */
export async function compileCheckpoint(path: string, folder: string, options: CompileOptions): Promise<CompiledModel> {
  if (await isOnnxPair(path)) return compileOnnxPair(path, folder, options);
  options.onProgress?.({ stage: 'reading', fraction: 0 });
  const checkpoint = await openCheckpoint(path);
  try {
    const tensors = findStateDict(checkpoint);
    const architecture = recogniseArchitecture(tensors, options.config);
    const leftOut = await rehearse(architecture, tensors, path);
    const description = await compile(architecture, tensors, folder, options);
    const loss = description.figures.int8 as QuantizationLoss | undefined;
    const cost = loss ? `; int8: embeddings ${(loss.cosineSimilarity * 100).toFixed(2)} % like fp32's (cosine)` : '';
    return { description, architecture: architecture.title + cost, leftOut };
  } finally {
    await checkpoint.close();
  }
}

type Role = 'encoder' | 'decoder';
const roles: readonly Role[] = ['encoder', 'decoder'];

/** Builds both graphs without a value. @returns tensors that nothing asked for. */
async function rehearse(architecture: Architecture, tensors: Tensors, path: string): Promise<string[]> {
  const source = new WeightSource(tensors, { rehearsal: true });
  for (const role of roles) await build(architecture, role, new Layers(new GraphBuilder(null, 'fp32'), source));
  const { missing, misshaped, extra } = source.report();
  if (missing.length + misshaped.length === 0) return extra;
  const problems = [
    listed('missing', missing),
    listed('of another shape', misshaped),
    listed('not known', extra),
  ].filter((line) => line !== '');
  throw new ModelError(
    'checkpoint-unsupported',
    `${path} looks like ${architecture.title}, but its tensors don't make it up: ${problems.join('; ')}.`,
    {
      path,
      remedy: 'Use a checkpoint of the whole model; a fine-tune with layers of its own needs its own architecture.',
    },
  );
}

function listed(what: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, 8).join(', ');
  return `${names.length} ${what} (${shown}${names.length > 8 ? ', …' : ''})`;
}

function build(
  architecture: Pick<Architecture, 'buildEncoder' | 'buildDecoder'>,
  role: Role,
  layers: Layers,
): Promise<void> {
  return role === 'encoder' ? architecture.buildEncoder(layers) : architecture.buildDecoder(layers);
}

async function compile(
  architecture: Architecture,
  tensors: Tensors,
  folder: string,
  { name, precision, licence, source, onProgress, signal }: CompileOptions,
): Promise<ModelDescription> {
  const total = [...tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const files: Partial<ModelDescription['files']> = {};
  let read = 0;
  for (const role of roles) {
    const onRead = (values: number) => {
      signal?.throwIfAborted();
      read += values;
      onProgress?.({ stage: role, fraction: Math.min(1, read / total) });
    };
    const weights = new WeightSource(tensors, { rehearsal: false, onRead });
    // The decoder is small, its logits decide about pixels: it is never quantized.
    const ofRole: Precision = role === 'decoder' && precision === 'int8' ? 'fp32' : precision;
    const written = await writeGraph(architecture, role, weights, folder, { precision: ofRole, layout: 'compact' });
    files[role] = written.graph;
    files[`${role}Weights`] = written.weights;
  }
  onProgress?.({ stage: 'checking', fraction: 1 });
  const figures: Record<string, unknown> = {};
  if (precision === 'int8') figures.int8 = await lossOf(architecture, tensors, folder);
  const description: ModelDescription = {
    name,
    family: architecture.family,
    architecture: architecture.id,
    version: compilerVersion,
    hyperparameters: architecture.hyperparameters,
    inputSize: architecture.inputSize,
    maskSize: architecture.inputSize / 4,
    preparation: architecture.preparation,
    embeddingChannels: architecture.embeddingChannels,
    files: files as ModelDescription['files'],
    precision,
    maskThreshold: 0,
    ...(architecture.maskResample === undefined ? {} : { maskResample: architecture.maskResample }),
    ...(architecture.hqToken === undefined ? {} : { hqToken: architecture.hqToken }),
    licence,
    source,
    figures,
  };
  await writeFile(join(folder, descriptionFile), `${JSON.stringify(description, null, 2)}\n`, { flag: 'wx' });
  return description;
}

/** Compares the encoder in `folder` with one of fp32 weights, which is made for this and removed. */
async function lossOf(architecture: Architecture, tensors: Tensors, folder: string): Promise<QuantizationLoss> {
  const exact = join(folder, 'fp32');
  await mkdir(exact);
  try {
    const weights = new WeightSource(tensors, { rehearsal: false });
    const { graph } = await writeGraph(architecture, 'encoder', weights, exact, {
      precision: 'fp32',
      layout: 'compact',
    });
    const own = join(folder, graph.path);
    return await measureQuantizationLoss(own, join(exact, graph.path), architecture.inputSize);
  } finally {
    await rm(exact, { recursive: true, force: true });
  }
}

interface WrittenGraph {
  graph: ModelDescription['files']['encoder'];
  weights: ModelDescription['files']['encoder'];
}

/** Writes one graph and its weights into a folder. */
export async function writeGraph(
  architecture: Pick<Architecture, 'id' | 'buildEncoder' | 'buildDecoder'>,
  role: Role,
  weights: Weights,
  folder: string,
  { precision, layout }: { precision: Precision; layout: GraphLayout },
): Promise<WrittenGraph> {
  const graphName = `${role}.onnx`;
  const weightName = `${role}.onnx.data`;
  const weightFile = await WeightFile.create(join(folder, weightName), weightName);
  try {
    const graph = new GraphBuilder(weightFile, precision);
    await build(architecture, role, new Layers(graph, weights, layout));
    const bytes = graph.encode(`${architecture.id} ${role}`, compilerVersion);
    await writeFile(join(folder, graphName), bytes, { flag: 'wx' });
    const stored = await weightFile.close();
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { graph: { path: graphName, sha256, bytes: bytes.length }, weights: { path: weightName, ...stored } };
  } catch (error) {
    await weightFile.abandon();
    throw error;
  }
}
