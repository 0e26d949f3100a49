import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { findAppRoot } from '../appRoot.ts';

/**
 * For tests: a program built from the sources as they are, in node_modules/.cache so that its packages resolve. Equal
 * sources give one file, which is never written twice in place.
 * @param entry below the repository's root, 'electron/cli.ts'
 * @returns the path of the program
 */
export async function bundleForTest(entry: string): Promise<string> {
  const root = findAppRoot(import.meta.url);
  const folder = join(root, 'node_modules', '.cache', 'lamella');
  const { outputFiles } = await build({
    entryPoints: [join(root, entry)],
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  const code = outputFiles[0]!.contents;
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 12);
  const path = join(folder, `${basename(entry, '.ts')}-${hash}.mjs`);
  await mkdir(folder, { recursive: true });
  await writeFile(`${path}.${process.pid}.tmp`, code);
  await rename(`${path}.${process.pid}.tmp`, path);
  return path;
}
