import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { innerTensors } from '../graph/graphValues.ts';
import { elementTypes, encodeModel, type ModelProto, type TensorProto } from '../graph/onnxSchema.ts';
import { WeightFile } from '../graph/weightFile.ts';
import type { ModelDescription } from '../packages/description.ts';
import { ModelError } from '../packages/modelError.ts';
import { readExternalData } from './onnxTensorData.ts';

/** Fewer bytes stay in the graph. */
const smallestExternal = 1024;
/** Of whole numbers, which shape inference wants to see. */
const smallestIndices = 2 ** 20;

/** Many tensors may name the same place in a small file. The largest model of this kind has 2.6 GB. */
const mostBytes = 2 ** 34;
/** Of what comes into the graph. */
const mostInline = 2 ** 28;

type PackageFile = ModelDescription['files']['encoder'];

export interface StoredGraph {
  graph: PackageFile;
  /** null: the graph has no large weights. */
  weights: PackageFile | null;
}

/**
 * Writes a graph that was read from `from` and its weights, wherever they were, into a folder: the large ones into one
 * file beside it.
 * @param onTensor is called with each weight; what it throws ends the work.
 * @throws ModelError checkpoint-invalid
 */
export async function storeGraph(
  model: ModelProto,
  from: string,
  folder: string,
  name: string,
  onTensor: () => void,
): Promise<StoredGraph> {
  const weightName = `${name}.data`;
  let weights: WeightFile | null = null;
  let inline = 0;
  try {
    for (const tensor of model.graph.initializer) {
      onTensor();
      const values = await valuesOf(tensor, from);
      if (values === null) continue;
      if ((weights?.bytes ?? 0) + values.length > mostBytes) throw tooLarge(from);
      if (values.length < (tensor.dataType === elementTypes.int64 ? smallestIndices : smallestExternal)) {
        inline += values.length;
        if (inline > mostInline) throw tooLarge(from);
        keepInline(tensor, values);
        continue;
      }
      weights ??= await WeightFile.create(join(folder, weightName), weightName);
      const { offset, length } = await weights.append(values);
      keepInline(tensor, undefined);
      tensor.dataLocation = 1;
      tensor.externalData = [
        { key: 'location', value: weightName },
        { key: 'offset', value: String(offset) },
        { key: 'length', value: String(length) },
      ];
    }
    await inlineInner(model, from);
    const bytes = encodeModel(model);
    await writeFile(join(folder, name), bytes, { flag: 'wx' });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const stored = await weights?.close();
    return {
      graph: { path: name, sha256, bytes: bytes.length },
      weights: stored ? { path: weightName, ...stored } : null,
    };
  } catch (error) {
    await weights?.abandon();
    throw error;
  }
}

/** Raw bytes of a tensor; null where it has a list of numbers or strings, which stays as it is. */
async function valuesOf(tensor: TensorProto, from: string): Promise<Uint8Array | null> {
  if (tensor.dataLocation === 1) return readExternalData(from, tensor);
  return tensor.rawData && tensor.rawData.length > 0 ? tensor.rawData : null;
}

function keepInline(tensor: TensorProto, values: Uint8Array | undefined): void {
  delete tensor.rawData;
  delete tensor.dataLocation;
  tensor.externalData = [];
  if (values) tensor.rawData = values;
}

/** Constants and what branches hold are small; where they are kept elsewhere all the same, they come into the graph. */
async function inlineInner(model: ModelProto, from: string): Promise<void> {
  let left = mostInline;
  for (const part of [model.graph, ...(model.functions ?? [])]) {
    for (const tensor of innerTensors(part)) {
      if (tensor.dataLocation !== 1) continue;
      const values = await readExternalData(from, tensor);
      left -= values.length;
      if (left < 0) throw tooLarge(from);
      keepInline(tensor, values);
    }
  }
}

function tooLarge(path: string): ModelError {
  return new ModelError('checkpoint-invalid', `${path} says to have more weights than any model of its kind.`, {
    path,
    remedy: 'Check where the file comes from, and export or download it again.',
  });
}
