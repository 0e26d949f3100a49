import { join } from 'node:path';
import { type App, createApp } from './service/app.ts';
import { findAppRoot, unpacked } from './service/appRoot.ts';
import { dataFolderPath } from './service/dataFolder.ts';
import { isLamellaError } from './service/errors.ts';
import { createInferenceClient } from './service/inference/client.ts';
import type { ForkInference } from './service/inference/inferenceChild.ts';
import { createModelJobs } from './service/models/modelJobs.ts';
import { deviceWish } from './service/settings/deviceWish.ts';
import { readSettings } from './service/settings/settingsFile.ts';
import { Workbench } from './service/workbench/workbench.ts';

export interface ServiceHostOptions {
  host: 'electron' | 'loopback';
  /** How the inference process, and one for work on models, are started; Node's child process when absent. */
  fork?: ForkInference;
}

export interface ServiceHost {
  workbench: Workbench;
  app: App;
  /** Projects are closed and the inference process is ended. */
  close(): Promise<void>;
}

/** The service as every host runs it: workbench, inference process and fetch handler on the user's data folder. */
export function startServiceHost(options: ServiceHostOptions): ServiceHost {
  const appRoot = findAppRoot(import.meta.url);
  const dataFolder = dataFolderPath();
  const { settings } = readSettings(dataFolder);
  const inference = createInferenceClient({
    appRoot: unpacked(appRoot),
    dataFolder,
    model: settings.model,
    device: deviceWish(settings, process.env),
    entry: join(appRoot, 'dist', 'inference-process.mjs'),
    ...(options.fork ? { fork: options.fork } : {}),
  });
  const modelJobs = createModelJobs(
    join(appRoot, 'dist', 'model-process.mjs'),
    ...(options.fork ? [options.fork] : []),
  );
  const workbench = new Workbench({ appRoot: unpacked(appRoot), dataFolder, inference, modelJobs, reportDefect });
  const app = createApp(workbench, {
    host: options.host,
    rendererFolder: join(appRoot, 'dist', 'renderer'),
    reportDefect,
  });
  return {
    workbench,
    app,
    async close() {
      await workbench.close();
      await inference.close();
    },
  };
}

/** Defects go to standard error with their stack; what people can mend is told where they work. */
export function reportDefect(cause: unknown): void {
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  process.stderr.write(`Lamella: ${isLamellaError(cause) ? cause.message : text}\n`);
}
