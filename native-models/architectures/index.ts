import type { ArchitectureConfig } from '../compiler/contract.ts';
import type { Tensors } from '../graph/weightSource.ts';
import { ModelError } from '../packages/modelError.ts';
import type { Architecture, ArchitectureReader } from './architecture.ts';
import { efficientSam } from './efficientSam.ts';
import { mobileSam } from './mobileSam.ts';
import { sam, samHq } from './sam.ts';
import { sam2 } from './sam2.ts';

export const architectures: readonly ArchitectureReader[] = [sam, samHq, mobileSam, efficientSam, sam2];

/**
 * The architecture that the tensors' names and shapes tell.
 * @throws ModelError checkpoint-unsupported
 */
export function recogniseArchitecture(tensors: Tensors, config: ArchitectureConfig | null): Architecture {
  const names = new Set(tensors.keys());
  const reader = architectures.find((each) => each.recognises(names));
  if (reader) return reader.read(tensors, config);
  const some = [...names].slice(0, 3).join(', ');
  throw new ModelError(
    'checkpoint-unsupported',
    `The checkpoint's ${names.size} tensors (${some}${names.size > 3 ? ', …' : ''}) are those of no model that Lamella knows.`,
    { remedy: 'It reads SAM (ViT), MobileSAM, SAM-HQ, EfficientSAM and SAM 2; others as a pair of ONNX files.' },
  );
}
