import { randomUUID } from 'node:crypto';
import type { LowResMask } from '../../../native-models/predictor/moveLogits.ts';
import { LamellaError } from '../errors.ts';

/** Low-res logits kept for refinement: 256 kB each at SAM's size. */
const kept = 256;

/** Low-res logits of shown candidates by id; the least recently used go first. Ids are unique beyond this process. */
export class CandidateLogits {
  readonly #prefix = randomUUID().slice(0, 8);
  readonly #byId = new Map<string, { imageKey: string; mask: LowResMask }>();
  #count = 0;

  /** `imageKey` names the plane that the candidate belongs to, in its display range. */
  add(imageKey: string, mask: LowResMask): string {
    const id = `${this.#prefix}-${this.#count++}`;
    this.#byId.set(id, { imageKey, mask });
    if (this.#byId.size > kept) this.#byId.delete(this.#byId.keys().next().value!);
    return id;
  }

  /** @throws LamellaError not-found */
  get(id: string, imageKey: string): LowResMask {
    const found = this.#byId.get(id);
    if (!found || found.imageKey !== imageKey) {
      throw new LamellaError('not-found', 'The candidate to refine is not there any more.', {
        remedy: 'Prompt again without it.',
      });
    }
    this.#byId.delete(id);
    this.#byId.set(id, found);
    return found.mask;
  }
}
