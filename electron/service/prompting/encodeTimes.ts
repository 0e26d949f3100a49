/** An encode is called done only when it is; until then the estimate stops short of it. */
const atMost = 0.98;

/** How long the images of this model took on this machine so far: the ground of the progress bar. */
export class EncodeTimes {
  #typicalMs: number | null = null;

  learn(ms: number): void {
    this.#typicalMs = this.#typicalMs === null ? ms : 0.5 * this.#typicalMs + 0.5 * ms;
  }

  /** Another model, another device: nothing is known again. */
  forget(): void {
    this.#typicalMs = null;
  }

  /** Milliseconds that an image takes; null before the first one. */
  get typicalMs(): number | null {
    return this.#typicalMs;
  }

  /** Share done after `elapsedMs`, 0..1; null before the first image. */
  share(elapsedMs: number): number | null {
    return this.#typicalMs === null ? null : Math.min(atMost, elapsedMs / Math.max(1, this.#typicalMs));
  }
}
