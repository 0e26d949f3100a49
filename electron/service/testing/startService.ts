import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../app.ts';
import { createInferenceClient } from '../inference/client.ts';
import type { InferenceClient } from '../inference/contract.ts';
import { findAppRoot } from '../appRoot.ts';
import { createModelJobs } from '../models/modelJobs.ts';
import { deviceWish } from '../settings/deviceWish.ts';
import { readSettings } from '../settings/settingsFile.ts';
import { Workbench } from '../workbench/workbench.ts';
import { type ServiceCalls, serviceCalls } from './serviceCalls.ts';

/** For tests: a whole service on folders of its own. */
export interface RunningService extends ServiceCalls {
  app: App;
  workbench: Workbench;
  inference: InferenceClient;
  /** What the service took for a defect of its own. */
  defects: unknown[];
  close(): Promise<void>;
}

export const appRoot = findAppRoot(import.meta.url);

/** A new folder with a name that a careless program stumbles over; everything in it goes with `remove`. */
export async function makeFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const parent = await mkdtemp(join(tmpdir(), 'lamella-'));
  const folder = join(parent, 'Proben Gefüge 试样');
  await mkdir(folder);
  return { folder, remove: () => rm(parent, { recursive: true, force: true }) };
}

/**
 * `entry`: the built inference process (inference/testing.ts); without one, the service runs and no model does.
 * `modelEntry`: likewise the process for work on models.
 */
export function startService(
  dataFolder: string,
  options: { entry?: string; modelEntry?: string; rendererFolder?: string } = {},
): RunningService {
  const defects: unknown[] = [];
  const reportDefect = (cause: unknown) => void defects.push(cause);
  const entry = options.entry ?? join(dataFolder, 'not built.mjs');
  const { settings } = readSettings(dataFolder);
  const { model } = settings;
  const device = deviceWish(settings, {});
  const inference = createInferenceClient({ appRoot, dataFolder, model, device, entry, env: {} });
  const modelJobs = createModelJobs(options.modelEntry ?? join(dataFolder, 'not built either.mjs'));
  const workbench = new Workbench({ appRoot, dataFolder, inference, modelJobs, env: {}, reportDefect });
  const app = createApp(workbench, { host: 'loopback', rendererFolder: options.rendererFolder ?? null, reportDefect });
  return {
    ...serviceCalls(app),
    app,
    workbench,
    inference,
    defects,
    async close() {
      await workbench.close();
      await inference.close();
    },
  };
}
