import { existsSync } from 'node:fs';
import type { AddedModel, AddOptions } from '../../../native-models/packages/installModel.ts';
import type { ModelPackage } from '../../../native-models/packages/modelPackage.ts';
import type { VerificationReport } from '../../../native-models/packages/verifyModel.ts';
import type { Provider } from '../../../native-models/runtime/device.ts';
import type { ProviderTrial } from '../../../native-models/trials/tryProvider.ts';
import { type ErrorBody, LamellaError } from '../errors.ts';
import type { DeviceWish } from '../inference/chooseDevice.ts';
import { type ForkInference, forkNodeProcess } from '../inference/inferenceChild.ts';

/** Work on models that takes long and much memory, and what comes of it. */
export interface Jobs {
  add: {
    request: {
      file: string;
      modelsFolder: string;
      options: Omit<AddOptions, 'onProgress' | 'signal' | 'compile'>;
    };
    answer: AddedModel;
  };
  verify: {
    request: { model: ModelPackage; device: DeviceWish; dataFolder: string };
    answer: VerificationReport;
  };
  /** Progress is told once, when the CPU is done and the provider begins. */
  try: { request: { model: ModelPackage; provider: Provider; threads: number | null }; answer: ProviderTrial };
}
export type JobName = keyof Jobs;

/** To the process: one job, and perhaps that it is to be given up. */
export type JobMessage = { [K in JobName]: { job: K; request: Jobs[K]['request'] } }[JobName] | { giveUp: true };

/** From the process. */
export type JobReply =
  | { progress: { fraction: number; what: string } }
  | { answer: Jobs[JobName]['answer'] }
  | { error: ErrorBody };

export interface JobOptions {
  signal: AbortSignal;
  onProgress(fraction: number, what: string): void;
}

export interface ModelJobs {
  /**
   * Runs in a process of its own that ends with it, and gives all its memory back.
   * @throws LamellaError of the job; cancelled; inference-failed where the process ended
   */
  run<K extends JobName>(job: K, request: Jobs[K]['request'], options: JobOptions): Promise<Jobs[K]['answer']>;
}

/** A job that is given up has so long to clean up after itself; a long run of arithmetic does not hear. */
const patienceMs = 5000;

/** `entry`: the built model-process.ts. */
export function createModelJobs(entry: string, fork: ForkInference = forkNodeProcess): ModelJobs {
  return {
    run<K extends JobName>(job: K, request: Jobs[K]['request'], { signal, onProgress }: JobOptions) {
      if (signal.aborted) return Promise.reject(cancelled());
      if (!existsSync(entry)) {
        return Promise.reject(
          new LamellaError('inference-failed', 'The process for work on models is not built.', {
            path: entry,
            remedy: 'Run npm run build, or install Lamella again.',
          }),
        );
      }
      return new Promise<Jobs[K]['answer']>((resolve, reject) => {
        const child = fork(entry, { quiet: job === 'try' });
        let timer: NodeJS.Timeout | undefined;
        const giveUp = () => {
          // A trial leaves nothing behind, and what it runs hears nothing.
          if (job === 'try') return child.kill();
          child.post({ giveUp: true } satisfies JobMessage);
          timer = setTimeout(() => child.kill(), patienceMs);
        };
        signal.addEventListener('abort', giveUp, { once: true });
        child.onMessage((message) => {
          const reply = message as JobReply;
          if ('progress' in reply) return onProgress(reply.progress.fraction, reply.progress.what);
          if ('answer' in reply) resolve(reply.answer as Jobs[K]['answer']);
          else {
            const { code, message: text, path, remedy } = reply.error;
            reject(new LamellaError(code, text, { ...(path && { path }), ...(remedy && { remedy }) }));
          }
          child.kill();
        });
        child.onEnd((reason) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', giveUp);
          // No more than a no-op where the job has answered.
          reject(signal.aborted ? cancelled() : new JobEnded(reason));
        });
        child.post({ job, request });
      });
    },
  };
}

function cancelled(): LamellaError {
  return new LamellaError('cancelled', 'Given up.');
}

/** The process ended before it had answered. */
export class JobEnded extends LamellaError {
  /** 'signal SIGSEGV' … */
  readonly reason: string;

  constructor(reason: string) {
    super('inference-failed', `The process that worked on the model ended (${reason}).`, {
      remedy: 'Try again; if it ends again, memory may be short: close other programs, or take a smaller model.',
    });
    this.reason = reason;
  }
}
