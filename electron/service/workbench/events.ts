import type { ProjectEvent } from '../api/contract.ts';

export type EventListener = (event: ProjectEvent) => void;

/** Hands every event of one project to every window that listens, in order and at once. */
export class EventHub {
  readonly #listeners = new Set<EventListener>();
  readonly #closers = new Set<() => void>();

  emit(event: ProjectEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** `onClose` is called once when the project is closed while this listener is still there. */
  subscribe(listener: EventListener, onClose: () => void = () => {}): () => void {
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
