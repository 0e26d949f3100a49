import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { listSupportedBackends } from 'onnxruntime-node';
import { ModelError } from '../packages/modelError.ts';
import type { PassedOver, Provider } from './device.ts';

export const providers: readonly Provider[] = ['cpu', 'webgpu', 'cuda', 'tensorrt', 'dml', 'coreml'];

/**
 * Order of preference on a platform: the vendor's own path, the system's, WebGPU, which is everywhere, and the CPU,
 * which always works. TensorRT is for those who ask: it compiles for minutes, for every size of a batch anew.
 */
export function providerOrder(platform: NodeJS.Platform = process.platform): readonly Provider[] {
  switch (platform) {
    case 'win32':
      return ['cuda', 'dml', 'webgpu', 'cpu'];
    case 'darwin':
      return ['coreml', 'webgpu', 'cpu'];
    default:
      return ['cuda', 'webgpu', 'cpu'];
  }
}

/**
 * The provider that is asked for by this name; null when it is unset or empty.
 * @throws ModelError inference-failed for a name that is none.
 */
export function parseProvider(name: string | undefined): Provider | null {
  if (!name) return null;
  const known = providers.find((provider) => provider === name);
  if (known) return known;
  throw new ModelError('inference-failed', `LAMELLA_PROVIDER is ${name}, which is no provider.`, {
    remedy: `Set it to one of ${providers.join(', ')}, or leave it out.`,
  });
}

/** Tells why a provider can't even be tried; null when it can. */
export type WhyUnavailable = (provider: Provider) => string | null;

/** Why this build of onnxruntime can't use a provider; null when it can be tried. */
export const whyUnavailable: WhyUnavailable = (provider) => {
  const backend = listSupportedBackends().find((each) => each.name === provider);
  if (!backend) return 'not in this build of onnxruntime';
  if (backend.bundled) return null;
  const library = providerLibrary(provider);
  return existsSync(library) ? null : `its library is not installed (${library})`;
};

/** What is worth a trial on this platform, best first; the CPU needs none. */
export function providersToTry(
  platform: NodeJS.Platform = process.platform,
  unavailable: WhyUnavailable = whyUnavailable,
): { toTry: Provider[]; passedOver: PassedOver[] } {
  const toTry: Provider[] = [];
  const passedOver: PassedOver[] = [];
  for (const provider of providerOrder(platform)) {
    if (provider === 'cpu') continue;
    const reason = unavailable(provider);
    if (reason === null) toTry.push(provider);
    else passedOver.push({ provider, reason });
  }
  return { toTry, passedOver };
}

/** Where onnxruntime looks for the library of a provider that is not bundled (CUDA, TensorRT). */
function providerLibrary(provider: Provider): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  const folder = join(dirname(entry), '..', 'bin', 'napi-v6', process.platform, process.arch);
  const name = `onnxruntime_providers_${provider}`;
  return join(folder, process.platform === 'win32' ? `${name}.dll` : `lib${name}.so`);
}
