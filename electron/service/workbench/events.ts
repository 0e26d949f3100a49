import type { ProjectEvent } from '../api/contract.ts';

/** Hands every event of one project (or of the models) to every window that listens, in order and at once. */
export class EventHub<Event = ProjectEvent> {
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #closers = new Set<() => void>();

  emit(event: Event): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** `onClose` is called once when the project is closed while this listener is still there. */
  subscribe(listener: (event: Event) => void, onClose: () => void = () => {}): () => void {
    this.#listeners.add(listener);
    this.#closers.add(onClose);
    return () => {
      this.#listeners.delete(listener);
      this.#closers.delete(onClose);
    };
  }

  close(): void {
    const closers = [...this.#closers];
    this.#listeners.clear();
    this.#closers.clear();
    for (const close of closers) close();
  }
}
