import { availableParallelism } from 'node:os';
import { InferenceSession } from 'onnxruntime-node';
import { ModelError } from '../packages/modelError.ts';
import { type ModelPackage, modelFilePath } from '../packages/modelPackage.ts';
import type { DeviceInfo } from './device.ts';
import { type Provider, providerOrder, whyUnavailable } from './providers.ts';

/** Both graphs of a model on one device. */
export interface ModelSessions {
  encoder: InferenceSession;
  decoder: InferenceSession;
  device: DeviceInfo;
  close(): Promise<void>;
}

/**
 * Opens both graphs of a model on `forced`, or on the first provider of {@link providerOrder} that works.
 * @throws ModelError inference-failed when none does; a forced provider is never replaced by another.
 */
export async function openSessions(model: ModelPackage, forced: Provider | null): Promise<ModelSessions> {
  const passedOver: DeviceInfo['passedOver'] = [];
  for (const provider of forced ? [forced] : providerOrder) {
    const reason = whyUnavailable(provider);
    if (reason !== null) {
      passedOver.push({ provider, reason });
      continue;
    }
    try {
      const { encoder, decoder } = await openOn(model, provider);
      const close = async () => {
        await Promise.all([encoder.release(), decoder.release()]);
      };
      return { encoder, decoder, device: { provider, name: deviceName(provider), passedOver }, close };
    } catch (cause) {
      passedOver.push({ provider, reason: reasonOf(cause) });
    }
  }
  const reasons = passedOver.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ');
  throw new ModelError('inference-failed', `The model ${model.description.name} can't be opened (${reasons}).`, {
    path: model.folder,
    remedy: forced
      ? `Leave LAMELLA_PROVIDER out, or set it to a provider that works here, such as cpu.`
      : 'Close other programs if memory is short, or install Lamella again.',
  });
}

async function openOn(model: ModelPackage, provider: Provider) {
  const options: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    intraOpNumThreads: availableParallelism(),
    // 3: errors only; warnings about node placement are nothing that people can act on.
    logSeverityLevel: 3,
    // Threads that spin while they wait take the cores from the window that paints; on two busy cores a prompt took
    // 55 ms without and 110 ms with it.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
  const encoder = await InferenceSession.create(modelFilePath(model, 'encoder'), {
    ...options,
    enableCpuMemArena: !isLarge(model),
  });
  try {
    return { encoder, decoder: await InferenceSession.create(modelFilePath(model, 'decoder'), options) };
  } catch (error) {
    await encoder.release();
    throw error;
  }
}

/**
 * An arena keeps what an encoder needed at its peak, and grows by doubling: ViT-B takes 2.1 GB with one and 1.3 GB
 * without, in the same time. A small encoder makes many small tensors, and is a tenth slower without.
 */
function isLarge({ description }: ModelPackage): boolean {
  return (description.files.encoderWeights?.bytes ?? 0) > 2 ** 27;
}

function deviceName(provider: Provider): string {
  switch (provider) {
    case 'cpu': {
      const threads = availableParallelism();
      return `CPU (${threads} ${threads === 1 ? 'thread' : 'threads'})`;
    }
    case 'webgpu':
      return 'WebGPU';
    case 'cuda':
      return 'CUDA';
    case 'dml':
      return 'DirectML';
    case 'coreml':
      return 'Core ML';
  }
}

/** Of a failed check of onnxruntime ("FILE:LINE FUNCTION CONDITION was false. REASON") people need the reason only. */
function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const [line = message] = message.split('\n');
  return line.replace(/^.* was false\. (?=.)/, '');
}
