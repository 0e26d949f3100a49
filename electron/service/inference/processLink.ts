import type { Provider } from '../../../native-models/runtime/device.ts';
import { LamellaError } from '../errors.ts';
import type { ForkInference, InferenceChild } from './inferenceChild.ts';
import type { CallName, Calls, OpeningMessage, ProcessState, ReplyMessage } from './messages.ts';

interface Pending {
  resolve(answer: Calls[CallName]['answer']): void;
  reject(error: LamellaError): void;
}

/** One inference process from its start to its end, as promise calls. */
export class ProcessLink {
  /** What it runs; rejects when the model can't be opened or the process ends before. */
  readonly opened: Promise<Calls['open']['answer']>;
  /** Resolves with the reason when the process has ended. */
  readonly ended: Promise<string>;
  readonly #child: InferenceChild;
  readonly #onState: (state: ProcessState) => void;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #state: ProcessState | null = null;
  #opening: Provider | null = null;
  #endReason: string | null = null;
  #retired: LamellaError | null = null;

  /** `onState`: how it stands after each of its replies, before whoever asked has the reply. */
  constructor(
    fork: ForkInference,
    entry: string,
    open: Calls['open']['request'],
    onState: (state: ProcessState) => void = () => {},
  ) {
    this.#onState = onState;
    this.#child = fork(entry);
    this.#child.onMessage((message) => this.#receive(message as ReplyMessage | OpeningMessage));
    this.ended = new Promise((resolve) => {
      this.#child.onEnd((reason) => {
        this.#endReason = reason;
        for (const { reject } of this.#pending.values()) reject(this.#endedError());
        this.#pending.clear();
        resolve(reason);
      });
    });
    this.opened = this.call('open', open);
  }

  /** null once it has ended. */
  get pid(): number | null {
    return this.#endReason === null ? (this.#child.pid ?? null) : null;
  }

  get hasEnded(): boolean {
    return this.#endReason !== null;
  }

  /** Why it has ended, for people; null while it runs. */
  get endReason(): string | null {
    return this.#endReason;
  }

  /** As it was told last; null before the first reply. */
  get state(): ProcessState | null {
    return this.#state;
  }

  /** What it runs on, or was about to open; null before. */
  get provider(): Provider | null {
    return this.#state?.device?.provider ?? this.#opening;
  }

  /** @throws LamellaError of the process; inference-failed when it ends before it answers. */
  call<K extends CallName>(call: K, request: Calls[K]['request']): Promise<Calls[K]['answer']> {
    if (this.#retired !== null) return Promise.reject(this.#retired);
    if (this.#endReason !== null) return Promise.reject(this.#endedError());
    const id = this.#nextId++;
    return new Promise<Calls[K]['answer']>((resolve, reject) => {
      // Replies carry the id of their call, so the answer is of the call's kind.
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject });
      this.#child.post({ id, call, request });
    });
  }

  /** Ends the process; calls that wait are rejected when it is gone. */
  async kill(): Promise<void> {
    if (this.#endReason === null) this.#child.kill();
    await this.ended;
  }

  /** Ends it because it is not wanted any more: calls that wait, and later ones, are rejected with `error` at once. */
  retire(error: LamellaError): void {
    this.#retired = error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    void this.kill();
  }

  #receive(message: ReplyMessage | OpeningMessage): void {
    if ('opening' in message) {
      this.#opening = message.opening;
      return;
    }
    this.#state = message.state;
    if (this.#retired === null) this.#onState(message.state);
    this.#settle(message);
  }

  #settle(message: ReplyMessage): void {
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    this.#pending.delete(message.id);
    if (message.error === undefined) {
      pending.resolve(message.answer);
      return;
    }
    const { code, message: text, path, remedy } = message.error;
    pending.reject(new LamellaError(code, text, { ...(path && { path }), ...(remedy && { remedy }) }));
  }

  #endedError(): LamellaError {
    return new LamellaError('inference-failed', `The inference process ended (${this.#endReason}).`, {
      remedy: 'Try again: it is started again. If it happens often, memory may be short.',
    });
  }
}
