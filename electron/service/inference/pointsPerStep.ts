import type { DeviceInfo } from '../../../native-models/runtime/device.ts';

/**
 * Points that a step of a run decodes together. A prompt waits for the step that runs: on the CPU 16 points take 16
 * times as long as one, on other devices not much longer.
 */
export function pointsPerStep({ provider }: DeviceInfo): number {
  return provider === 'cpu' ? 4 : 16;
}
