import type { ArchitectureConfig } from '../compiler/contract.ts';
import type { Layers } from '../graph/layers.ts';
import type { Tensors } from '../graph/weightSource.ts';
import type { ModelDescription } from '../packages/description.ts';

/** A kind of model that a checkpoint may hold: told by the names of its tensors, configured by their shapes. */
export interface ArchitectureReader {
  /** As model.json and `--config` files name it. */
  id: string;
  /** Whether the tensors' names are this architecture's. */
  recognises(names: ReadonlySet<string>): boolean;
  /**
   * What the shapes tell, completed by the constants of the published variants and by the config.
   * @throws ModelError checkpoint-unsupported: what can't be told, and how to tell it.
   */
  read(tensors: Tensors, config: ArchitectureConfig | null): Architecture;
}

/** An architecture with its hyper-parameters. */
export interface Architecture {
  id: string;
  family: ModelDescription['family'];
  /** For people: 'SAM ViT, 12 blocks of 768, 1024 px'. */
  title: string;
  hyperparameters: Record<string, unknown>;
  inputSize: number;
  embeddingChannels: number;
  preparation: ModelDescription['preparation'];
  /** 'bilinear' where it is left out. */
  maskResample?: 'bicubic';
  hqToken?: number;
  buildEncoder(layers: Layers): Promise<void>;
  buildDecoder(layers: Layers): Promise<void>;
}
