/** Element types that checkpoints of the SAM family hold. */
export type DType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint8'
  | 'bool';

/** A tensor whose values are still in the file. */
export interface CheckpointTensor {
  /** As in the file; dictionaries within dictionaries are joined by dots. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /**
   * The values as float32 in row-major order, whatever type and strides they are stored with. Nothing is kept: each
   * call reads the file.
   * @throws ModelError checkpoint-invalid when the file does not hold them.
   */
  read(): Promise<Float32Array>;
}

export type CheckpointFormat = 'torch-zip' | 'torch-legacy' | 'safetensors';

/** An open checkpoint file: the list of its tensors is in memory, their values are not. */
export interface Checkpoint {
  readonly path: string;
  readonly format: CheckpointFormat;
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  close(): Promise<void>;
}
