import type { ModelDescription } from '../packages/description.ts';

/** How the weights are stored and computed with: fp16 for GPUs, int8 (linear layers of the encoder) for CPUs. */
export const precisions = ['fp32', 'fp16', 'int8'] as const;
export type Precision = (typeof precisions)[number];

/** What no tensor shape tells: the content of a `--config` file, checked by {@link ./config.ts}. */
export type ArchitectureConfig = Readonly<Record<string, unknown>>;

export interface CompileOptions {
  /** Of the package that is made; it must fit {@link ModelDescription.name}. */
  name: string;
  precision: Precision;
  config: ArchitectureConfig | null;
  /** Licence and source as model.json tells them; 'unknown' where nobody said. */
  licence: string;
  source: string;
  onProgress?: (progress: CompileProgress) => void;
  signal?: AbortSignal;
}

export interface CompileProgress {
  stage: 'reading' | 'encoder' | 'decoder' | 'checking';
  /** Of the whole compilation, 0..1. */
  fraction: number;
}

/** What was made of a file. */
export interface CompiledModel {
  description: ModelDescription;
  /** For people: 'SAM ViT, 12 blocks of 768, 1024 px'. */
  architecture: string;
  /** Tensors of the file that the model has no use for, by name (micro-sam's further decoders, for example). */
  leftOut: readonly string[];
}
