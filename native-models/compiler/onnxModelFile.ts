import { readFile, stat } from 'node:fs/promises';
import { everyNode } from '../graph/graphValues.ts';
import { decodeModel, int64Number, type ModelProto, type NodeProto } from '../graph/onnxSchema.ts';
import { ModelError } from '../packages/modelError.ts';

/** protobuf's own bound for a message; larger models keep their weights beside the graph. */
const mostBytes = 2 ** 31 - 1;

/** Operators of ONNX itself and those that onnxruntime adds to them. */
const knownDomains: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft']);

/** Of ONNX's own operators: the oldest set that exports of these models ask for. */
const oldestOpset = 11;

/**
 * Reads an ONNX file (not the weights that it keeps in other files).
 * @throws ModelError checkpoint-invalid: it is none; checkpoint-unsupported: operators that are not known here.
 */
export async function readOnnxModel(path: string): Promise<ModelProto> {
  const { size } = await stat(path);
  if (size > mostBytes) throw invalid(path, `it has ${size} bytes, and an ONNX file has at most ${mostBytes}`);
  let model: ModelProto;
  try {
    model = decodeModel(await readFile(path));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== undefined) throw cause;
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (!model.graph || model.graph.node.length === 0 || model.opsetImport.length === 0) {
    throw invalid(path, 'there is no graph in it');
  }
  checkOperators(path, model);
  return model;
}

function checkOperators(path: string, { graph, functions = [], opsetImport }: ModelProto): void {
  const ofModel = new Set(functions.map(({ domain, name }) => `${domain}.${name}`));
  const unknown = new Set<string>();
  const look = (nodes: readonly NodeProto[]) => {
    for (const { domain = '', opType } of everyNode(nodes)) {
      const operator = `${domain}.${opType}`;
      if (!knownDomains.has(domain) && !ofModel.has(operator)) unknown.add(operator);
    }
  };
  look(graph.node);
  for (const { node } of functions) look(node);
  if (unknown.size > 0) {
    throw new ModelError(
      'checkpoint-unsupported',
      `${path} needs operators that are not known here: ${some(unknown)}.`,
      {
        path,
        remedy: "Export the model with ONNX's own operators only, or add its checkpoint instead.",
      },
    );
  }
  const opset = opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  const version = opset ? int64Number(opset.version) : 0;
  if (version < oldestOpset) {
    throw new ModelError('checkpoint-unsupported', `${path} is of ONNX opset ${version}; ${oldestOpset} is needed.`, {
      path,
      remedy: `Export it again with opset ${oldestOpset} or later, or add the checkpoint instead.`,
    });
  }
}

function some(names: ReadonlySet<string>): string {
  return `${[...names].slice(0, 8).join(', ')}${names.size > 8 ? ', …' : ''}`;
}

function invalid(path: string, reason: string, cause?: unknown): ModelError {
  return new ModelError('checkpoint-invalid', `${path} is no sound ONNX file: ${reason}.`, {
    path,
    remedy: 'Check that it was copied completely, and export or download it again.',
    cause,
  });
}
