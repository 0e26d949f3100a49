import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../packages/modelError.ts';
import { parseProvider, providerOrder, providersToTry, whyUnavailable } from './providers.ts';

describe('the provider that is asked for', () => {
  it.each(['cpu', 'webgpu', 'cuda', 'tensorrt', 'dml', 'coreml'])('is %s where it says so', (name) => {
    expect(parseProvider(name)).toBe(name);
  });

  it('is none where it is unset or empty', () => {
    expect(parseProvider(undefined)).toBe(null);
    expect(parseProvider('')).toBe(null);
  });

  it.each(['gpu', 'CPU', 'cpu ', 'cpu,cuda', 'toString'])('is refused where it is %j', (name) => {
    const parse = () => parseProvider(name);
    expect(parse).toThrow(ModelError);
    expect(parse).toThrow(
      expect.objectContaining({
        code: 'inference-failed',
        message: expect.stringContaining(`LAMELLA_PROVIDER is ${name}`) as string,
        remedy: expect.stringContaining('cpu, webgpu, cuda, tensorrt, dml, coreml') as string,
      }),
    );
  });
});

describe('without a wish', () => {
  it.each([
    ['linux', ['cuda', 'webgpu', 'cpu']],
    ['win32', ['cuda', 'dml', 'webgpu', 'cpu']],
    ['darwin', ['coreml', 'webgpu', 'cpu']],
  ] as const)('the order on %s is %j', (platform, order) => {
    expect(providerOrder(platform)).toEqual(order);
  });

  it.each(['linux', 'win32', 'darwin', 'freebsd'] as const)(
    'the CPU comes last on %s, and TensorRT never',
    (platform) => {
      const order = providerOrder(platform);
      expect(order.at(-1)).toBe('cpu');
      expect(order).not.toContain('tensorrt');
      expect(new Set(order).size).toBe(order.length);
    },
  );

  it('what is not there needs no trial, and says why', () => {
    const { toTry, passedOver } = providersToTry('win32', (provider) => (provider === 'cuda' ? 'no library' : null));
    expect(toTry).toEqual(['dml', 'webgpu']);
    expect(passedOver).toEqual([{ provider: 'cuda', reason: 'no library' }]);
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

  it.each(['cuda', 'tensorrt'] as const)('whose library is not installed says where it would be: %s', (provider) => {
    const why = whyUnavailable(provider);
    if (why === null) return;
    const library = /its library is not installed \((.+)\)$/.exec(why)?.[1];
    if (process.platform === 'linux' && process.arch === 'x64') expect(library).toContain(`providers_${provider}.so`);
    if (library) expect(existsSync(library)).toBe(false);
    else expect(why).toBe('not in this build of onnxruntime');
  });
});
