import { existsSync } from 'node:fs';
import { isLamellaError, LamellaError } from '../errors.ts';
import type { InferenceStatus } from './contract.ts';
import type { ForkInference } from './inferenceChild.ts';
import { type Job, JobQueue } from './jobQueue.ts';
import type { Calls } from './messages.ts';
import { ProcessLink } from './processLink.ts';

export interface Task<T> {
  /** Of `priorities`; may be lowered (made more urgent) while the task waits. */
  priority: number;
  signal: AbortSignal;
  /** What an abort rejects with. */
  abortError(): LamellaError;
  /** An abort ends the process if the task has begun, because a session's run can't be stopped otherwise. */
  endsProcessOnAbort: boolean;
  work(link: ProcessLink): Promise<T>;
}

/**
 * Keeps one inference process going and gives it one task at a time. When the process dies, the task that runs fails
 * with `inference-failed` and the next one starts a new process; tasks that wait are not touched.
 */
export class ProcessRunner {
  readonly #fork: ForkInference;
  readonly #entry: string;
  #openRequest: Calls['open']['request'];
  readonly #queue = new JobQueue();
  readonly #listeners = new Set<(status: InferenceStatus) => void>();
  #link: ProcessLink | null = null;
  #closed = false;
  #status: InferenceStatus = { state: 'starting', message: null, activeModel: null, device: null };

  constructor(fork: ForkInference, entry: string, openRequest: Calls['open']['request']) {
    this.#fork = fork;
    this.#entry = entry;
    this.#openRequest = openRequest;
  }

  get status(): InferenceStatus {
    return this.#status;
  }

  get pid(): number | null {
    return this.#link?.pid ?? null;
  }

  onStatus(listener: (status: InferenceStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts the process ahead of the first task. Whether it could is told by the status. */
  warmUp(): void {
    // The failure is in the status, and the first task meets it again.
    this.#open().catch(() => undefined);
  }

  /** @throws LamellaError: the task's own, its abortError, or why the process is not there. */
  run<T>(task: Task<T>): Promise<T> {
    if (task.signal.aborted) return Promise.reject(task.abortError());
    return new Promise((resolve, reject) => {
      let link: ProcessLink | null = null;
      const onAbort = () => {
        const waited = this.#queue.remove(job);
        if (!waited && link && task.endsProcessOnAbort) this.#replace(link);
        reject(task.abortError());
      };
      const job: Job = {
        get priority() {
          return task.priority;
        },
        run: async () => {
          try {
            const opened = await this.#open();
            if (task.signal.aborted) return;
            link = opened;
            resolve(await task.work(opened));
          } catch (error) {
            if (link && isLamellaError(error) && error.code === 'inference-failed') this.#giveUp(link, error.message);
            reject(error);
          } finally {
            task.signal.removeEventListener('abort', onAbort);
          }
        },
      };
      task.signal.addEventListener('abort', onAbort, { once: true });
      this.#queue.add(job);
    });
  }

  /**
   * From now on this model runs (null: the one that ships). A task in the middle of its work on the model of before
   * fails with `superseded`; tasks that wait are not touched.
   */
  useModel(model: string | null): void {
    this.#openRequest = { ...this.#openRequest, model };
    const link = this.#link;
    this.#link = null;
    link?.retire(new LamellaError('superseded', 'Another model was chosen.'));
    this.#setStatus({ state: 'starting', message: null, activeModel: null, device: null });
    this.warmUp();
  }

  /** Something that people should know although nothing failed. */
  notify(message: string): void {
    this.#setStatus({ message });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const link = this.#link;
    this.#link = null;
    await link?.kill();
  }

  async #open(): Promise<ProcessLink> {
    if (this.#closed) throw new LamellaError('cancelled', 'Lamella is closing.');
    const link = this.#link && !this.#link.hasEnded ? this.#link : this.#start();
    await link.opened;
    return link;
  }

  #start(): ProcessLink {
    if (!existsSync(this.#entry)) {
      const error = new LamellaError('inference-failed', 'The inference process is not built.', {
        path: this.#entry,
        remedy: 'Run npm run build, or install Lamella again.',
      });
      this.#setStatus({ state: 'failed', message: error.message });
      throw error;
    }
    this.#setStatus({ state: 'starting', message: null });
    const link = new ProcessLink(this.#fork, this.#entry, this.#openRequest);
    this.#link = link;
    link.opened.then(
      ({ model, device }) => {
        if (this.#link === link) {
          this.#setStatus({ state: 'ready', message: null, activeModel: model, device });
        }
      },
      (error: LamellaError) => this.#giveUp(link, [error.message, error.remedy].filter(Boolean).join(' ')),
    );
    link.ended.then((reason) =>
      this.#giveUp(link, `The inference process ended (${reason}); the next request starts it again.`),
    );
    return link;
  }

  /** Ends a process that is of no more use; the next task starts another. */
  #giveUp(link: ProcessLink, message: string): void {
    if (this.#link !== link) return;
    this.#link = null;
    void link.kill();
    this.#setStatus({ state: 'failed', message });
  }

  /** Ends a process on purpose and has the next one ready early. */
  #replace(link: ProcessLink): void {
    if (this.#link !== link) return;
    this.#link = null;
    void link.kill();
    this.warmUp();
  }

  #setStatus(change: Partial<InferenceStatus>): void {
    this.#status = { ...this.#status, ...change };
    for (const listener of this.#listeners) listener(this.#status);
  }
}
