import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LamellaError } from './errors.ts';

/**
 * Folder of Lamella's package.json, looked for upwards from a module (`import.meta.url`): the clone when it runs from
 * sources or from dist/, …/resources/app.asar in the installed program.
 */
export function findAppRoot(moduleUrl: string): string {
  const start = dirname(fileURLToPath(moduleUrl));
  for (let folder = start; ; folder = dirname(folder)) {
    if (isLamellaPackage(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) {
      throw new LamellaError('internal', `Lamella's own files are not above ${start}.`, {
        path: start,
        remedy: 'Install Lamella again.',
      });
    }
  }
}

function isLamellaPackage(path: string): boolean {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw error;
  }
  return (JSON.parse(text) as { name?: unknown }).name === 'lamella';
}

/** A path inside the installed program's archive, as the real file beside it: onnxruntime opens files itself. */
export function unpacked(path: string): string {
  return path.replace(/app\.asar(?=$|[\\/])/, 'app.asar.unpacked');
}
