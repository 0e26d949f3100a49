import { bundleForTest } from '../testing/bundle.ts';

/** The path to give to createInferenceClient as `entry`. */
export const buildInferenceProcess = () => bundleForTest('electron/service/inference/inference-process.ts');
