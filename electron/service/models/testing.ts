import { bundleForTest } from '../testing/bundle.ts';

/** The path to give to createModelJobs. */
export const buildModelProcess = () => bundleForTest('electron/service/models/model-process.ts');
