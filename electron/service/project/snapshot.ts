import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fromSystemError } from '../errors.ts';

export interface Snapshot {
  /** The copy; it may be written to. */
  file: string;
  remove(): void;
}

/** A writer on another computer commits every few milliseconds at the most: some copy falls between two commits. */
const attempts = 20;

/**
 * A copy of a database in a folder of its own. SQLite takes its lock beside the file even to read it, which a folder
 * that can't be written to does not allow. What a killed process left half done comes along, to be taken back there.
 * @throws LamellaError file-unreadable, disk-full (of the temporary folder)
 */
export function takeSnapshot(file: string): Snapshot {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'lamella-looking-'));
    const copy = join(folder, basename(file));
    for (let attempt = 0; attempt < attempts; attempt++) {
      const before = stampOf(file);
      copyFileSync(file, copy);
      rmSync(`${copy}-journal`, { force: true });
      if (existsSync(`${file}-journal`)) copyFileSync(`${file}-journal`, `${copy}-journal`);
      if (stampOf(file) === before) break;
    }
    return { file: copy, remove: () => rmSync(folder, { recursive: true, force: true }) };
  } catch (cause) {
    throw fromSystemError(cause, file, 'Looking at the project');
  }
}

function stampOf(file: string): string {
  const { size, mtimeNs } = statSync(file, { bigint: true });
  return `${size} ${mtimeNs}`;
}
