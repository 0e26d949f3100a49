import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { distinctNames, folded, stemOf } from '../service/datasets/distinctNames.ts';
import { findMicrographs } from '../service/micrographs/index.ts';

/** A micrograph and the files that its masks go to. */
export interface AutomaticImage {
  image: string;
  records: string;
  labels: string;
}

/**
 * The named files and the micrographs directly in the named folders, each once, with names in `output` that differ even
 * where images differ by folder or ending only.
 * @throws LamellaError of a folder that can't be read; a missing file is told when its turn comes.
 */
export async function automaticImages(paths: readonly string[], output: string): Promise<AutomaticImage[]> {
  const images = new Set<string>();
  for (const path of paths) {
    const found = (await isFolder(path)) ? await findMicrographs(path) : [path];
    for (const image of found) images.add(resolve(image));
  }
  const stems = outputStems([...images].map((image) => basename(image)));
  return [...images].map((image, at) => ({
    image,
    records: join(output, `${stems[at]!}.json`),
    labels: join(output, `${stems[at]!}_labels.tif`),
  }));
}

/** Where images differ by their ending only (a.png, a.tif), the ending becomes part of the stem. */
function outputStems(names: readonly string[]): string[] {
  const uses = new Map<string, Set<string>>();
  for (const name of names) {
    const key = folded(stemOf(name));
    uses.set(key, (uses.get(key) ?? new Set()).add(folded(name)));
  }
  return distinctNames(
    names.map((name) => {
      const stem = stemOf(name);
      return uses.get(folded(stem))!.size === 1 ? stem : `${stem}_${name.slice(stem.length + 1)}`;
    }),
  );
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
