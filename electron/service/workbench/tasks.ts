import { randomUUID } from 'node:crypto';
import type { TaskView } from '../api/contract.ts';
import { isLamellaError, LamellaError } from '../errors.ts';

/** Finished tasks that are kept for a later look (and their downloads with them). */
const keptFinished = 16;
/** Progress goes to the windows at most every so many milliseconds. */
const progressEveryMs = 100;

export interface TaskWork {
  signal: AbortSignal;
  progress(share: number | null, detail: string): void;
}

export interface TaskOutcome<Result> {
  result: Result | null;
  /** Folder whose files a window can fetch as a zip; removed by `dispose` when the task is forgotten. */
  downloadFolder: string | null;
}

interface Task<Result> {
  view: TaskView<Result>;
  abort: AbortController;
  ended: Promise<void>;
  downloadFolder: string | null;
}

/** The long-running pieces of work of one project, or on models: each is announced, tells its progress and can be cancelled. */
export class TaskList<Result> {
  readonly #tasks = new Map<string, Task<Result>>();

  constructor(
    private readonly announce: (task: TaskView<Result>) => void,
    private readonly downloadPath: (taskId: string) => string,
    private readonly dispose: (downloadFolder: string) => Promise<void>,
    private readonly reportDefect: (cause: unknown) => void,
  ) {}

  start(title: string, work: (task: TaskWork) => Promise<TaskOutcome<Result>>): TaskView<Result> {
    const id = randomUUID();
    const view: TaskView<Result> = {
      id,
      title,
      progress: null,
      state: 'running',
      detail: '',
      error: null,
      result: null,
      download: null,
    };
    const task: Task<Result> = { view, abort: new AbortController(), ended: Promise.resolve(), downloadFolder: null };
    this.#tasks.set(id, task);
    this.announce({ ...view });
    task.ended = this.#run(task, work);
    return { ...view };
  }

  async #run(task: Task<Result>, work: (task: TaskWork) => Promise<TaskOutcome<Result>>): Promise<void> {
    const { view, abort } = task;
    let announcedAt = 0;
    try {
      const outcome = await work({
        signal: abort.signal,
        progress: (share, detail) => {
          view.progress = share;
          view.detail = detail;
          if (view.state !== 'running' || Date.now() - announcedAt < progressEveryMs) return;
          announcedAt = Date.now();
          this.announce({ ...view });
        },
      });
      task.downloadFolder = outcome.downloadFolder;
      view.result = outcome.result;
      view.download = outcome.downloadFolder === null ? null : this.downloadPath(view.id);
      view.state = 'done';
      view.progress = 1;
    } catch (cause) {
      this.#fail(view, cause, abort.signal.aborted);
    }
    this.announce({ ...view });
    await this.#forgetOldest();
  }

  #fail(view: TaskView<Result>, cause: unknown, aborted: boolean): void {
    if (aborted || (isLamellaError(cause) && cause.code === 'cancelled')) {
      view.state = 'cancelled';
      return;
    }
    view.state = 'failed';
    if (isLamellaError(cause)) {
      view.error = cause.toBody();
      return;
    }
    this.reportDefect(cause);
    view.error = { code: 'internal', message: cause instanceof Error ? cause.message : String(cause) };
  }

  view(id: string): TaskView<Result> {
    return { ...this.#task(id).view };
  }

  running(): TaskView<Result>[] {
    return [...this.#tasks.values()].filter(({ view }) => view.state === 'running').map(({ view }) => ({ ...view }));
  }

  /** Of the tasks that are done. */
  results(): Result[] {
    return [...this.#tasks.values()].flatMap(({ view }) => (view.result === null ? [] : [view.result]));
  }

  /** Waits until the work has let go, so that the answer says how it ended. A finished task is left as it is. */
  async cancel(id: string): Promise<TaskView<Result>> {
    const task = this.#task(id);
    task.abort.abort();
    await task.ended;
    return { ...task.view };
  }

  downloadFolder(id: string): string {
    const { downloadFolder } = this.#task(id);
    if (downloadFolder === null) {
      throw new LamellaError('not-found', 'This task has nothing to download.', {
        remedy: 'Wait until it is done, or export again.',
      });
    }
    return downloadFolder;
  }

  async close(): Promise<void> {
    for (const task of this.#tasks.values()) task.abort.abort();
    await Promise.all([...this.#tasks.values()].map((task) => task.ended));
    for (const id of [...this.#tasks.keys()]) await this.#forget(id);
  }

  async #forgetOldest(): Promise<void> {
    const finished = [...this.#tasks.values()].filter(({ view }) => view.state !== 'running');
    for (const task of finished.slice(0, Math.max(0, finished.length - keptFinished))) await this.#forget(task.view.id);
  }

  async #forget(id: string): Promise<void> {
    const task = this.#tasks.get(id);
    this.#tasks.delete(id);
    if (task?.downloadFolder) await this.dispose(task.downloadFolder);
  }

  #task(id: string): Task<Result> {
    const task = this.#tasks.get(id);
    if (!task) throw new LamellaError('not-found', 'There is no such task (any more).');
    return task;
  }
}
