import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, extname, join, relative } from 'node:path';
import { isLamellaError } from '../../errors.ts';
import { describeMicrograph } from '../describe.ts';
import { openMicrograph } from '../index.ts';
import { mutate, seededRandom } from './mutations.ts';

/**
 * For the test of damaged files, in a process of its own: mutates the files of a folder, reads each as the program does,
 * and prints a line of JSON before and after each. Arguments: folder to write to (with a copy of each OME-Zarr folder),
 * number of mutations, seed, folders of sources.
 */
const [folder, count, seed, ...sources] = process.argv.slice(2) as [string, string, string, ...string[]];
/** Larger files are other files' likes, only slower. */
const maxBytes = 1_000_000;

interface Source {
  name: string;
  content: Buffer;
  /** Where the mutated content goes, and what is opened then. */
  written: string;
  opened: string;
}

function filesOf(): Source[] {
  const paths = sources.flatMap((source) => readdirSync(source).map((name) => join(source, name)));
  const files = paths
    .filter((path) => !path.endsWith('.json') && statSync(path).isFile())
    .map((path) => {
      const written = join(folder, `mutated${extname(path)}`);
      return { name: basename(path), content: readFileSync(path), written, opened: written };
    });
  return files.filter(({ content }) => content.length <= maxBytes);
}

/** One file of an OME-Zarr folder each, so that metadata and chunks come in turn. */
function zarrFiles(): Source[] {
  const folders = readdirSync(folder).filter((name) => name.endsWith('.zarr'));
  return folders.flatMap((name) => {
    const opened = join(folder, name);
    const paths = readdirSync(opened, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const metadata = paths.filter((path) => /\.z\w+$|zarr\.json$/.test(path));
    const chunks = paths.filter((path) => !metadata.includes(path)).slice(0, 3);
    return [...metadata, ...chunks].map((written) => ({
      name: relative(folder, written),
      content: readFileSync(written),
      written,
      opened,
    }));
  });
}

/** Everything that the program does with a file, on its first and last plane. */
async function read(path: string): Promise<void> {
  const { channels, z, t, widthPx, heightPx } = await describeMicrograph(path);
  const micrograph = await openMicrograph(path);
  await micrograph.readPlane({ c: null, z: 0, t: 0 });
  await micrograph.readPlane({ c: channels - 1, z: z - 1, t: t - 1 });
  const last = micrograph.levels.length - 1;
  const level = micrograph.levels[last]!;
  const size = Math.min(64, level.widthPx, level.heightPx, widthPx, heightPx);
  await micrograph.readRegion({ c: null, z: 0, t: 0 }, last, [0, 0, size, size]);
}

const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const files = filesOf();
const chunks = zarrFiles();
for (let index = 0; index < Number(count); index++) {
  const random = seededRandom(Number(seed) + index);
  const at = index % (files.length + 1);
  // All files of a Zarr folder take turns for one.
  const source = files[at] ?? chunks[Math.floor(index / (files.length + 1)) % chunks.length];
  if (!source) continue;
  const mutated = mutate(source.content, random);
  writeFileSync(source.written, mutated);
  print({ index, name: source.name });
  const began = performance.now();
  let outcome: string;
  try {
    await read(source.opened);
    outcome = 'read';
  } catch (cause) {
    const isOurs = isLamellaError(cause) && cause.code !== 'internal';
    outcome = isOurs ? cause.code : `unexpected: ${cause instanceof Error ? (cause.stack ?? cause.message) : cause}`;
  }
  const rssMb = process.memoryUsage.rss() / 2 ** 20;
  print({ index, name: source.name, outcome, ms: performance.now() - began, rssMb });
  if (source.written !== source.opened) writeFileSync(source.written, source.content);
}
