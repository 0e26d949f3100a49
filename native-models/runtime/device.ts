/** The device that inference really runs on, never a wish. */
export interface DeviceInfo {
  provider: 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';
  /** For people: 'CPU (2 threads)', 'WebGPU' … */
  name: string;
  /** Providers that were tried first, and why each was not taken. */
  passedOver: { provider: string; reason: string }[];
}
