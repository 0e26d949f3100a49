import { InferenceSession } from 'onnxruntime-node';
import { type ModelPackage, modelFilePath } from '../packages/modelPackage.ts';
import type { Provider } from './device.ts';

/** The part of onnxruntime's session that Lamella uses. */
export type Session = Pick<InferenceSession, 'inputNames' | 'outputNames' | 'inputMetadata' | 'run' | 'release'>;

/** Opens one graph. `provider` is the first of the options' execution providers. */
export type CreateSession = (
  path: string,
  options: InferenceSession.SessionOptions,
  provider: Provider,
) => Promise<Session>;

export const createSession: CreateSession = (path, options) => InferenceSession.create(path, options);

/** Both graphs of a model on one provider. */
export interface Graphs {
  provider: Provider;
  encoder: Session;
  decoder: Session;
  close(): Promise<void>;
}

/** @throws what onnxruntime throws. */
export async function openGraphs(
  model: ModelPackage,
  provider: Provider,
  threads: number,
  create: CreateSession = createSession,
): Promise<Graphs> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: executionProviders(provider),
    intraOpNumThreads: threads,
    // DirectML works without memory patterns only.
    enableMemPattern: provider !== 'dml',
    // 3: errors only; warnings about node placement are nothing that people can act on.
    logSeverityLevel: 3,
    // Threads that spin while they wait take the cores from the window that paints; on two busy cores a prompt took
    // 55 ms without and 110 ms with it.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
  const encoderOptions = { ...options, enableCpuMemArena: !isLarge(model) };
  const encoder = await create(modelFilePath(model, 'encoder'), encoderOptions, provider);
  try {
    const decoder = await create(modelFilePath(model, 'decoder'), options, provider);
    const close = async () => {
      await Promise.all([encoder.release(), decoder.release()]);
    };
    return { provider, encoder, decoder, close };
  } catch (error) {
    await encoder.release();
    throw error;
  }
}

function executionProviders(provider: Provider): InferenceSession.ExecutionProviderConfig[] {
  switch (provider) {
    case 'tensorrt':
      // What TensorRT has no kernel for is CUDA's.
      return ['tensorrt', 'cuda'];
    case 'coreml':
      // 0x10: as an ML program, which has the operators of transformers; the older format lacks most of them.
      return [{ name: 'coreml', coreMlFlags: 0x10 }];
    default:
      return [provider];
  }
}

/**
 * An arena keeps what an encoder needed at its peak, and grows by doubling: ViT-B takes 2.1 GB with one and 1.3 GB
 * without, in the same time. A small encoder makes many small tensors, and is a tenth slower without.
 */
function isLarge({ description }: ModelPackage): boolean {
  return (description.files.encoderWeights?.bytes ?? 0) > 2 ** 27;
}

/** Of a failed check of onnxruntime ("FILE:LINE FUNCTION CONDITION was false. REASON") people need the reason only. */
export function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const [line = message] = message.split('\n');
  return line.replace(/^.* was false\. (?=.)/, '');
}
