/** The wire's contract for settings: what models run on. */
import { z } from 'zod';
import type { ModelInfo } from './contract.ts';
import type { DeviceInfo, Provider } from '../../../native-models/runtime/device.ts';
import type { TrialTimes } from '../../../native-models/trials/tryProvider.ts';
import type { ErrorBody } from '../errors.ts';

export type { Provider, TrialTimes };

/** What the user wishes; also the body of PUT /api/settings. */
export const devicePreference = z.object({
  /** 'auto': the best that has proved itself. Another is forced: none takes its place. */
  provider: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorrt', 'dml', 'coreml']),
  /** Of the CPU; null: one for each physical core. */
  threads: z.number().int().min(1).max(1024).nullable(),
});
export type DevicePreference = z.infer<typeof devicePreference>;

export interface DeviceView {
  provider: Provider;
  /** For people. */
  name: string;
  /**
   * in-use: models run on it; proved: it would do, another goes first; passed-over: see `reason`; trying: at this
   * moment; untried: nobody knows yet.
   */
  state: 'in-use' | 'proved' | 'passed-over' | 'trying' | 'untried';
  /** Why it is not taken, for people; null otherwise. */
  reason: string | null;
  /** Whether forcing it could work at all: its library is there. */
  available: boolean;
  /** As measured in the trial; where there was none, of the last image and prompt; null where there were none. */
  times: TrialTimes | null;
  /** From the CPU's numbers, relative; null where nothing was compared. */
  difference: number | null;
}

export interface SettingsView extends DevicePreference {
  /** LAMELLA_PROVIDER, which stands above the setting; null when it is not set. */
  environmentProvider: string | null;
  /** CPUs that this process may use: more threads than these are not taken. */
  maxThreads: number;
  /** Best first. The trials are those of this model. */
  devices: DeviceView[];
  model: ModelInfo | null;
  device: DeviceInfo | null;
  /** Why no model runs; null when one does, or starts. */
  failure: string | null;
  /** When this model was tried on this computer; null: never. */
  triedAt: string | null;
  trying: boolean;
  /** Of the inference process, as it was told last; null while it starts. */
  process: { residentBytes: number; encodeMs: number | null; promptMs: number | null } | null;
  onnxruntime: string;
  /** What of the settings' file could not be understood. */
  problem: ErrorBody | null;
  /** Why devices could not be tried, or the outcome not be noted. */
  trialProblem: ErrorBody | null;
}
