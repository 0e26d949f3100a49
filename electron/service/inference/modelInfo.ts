import type { ModelPackage } from '../../../native-models/packages/modelPackage.ts';
import type { ModelInfo } from '../api/contract.ts';

export function modelInfo({ description, origin }: ModelPackage): ModelInfo {
  const { name, family, version, precision, licence, inputSize } = description;
  return { name, family, version, precision, licence, inputSize, origin };
}
