import type { ModelInfo } from '../api/contract.ts';

/** All that tells one model from another: one that was removed may have had the same name. */
export function modelKey({ name, version, precision }: ModelInfo): string {
  return `${name} ${version} ${precision}`;
}
