import type { CheckpointTensor } from '../checkpoints/contract.ts';

export type Tensors = ReadonlyMap<string, CheckpointTensor>;

/** What keeps a checkpoint from making up the model that it was taken for. */
export interface WeightReport {
  missing: string[];
  /** With the shape that is found and the one that is wanted. */
  misshaped: string[];
  /** Tensors that nothing asked for. */
  extra: string[];
}

/** Where the graph builders get their weights, by the names and shapes that PyTorch has for them. */
export interface Weights {
  /** Values, row-major; none in a rehearsal. */
  read(name: string, shape: readonly number[]): Promise<Float32Array>;
  /** Says that a tensor is known and not needed, such as the counter of a norm. */
  skip(name: string): void;
}

/**
 * A checkpoint's weights; notes what was asked for. A rehearsal reads nothing: every weight is empty then, and what is
 * missing or mis-shaped is noted instead of being an error.
 */
export class WeightSource implements Weights {
  readonly #tensors: Tensors;
  readonly #asked = new Set<string>();
  readonly #missing: string[] = [];
  readonly #misshaped: string[] = [];
  readonly rehearsal: boolean;
  /** Called with the number of values of each weight that was read. */
  readonly #onRead: (values: number) => void;

  constructor(tensors: Tensors, options: { rehearsal: boolean; onRead?: (values: number) => void }) {
    this.#tensors = tensors;
    this.rehearsal = options.rehearsal;
    this.#onRead = options.onRead ?? (() => {});
  }

  async read(name: string, shape: readonly number[]): Promise<Float32Array> {
    this.#asked.add(name);
    const tensor = this.#tensors.get(name);
    if (!tensor) {
      this.#missing.push(name);
      return new Float32Array(0);
    }
    if (tensor.shape.join() !== shape.join()) {
      this.#misshaped.push(`${name} is [${tensor.shape.join(', ')}] and not [${shape.join(', ')}]`);
      return new Float32Array(0);
    }
    if (this.rehearsal) return new Float32Array(0);
    const values = await tensor.read();
    this.#onRead(values.length);
    return values;
  }

  skip(name: string): void {
    this.#asked.add(name);
  }

  report(): WeightReport {
    const extra = [...this.#tensors.keys()].filter((name) => !this.#asked.has(name));
    return { missing: [...this.#missing], misshaped: [...this.#misshaped], extra };
  }
}
