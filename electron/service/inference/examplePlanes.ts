import { type ExamplePlane, learnSimilar, type SimilarModel } from '../../../native-models/similar/index.ts';

/** Planes with the objects that teach, collected until all are there. */
export class ExamplePlanes {
  readonly #planes = new Map<string, ExamplePlane[]>();

  add(runId: string, plane: ExamplePlane): void {
    this.#planes.set(runId, [...(this.#planes.get(runId) ?? []), plane]);
  }

  async learn(runId: string): Promise<{ learned: SimilarModel }> {
    return { learned: learnSimilar(this.#planes.get(runId) ?? []) };
  }

  async end(runId: string): Promise<Record<string, never>> {
    this.#planes.delete(runId);
    return {};
  }
}
