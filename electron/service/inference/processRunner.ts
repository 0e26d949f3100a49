import { existsSync } from 'node:fs';
import { type DeviceInfo, fallbackNotice, type PassedOver } from '../../../native-models/runtime/device.ts';
import type { Notice } from '../api/contract.ts';
import { isLamellaError, LamellaError } from '../errors.ts';
import type { DeviceChange, InferenceStatus } from './contract.ts';
import type { ForkInference } from './inferenceChild.ts';
import { type Job, JobQueue } from './jobQueue.ts';
import type { Calls, ProcessState } from './messages.ts';
import { ProcessLink } from './processLink.ts';

/** Between two tasks, whichever wait. */
const beforeAllTasks = -1;

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
 * with `inference-failed` and the next one starts a new process; tasks that wait are not touched. When it dies on another
 * device than the CPU that nobody insists on, the device is blamed: the task runs again, on the next one.
 */
export class ProcessRunner {
  readonly #fork: ForkInference;
  readonly #entry: string;
  #openRequest: Calls['open']['request'];
  readonly #queue = new JobQueue();
  readonly #listeners = new Set<(status: InferenceStatus) => void>();
  readonly #noticeListeners = new Set<(notice: Notice) => void>();
  /** Whose device was passed over because they died. */
  readonly #passedOver = new WeakSet<ProcessLink>();
  /** Devices that were lost, until it is known what goes on. */
  #untold: PassedOver[] = [];
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

  onNotice(listener: (notice: Notice) => void): () => void {
    this.#noticeListeners.add(listener);
    return () => this.#noticeListeners.delete(listener);
  }

  /** How the process stood at its last reply; null where none runs. */
  get processState(): ProcessState | null {
    return this.#link?.state ?? null;
  }

  /** Devices that failed in use. */
  get failed(): readonly PassedOver[] {
    return this.#openRequest.failed;
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
            for (;;) {
              const opened = await this.#open();
              if (task.signal.aborted) return;
              link = opened;
              try {
                resolve(await task.work(opened));
                return;
              } catch (error) {
                if (task.signal.aborted || !this.#passOverDeviceOf(opened)) throw error;
              }
            }
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
    // What one model was too large for, another may run on.
    this.#openRequest = { ...this.#openRequest, model, failed: [] };
    const link = this.#link;
    this.#link = null;
    link?.retire(new LamellaError('superseded', 'Another model was chosen.'));
    this.#setStatus({ state: 'starting', message: null, activeModel: null, device: null });
    this.warmUp();
  }

  /**
   * From now on models run where `device` wants, as soon as the task that runs is done; work in several steps is
   * rejected with `superseded`.
   */
  useDevice({ wish, again, recent }: DeviceChange): void {
    const failed = again ? [] : this.#openRequest.failed;
    this.#openRequest = { ...this.#openRequest, device: wish, failed, recent: [...recent] };
    this.#queue.add({
      priority: beforeAllTasks,
      run: async () => {
        const link = this.#link;
        this.#link = null;
        link?.retire(new LamellaError('superseded', 'Another device was chosen.'));
        this.#setStatus({ state: 'starting', message: null, device: null });
        // The failure is in the status.
        await this.#open().catch(() => undefined);
      },
    });
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
    for (;;) {
      if (this.#closed) throw new LamellaError('cancelled', 'Lamella is closing.');
      const link = this.#link && !this.#link.hasEnded ? this.#link : this.#start();
      try {
        await link.opened;
        return link;
      } catch (error) {
        if (!this.#passOverDeviceOf(link)) throw error;
      }
    }
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
    const link = new ProcessLink(this.#fork, this.#entry, this.#openRequest, (state) => this.#follow(link, state));
    this.#link = link;
    link.opened.then(
      ({ model, device }) => {
        if (this.#link !== link) return;
        this.#setStatus({ state: 'ready', message: null, activeModel: model, device });
        this.#tellFallback(this.#untold.splice(0), device);
      },
      (error: LamellaError) => {
        if (this.#passOverDeviceOf(link)) return;
        this.#giveUp(link, [error.message, error.remedy].filter(Boolean).join(' '));
      },
    );
    link.ended.then((reason) => {
      if (this.#passOverDeviceOf(link)) this.warmUp();
      else this.#giveUp(link, `The inference process ended (${reason}); the next request starts it again.`);
    });
    return link;
  }

  /** A device that failed within the process has been replaced there; here it is told and kept in mind. */
  #follow(link: ProcessLink, { device }: ProcessState): void {
    if (this.#link !== link || !device || this.#status.device === null) return;
    const lost = device.passedOver.filter(
      ({ provider, failedInUse }) => failedInUse && !this.failed.some((each) => each.provider === provider),
    );
    if (lost.length === 0) return;
    this.#keepInMind(lost);
    this.#setStatus({ device });
    this.#tellFallback(lost, device);
  }

  /** Whether this process died of its device, so that the next one runs on another. */
  #passOverDeviceOf(link: ProcessLink): boolean {
    if (this.#passedOver.has(link)) return true;
    const { provider, endReason } = link;
    if (this.#link !== link || endReason === null || provider === null || provider === 'cpu') return false;
    if (this.#openRequest.device.provider !== null) return false;
    this.#passedOver.add(link);
    this.#link = null;
    const lost = { provider, reason: `it ended the inference process, ${endReason}`, failedInUse: true } as const;
    this.#keepInMind([lost]);
    this.#untold.push(lost);
    this.#setStatus({ state: 'starting', message: null, device: null });
    return true;
  }

  #keepInMind(lost: readonly PassedOver[]): void {
    this.#openRequest = { ...this.#openRequest, failed: [...this.failed, ...lost] };
  }

  #tellFallback(lost: readonly PassedOver[], device: DeviceInfo): void {
    for (const each of lost) {
      const message = fallbackNotice(each, device.name);
      this.#setStatus({ message });
      this.tell({ level: 'warning', message });
    }
  }

  /** For everyone who looks at a project. */
  tell(notice: Notice): void {
    for (const listener of this.#noticeListeners) listener(notice);
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
