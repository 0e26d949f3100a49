/** The few things with the smallest keys of a long row of things; earlier ones first where keys are the same. */
export class SmallestOf<T> {
  readonly #most: number;
  readonly #kept: { key: number; thing: T }[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Smallest key first. */
  get things(): T[] {
    return this.#kept.map(({ thing }) => thing);
  }

  /** `make` is only called for what is kept for now. */
  offer(key: number, make: () => T): void {
    if (this.#kept.length === this.#most && key >= (this.#kept.at(-1)?.key ?? Number.NEGATIVE_INFINITY)) return;
    const at = this.#kept.findIndex((kept) => kept.key > key);
    this.#kept.splice(at < 0 ? this.#kept.length : at, 0, { key, thing: make() });
    if (this.#kept.length > this.#most) this.#kept.pop();
  }
}
