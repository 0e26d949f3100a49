import { z } from 'zod';
import type { ArchitectureConfig } from '../compiler/contract.ts';
import { ModelError } from '../packages/modelError.ts';

/**
 * The part of a `--config` file that an architecture asks for; null without a file.
 * @throws ModelError checkpoint-unsupported for a file of another architecture or with wrong values.
 */
export function readConfig<T extends z.ZodObject>(
  id: string,
  schema: T,
  given: ArchitectureConfig | null,
): z.infer<T> | null {
  if (given === null) return null;
  const parsed = schema.extend({ architecture: z.literal(id).optional() }).safeParse(given);
  if (parsed.success) return parsed.data as z.infer<T>;
  const reasons = z.prettifyError(parsed.error).replaceAll('\n', ' ');
  throw new ModelError('checkpoint-unsupported', `The config does not fit the architecture ${id}: ${reasons}`, {
    remedy: 'Correct the file given as --config.',
  });
}
