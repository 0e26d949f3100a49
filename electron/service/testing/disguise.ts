import { type Disguise, disguisedProviders } from '../../../native-models/runtime/testing.ts';
import type { TrialNeeds } from '../../../native-models/trials/tryProvider.ts';

/**
 * For tests: what is wrong with WebGPU, which every build of onnxruntime has, in the processes that tests start. By the
 * clock of their trials the CPU takes ten times as long as the CPU that plays WebGPU.
 */
export const disguiseVariable = 'LAMELLA_TEST_DISGUISE';
export type DisguiseName =
  | 'sound'
  | 'crashes'
  | 'hangs'
  | 'garbage'
  | 'fails third encode'
  | 'crashes at second encode'
  | 'crashes when opened';

let now = 0;
const clock = () => now;
const crash = () => process.kill(process.pid, 'SIGKILL');

function webgpu(name: string | undefined): Disguise {
  switch (name) {
    case 'crashes':
      return { beforeRun: () => void crash() };
    case 'crashes when opened':
      return { beforeOpen: () => void crash() };
    case 'crashes at second encode':
      return { beforeRun: (role, before) => void (role === 'encoder' && before === 1 && crash()) };
    case 'hangs':
      return {
        beforeRun() {
          for (;;);
        },
      };
    case 'garbage':
      return { value: (value) => -value };
    case 'fails third encode':
      return {
        beforeRun(role, before) {
          if (role === 'encoder' && before === 2) throw new Error('device lost');
        },
      };
    default:
      return {};
  }
}

function counting(disguise: Disguise, ms: number): Disguise {
  return {
    ...disguise,
    beforeRun(role, before) {
      now += ms;
      disguise.beforeRun?.(role, before);
    },
  };
}

export function disguised(): Required<Pick<TrialNeeds, 'create' | 'clock'>> {
  const create = disguisedProviders({
    cpu: counting({}, 50_000),
    webgpu: counting(webgpu(process.env[disguiseVariable]), 5000),
    cuda: { openFails: 'not in this test' },
    dml: { openFails: 'not in this test' },
    coreml: { openFails: 'not in this test' },
  });
  return { create, clock };
}
