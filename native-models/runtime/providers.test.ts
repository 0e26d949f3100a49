import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../packages/modelError.ts';
import { parseProvider, providerOrder, whyUnavailable } from './providers.ts';

describe('the provider that LAMELLA_PROVIDER asks for', () => {
  it.each(['cpu', 'webgpu', 'cuda', 'dml', 'coreml'])('is %s where it says so', (name) => {
    expect(parseProvider(name)).toBe(name);
  });

  it('is none where it is unset or empty', () => {
    expect(parseProvider(undefined)).toBe(null);
    expect(parseProvider('')).toBe(null);
  });

  it.each(['gpu', 'CPU', 'cpu ', 'cpu,cuda', 'tensorrt', 'toString'])('is refused where it is %j', (name) => {
    const parse = () => parseProvider(name);
    expect(parse).toThrow(ModelError);
    expect(parse).toThrow(
      expect.objectContaining({
        code: 'inference-failed',
        message: expect.stringContaining(`LAMELLA_PROVIDER is ${name}`) as string,
        remedy: expect.stringContaining('cpu, webgpu, cuda, dml, coreml') as string,
      }),
    );
  });
});

describe('without a wish', () => {
  it('the CPU is the last resort, and WebGPU, which may be a software rasteriser, is not tried', () => {
    expect(providerOrder.at(-1)).toBe('cpu');
    expect(providerOrder).not.toContain('webgpu');
    expect(new Set(providerOrder).size).toBe(providerOrder.length);
  });
});

describe('a provider', () => {
  it('can always be tried on the CPU', () => {
    expect(whyUnavailable('cpu')).toBe(null);
  });

  it.skipIf(process.platform === 'win32')('of Windows is not in another build', () => {
    expect(whyUnavailable('dml')).toBe('not in this build of onnxruntime');
  });

  it.skipIf(process.platform === 'darwin')('of macOS is not in another build', () => {
    expect(whyUnavailable('coreml')).toBe('not in this build of onnxruntime');
  });

  it.skipIf(whyUnavailable('cuda') === null)('whose library is not installed says where it would be', () => {
    const library = /its library is not installed \((.+)\)$/.exec(whyUnavailable('cuda')!)?.[1];
    if (process.platform === 'linux' && process.arch === 'x64') expect(library).toMatch(/providers_cuda\.so$/);
    if (library) expect(existsSync(library)).toBe(false);
    else expect(whyUnavailable('cuda')).toBe('not in this build of onnxruntime');
  });
});
