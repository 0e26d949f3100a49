import type { CheckpointFile } from './checkpointFile.ts';
import type { CheckpointFormat, CheckpointTensor } from './contract.ts';

/** One file format; {@link ./index.ts} has the table of them. */
export interface CheckpointReader {
  readonly format: CheckpointFormat;
  /** Whether a file that begins with these bytes ({@link headBytes}, fewer if it is shorter) is of this format. */
  recognise(head: Uint8Array): boolean;
  /** @throws ModelError checkpoint-invalid */
  readTensors(file: CheckpointFile): Promise<ReadonlyMap<string, CheckpointTensor>>;
}

/** How much of a file decides about its format. */
export const headBytes = 512;

export function beginsWith(head: Uint8Array, signature: readonly number[], at = 0): boolean {
  return signature.every((byte, index) => head[at + index] === byte);
}
