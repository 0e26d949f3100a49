import { randomUUID } from 'node:crypto';
import { LamellaError } from '../errors.ts';

/** Low-res logits kept for refinement: 256 kB each at SAM's size. */
const kept = 256;

/** Low-res logits of shown candidates by id; the least recently used go first. Ids are unique beyond this process. */
export class CandidateLogits {
  readonly #prefix = randomUUID().slice(0, 8);
  readonly #byId = new Map<string, { key: string; logits: Float32Array }>();
  #count = 0;

  /** `key` names the embedding that the candidate belongs to. */
  add(key: string, logits: Float32Array): string {
    const id = `${this.#prefix}-${this.#count++}`;
    this.#byId.set(id, { key, logits });
    if (this.#byId.size > kept) this.#byId.delete(this.#byId.keys().next().value!);
    return id;
  }

  /** @throws LamellaError not-found */
  get(id: string, key: string): Float32Array {
    const found = this.#byId.get(id);
    if (!found || found.key !== key) {
      throw new LamellaError('not-found', 'The candidate to refine is not there any more.', {
        remedy: 'Prompt again without it.',
      });
    }
    this.#byId.delete(id);
    this.#byId.set(id, found);
    return found.logits;
  }
}
