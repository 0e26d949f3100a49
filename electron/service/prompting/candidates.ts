import type { PlaneAddress, PromptTrace } from '../api/contract.ts';
import { LamellaError } from '../errors.ts';
import type { Prediction } from '../inference/contract.ts';
import { isSamePlane } from '../micrographs/contract.ts';
import type { AcceptedCandidate } from '../project/contract.ts';

/** Candidates kept, least recently used go first. A full-plane mask of 4096² is 16 MB, most are a few kB. */
const keptCandidates = 512;
const keptBytes = 512 * 1024 * 1024;

/** Candidates that were shown and can still be accepted or refined, by their id. */
export class CandidateRegistry {
  readonly #candidates = new Map<string, AcceptedCandidate>();
  #bytes = 0;

  /** Throws `not-found` for an id that is unknown, too old, or of another plane than `of` (when given). */
  get(id: string, of: { imageId: number; plane: PlaneAddress } | null = null): AcceptedCandidate {
    const candidate = this.#candidates.get(id);
    if (!candidate || (of && (candidate.imageId !== of.imageId || !isSamePlane(candidate.plane, of.plane)))) {
      throw new LamellaError('not-found', 'This candidate mask is not there any more.', {
        remedy: 'Prompt again.',
      });
    }
    this.#candidates.delete(id);
    this.#candidates.set(id, candidate);
    return candidate;
  }

  /** Keeps what a prompt gave, each candidate with the whole way that led to it: the `earlier` steps and this one. */
  add(
    { imageId, plane }: { imageId: number; plane: PlaneAddress },
    prompt: Pick<PromptTrace['steps'][number], 'points' | 'box' | 'closeUp'>,
    earlier: PromptTrace['steps'],
    prediction: Prediction,
  ): void {
    prediction.candidates.forEach((candidate, index) => {
      this.#candidates.set(candidate.id, {
        imageId,
        plane,
        mask: candidate.mask,
        predictedIou: candidate.predictedIou,
        stability: candidate.stability,
        model: prediction.model,
        prompts: {
          model: prediction.model,
          steps: [...earlier, { ...prompt, candidate: index }],
        },
      });
      this.#bytes += candidate.mask.data.length;
    });
    this.#dropOldest();
  }

  #dropOldest(): void {
    for (const [id, candidate] of this.#candidates) {
      if (this.#candidates.size <= keptCandidates && this.#bytes <= keptBytes) return;
      this.#candidates.delete(id);
      this.#bytes -= candidate.mask.data.length;
    }
  }
}
