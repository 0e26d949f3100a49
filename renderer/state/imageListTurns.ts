interface Waiting {
  work(): Promise<void>;
  /** Asked when a turn is free: the lowest goes first. */
  rank(): number;
}

/** Lets a few go at a time. Who stops waiting is forgotten, so that no queue grows behind a list that is scrolled. */
export class Turns {
  readonly #waiting = new Set<Waiting>();
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Does the work when there is a turn, which lasts until the work is over. The answer gives up waiting. */
  take(work: () => Promise<void>, rank: () => number): () => void {
    const entry: Waiting = { work, rank };
    this.#waiting.add(entry);
    this.#goOn();
    return () => {
      this.#waiting.delete(entry);
    };
  }

  #goOn(): void {
    while (this.#free > 0 && this.#waiting.size > 0) {
      const ranked = [...this.#waiting].map((entry) => ({ entry, rank: entry.rank() }));
      const { entry } = ranked.reduce((best, one) => (one.rank < best.rank ? one : best));
      this.#waiting.delete(entry);
      void this.#run(entry);
    }
  }

  async #run({ work }: Waiting): Promise<void> {
    this.#free--;
    try {
      await work();
    } finally {
      this.#free++;
      this.#goOn();
    }
  }
}
