/** Execution providers of onnxruntime by their names in its options. */
export type Provider = 'cpu' | 'webgpu' | 'cuda' | 'tensorrt' | 'dml' | 'coreml';

/** A provider that does not run, and why. */
export interface PassedOver {
  provider: Provider;
  /** For people. */
  reason: string;
  /** It ran, and failed in the middle of work. */
  failedInUse?: true;
}

/** The device that inference really runs on, never a wish. */
export interface DeviceInfo {
  provider: Provider;
  /** For people: 'CPU (2 threads)', 'WebGPU' … */
  name: string;
  /** Providers that come first, and why each was not taken. */
  passedOver: PassedOver[];
}

/** Where a model is to run: decided from what was asked for, and from what was tried before. */
export interface DevicePlan {
  /** The first that opens is taken; when it fails in use, the next one goes on. Never empty. */
  order: readonly Provider[];
  /** Somebody asked for this provider: `order` holds no other, and none takes its place. */
  forced: boolean;
  passedOver: readonly PassedOver[];
  /** Threads of the CPU provider, which also runs what another provider can't. */
  threads: number;
}

export function providerName(provider: Provider): string {
  switch (provider) {
    case 'cpu':
      return 'CPU';
    case 'webgpu':
      return 'WebGPU';
    case 'cuda':
      return 'CUDA';
    case 'tensorrt':
      return 'TensorRT';
    case 'dml':
      return 'DirectML';
    case 'coreml':
      return 'Core ML';
  }
}

export function deviceName(provider: Provider, threads: number): string {
  if (provider !== 'cpu') return providerName(provider);
  return `${providerName('cpu')} (${threads} ${threads === 1 ? 'thread' : 'threads'})`;
}

/** What people are told when a device was lost in the middle of work, and another goes on. */
export function fallbackNotice({ provider, reason }: PassedOver, goesOn: string): string {
  return `${providerName(provider)} failed (${reason}); Lamella goes on with ${goesOn}.`;
}
