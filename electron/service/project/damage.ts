import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LamellaError } from '../errors.ts';
import { hasSoundHeader } from './firstPage.ts';
import { takeLock } from './lock.ts';
import { maskOfRow } from './rows.ts';
import { refuseNewer, versionOf } from './schema.ts';
import { Sqlite } from './sqlite.ts';

/** Masks that are read at once. */
const page = 1000;

/**
 * What is wrong with a project's database, for people; nothing when it is sound. Looks closer than opening a project
 * does: at every index entry, too (integrity_check), and at every mask. Holds the project's lock meanwhile.
 * @throws LamellaError file-missing, file-unreadable, project-locked, project-damaged (made by a newer Lamella).
 */
export function findDamage(file: string): string[] {
  const folder = dirname(file);
  if (!existsSync(file)) {
    throw new LamellaError('file-missing', `There is no project in ${folder}.`, {
      path: folder,
      remedy: `Name a folder that holds project.lamella.`,
    });
  }
  const lock = takeLock(join(folder, 'project.lock'), file);
  if (!lock.taken) {
    throw new LamellaError('project-locked', `${folder} is open in another program.`, {
      path: folder,
      remedy: 'Close it there first.',
    });
  }
  try {
    // SQLite takes an empty file for a new database.
    return statSync(file).size === 0 ? ['The file is empty.'] : damageOf(file);
  } finally {
    lock.release();
  }
}

function damageOf(file: string): string[] {
  let db: Sqlite | null = null;
  try {
    // For writing: SQLite first takes back what a killed process left half done.
    db = new Sqlite(file, { readOnly: false });
    refuseNewer(db);
    if (versionOf(db) === 0) return ['The file holds no project.'];
    const found = db.all('PRAGMA integrity_check(20)').map((row) => String(row.integrity_check));
    return found[0] === 'ok' ? maskDamage(db) : found;
  } catch (error) {
    if (error instanceof LamellaError && error.code === 'project-damaged' && error.cause !== undefined) {
      return [error.message];
    }
    throw error;
  } finally {
    db?.close();
  }
}

function maskDamage(db: Sqlite): string[] {
  let unreadable = 0;
  for (let last = 0; ;) {
    const rows = db.all('SELECT id, rle, plane_height, plane_width FROM objects WHERE id > ? ORDER BY id LIMIT ?', [
      last,
      page,
    ]);
    if (rows.length === 0) break;
    for (const row of rows) {
      try {
        maskOfRow(row);
      } catch (error) {
        if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
        unreadable++;
      }
    }
    last = rows.at(-1)!.id as number;
  }
  return unreadable === 0 ? [] : [`The masks of ${unreadable} objects can't be read.`];
}

/** True when SQLite can't read the file as it is (quick_check: every page, not every index entry). */
export function isDamaged(file: string): boolean {
  // A transaction that a killed process left half done is in the journal: SQLite takes it back when it opens the file.
  if (!existsSync(`${file}-journal`) && !hasSoundHeader(file)) return true;
  let db: Sqlite | null = null;
  try {
    db = new Sqlite(file, { readOnly: false });
    const [answer] = db.all('PRAGMA quick_check(1)');
    return answer?.quick_check !== 'ok' || versionOf(db) === 0;
  } catch (error) {
    if (error instanceof LamellaError && error.code === 'project-damaged') return true;
    throw error;
  } finally {
    db?.close();
  }
}
