import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { bundleForTest } from '../testing/bundle.ts';
import { writeSmallSpecimens } from './testing/specimens.ts';

// Files of instruments and other programs, where they are at hand; the small specimens are always there.
const zoo = resolve(import.meta.dirname, '../../../../shared/data/formats');
const mutations = 1000;
const seed = 20_261_125;
const mostMs = 2000;
const mostRssMb = 512;

interface Line {
  index: number;
  name: string;
  outcome?: string;
  ms?: number;
  rssMb?: number;
}

/** Runs the process that reads mutated files; ends it where a file takes too long. */
async function readMutations(
  folder: string,
  sources: readonly string[],
): Promise<{ lines: Line[]; trouble: string | null }> {
  const program = await bundleForTest('electron/service/micrographs/testing/fuzz-process.ts');
  const child = spawn(
    process.execPath,
    ['--max-old-space-size=320', program, folder, String(mutations), String(seed), ...sources],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const lines: Line[] = [];
  let current = 'no file';
  let trouble: string | null = null;
  let deadline: NodeJS.Timeout | undefined;
  let complaint = '';
  child.stderr.on('data', (data) => (complaint = `${complaint}${data}`.slice(-2000)));
  // The process may be held up by others of this machine: its own clock decides, this one ends what hangs.
  const watch = ({ index, name }: Line) => {
    current = `mutation ${index} of ${name}`;
    clearTimeout(deadline);
    deadline = setTimeout(() => {
      trouble = `${current} hangs`;
      child.kill('SIGKILL');
    }, 5 * mostMs);
  };
  const reading = (async () => {
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line;
      if (line.outcome === undefined) watch(line);
      else lines.push(line);
    }
  })();
  const code = await new Promise((done) => child.once('close', done));
  await reading;
  clearTimeout(deadline);
  if (code !== 0) trouble ??= `${current} ended the process (${code}): ${complaint}`;
  return { lines, trouble };
}

describe('damaged files of every kind', () => {
  it(`${mutations} mutations are read or refused by name, within ${mostMs} ms and ${mostRssMb} MB`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lamella-fuzz-'));
    try {
      const specimens = join(folder, 'specimens');
      mkdirSync(specimens);
      await writeSmallSpecimens(specimens);
      const sources = [specimens, ...(existsSync(zoo) ? [zoo] : [])];
      for (const name of existsSync(zoo) ? readdirSync(zoo) : []) {
        if (name.endsWith('.zarr')) cpSync(join(zoo, name), join(folder, name), { recursive: true });
      }
      const { lines, trouble } = await readMutations(folder, sources);
      expect(trouble).toBeNull();
      expect(lines).toHaveLength(mutations);
      expect(lines.filter(({ outcome }) => outcome!.startsWith('unexpected'))).toEqual([]);
      expect(lines.filter(({ ms }) => ms! > mostMs)).toEqual([]);
      expect(Math.max(...lines.map(({ rssMb }) => rssMb!))).toBeLessThan(mostRssMb);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);
});
