/**
 * What goes first: a prompt, then an encoder run that a prompt waits for, then work ahead of the user, then work on
 * whole folders.
 */
export const priorities = { prompt: 0, neededEncode: 1, encode: 2, background: 3 } as const;

export interface Job {
  priority: number;
  /** Runs when its turn comes, one job at a time. Never rejects: the job settles its own promise. */
  run(): Promise<void>;
}

/** One job at a time; lower priority number first, then first come. A job that has begun is never overtaken. */
export class JobQueue {
  readonly #waiting: Job[] = [];
  #running: Job | null = null;

  add(job: Job): void {
    this.#waiting.push(job);
    this.#next();
  }

  /** Takes out a job that has not begun; false when it has. */
  remove(job: Job): boolean {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }

  isRunning(job: Job): boolean {
    return this.#running === job;
  }

  #next(): void {
    if (this.#running) return;
    let first: Job | undefined;
    for (const job of this.#waiting) if (!first || job.priority < first.priority) first = job;
    if (!first) return;
    this.remove(first);
    this.#running = first;
    first.run().finally(() => {
      this.#running = null;
      this.#next();
    });
  }
}
