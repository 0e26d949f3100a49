import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import shipped from '../catalogue.json' with { type: 'json' };
import { ModelError } from './modelError.ts';

const entry = z.object({
  /** Name of the model that is made of it. */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
  title: z.string().min(1),
  goodFor: z.string(),
  address: z.url({ protocol: /^https?$/ }),
  /** Under this name it is kept, and looked for when somebody put it there by hand. */
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
  /** The checkpoint within `file`, where that is a zip archive. */
  member: z.string().min(1).optional(),
  /** null where nobody states it. */
  bytes: z.number().int().positive().nullable(),
  /**
   * As its source or a project that uses it states it; null where nobody does. Without one the file that comes is
   * unverified: its hash is shown, kept and compared at every later download (downloadRecord.ts).
   */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  licence: z.string().min(1),
  /** Where this is described, for people. */
  reference: z.string(),
  /** Hyper-parameters that no tensor shape tells. */
  config: z.record(z.string(), z.unknown()).optional(),
});
export type CatalogueEntry = z.infer<typeof entry>;

/**
 * Checkpoints that can be downloaded. LAMELLA_CATALOGUE names a file of the same form whose entries come first: a lab
 * without a way to the outside gives the addresses of its own server.
 * @throws ModelError model-invalid where that file can't be read or understood.
 */
export async function readCatalogue(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<CatalogueEntry[]> {
  const own = env.LAMELLA_CATALOGUE ? await readOwn(env.LAMELLA_CATALOGUE) : [];
  const names = new Set(own.map(({ name }) => name));
  return [
    ...own,
    ...z
      .array(entry)
      .parse(shipped)
      .filter(({ name }) => !names.has(name)),
  ];
}

/** @throws ModelError not-found */
export function catalogueEntry(catalogue: readonly CatalogueEntry[], name: string): CatalogueEntry {
  const found = catalogue.find((each) => each.name === name);
  if (found) return found;
  throw new ModelError('not-found', `The catalogue has no model called ${name}.`, {
    remedy: `It has: ${catalogue.map((each) => each.name).join(', ')}.`,
  });
}

async function readOwn(path: string): Promise<CatalogueEntry[]> {
  try {
    return z.array(entry).parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const reason =
      cause instanceof z.ZodError ? z.prettifyError(cause).replaceAll('\n', ' ') : (cause as Error).message;
    throw new ModelError('model-invalid', `The catalogue ${path} can't be read: ${reason}`, {
      path,
      remedy: 'Correct the file, or leave LAMELLA_CATALOGUE out.',
      cause,
    });
  }
}
