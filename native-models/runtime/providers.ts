import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { listSupportedBackends } from 'onnxruntime-node';
import { ModelError } from '../packages/modelError.ts';
import type { DeviceInfo } from './device.ts';

export type Provider = DeviceInfo['provider'];

/**
 * Order of trying when nobody asks for a provider: the platform's accelerated one, then the CPU. WebGPU is taken on
 * request only: its adapter can be a software rasteriser, slower than the CPU provider, and nothing here can tell.
 */
export const providerOrder: readonly Provider[] = ['cuda', 'dml', 'coreml', 'cpu'];

const providers: readonly string[] = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] satisfies Provider[];

/**
 * The provider that `LAMELLA_PROVIDER` asks for; null when it is unset or empty.
 * @throws ModelError inference-failed for a name that is none.
 */
export function parseProvider(name: string | undefined): Provider | null {
  if (!name) return null;
  if (providers.includes(name)) return name as Provider;
  throw new ModelError('inference-failed', `LAMELLA_PROVIDER is ${name}, which is no provider.`, {
    remedy: `Set it to one of ${providers.join(', ')}, or leave it out.`,
  });
}

/** Why this build of onnxruntime can't use a provider; null when it can be tried. */
export function whyUnavailable(provider: Provider): string | null {
  const backend = listSupportedBackends().find((each) => each.name === provider);
  if (!backend) return 'not in this build of onnxruntime';
  if (backend.bundled) return null;
  const library = providerLibrary(provider);
  return existsSync(library) ? null : `its library is not installed (${library})`;
}

/** Where onnxruntime looks for the library of a provider that is not bundled (CUDA). */
function providerLibrary(provider: Provider): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  const folder = join(dirname(entry), '..', 'bin', 'napi-v6', process.platform, process.arch);
  const name = `onnxruntime_providers_${provider}`;
  return join(folder, process.platform === 'win32' ? `${name}.dll` : `lib${name}.so`);
}
