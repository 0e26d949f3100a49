import { LamellaError } from '../errors.ts';
import { type Row, Sqlite } from './sqlite.ts';

/** Images before objects: an object without its image is not kept. */
export const tables = ['classes', 'images', 'objects', 'changes', 'automatic_runs'] as const;

/** Those that a project of any format has. */
const firstTables = tables.filter((table) => table !== 'automatic_runs');

/** What a damaged database still gives, by table. */
export type RescuedRows = Record<(typeof tables)[number], Row[]>;

/** Ids that are tried one by one between the readable ends of a damaged table. */
const probedIds = 200_000;

/** Whether the list of tables can be read and is a project's. */
export function hasTables(work: string): boolean {
  let db: Sqlite | null = null;
  try {
    db = new Sqlite(work, { readOnly: false });
    const names = new Set(db.all("SELECT name FROM sqlite_master WHERE type = 'table'").map((row) => row.name));
    return firstTables.every((table) => names.has(table));
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  } finally {
    db?.close();
  }
}

export function readTables(work: string): RescuedRows {
  const found: RescuedRows = { classes: [], images: [], objects: [], changes: [], automatic_runs: [] };
  let db: Sqlite | null = null;
  try {
    db = new Sqlite(work, { readOnly: false });
    // Nobody else reads this copy: one lock for all of the probing instead of one a probe makes it many times faster.
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    for (const table of tables) found[table] = readTable(db, table);
    found.images.push(...imagesOfIndex(db, found.images));
  } catch (error) {
    // It was no project at all: nothing to recover, which the report says with its zeros.
    if (!isDamage(error)) throw error;
  } finally {
    db?.close();
  }
  return found;
}

/** Images whose rows are lost and whose paths are still in the index: enough to keep their objects. */
function imagesOfIndex(db: Sqlite, found: readonly Row[]): Row[] {
  const known = new Set(found.map((row) => row.id));
  const rows = attempt(() => db.all('SELECT id, path FROM images ORDER BY path')) ?? [];
  return rows.filter((row) => !known.has(row.id!)).map((row) => ({ ...row, position: 0, state: 'in-work' }));
}

/** Every row that a damaged table still gives: from its start, from its end, and what ids in between lead to. */
function readTable(db: Sqlite, table: string): Row[] {
  const key = table === 'changes' ? 'seq' : 'id';
  const rows = new Map<number, Row>();
  const walk = (sql: string, from: number): number => {
    let at = from;
    for (;;) {
      const row = attempt(() => db.get(sql, [at]));
      const id = row?.[key];
      // A damaged tree can lead in a circle.
      if (!row || typeof id !== 'number' || rows.has(id)) return at;
      at = id;
      rows.set(at, row);
    }
  };
  const whole = attempt(() => db.all(`SELECT * FROM ${table}`));
  if (whole) return whole;
  // Only notes of what was done, and absent in the first format: not worth the probing.
  if (table === 'automatic_runs') return [];
  const low = walk(`SELECT * FROM ${table} WHERE ${key} > ? ORDER BY ${key} LIMIT 1`, 0);
  const high = walk(`SELECT * FROM ${table} WHERE ${key} < ? ORDER BY ${key} DESC LIMIT 1`, Number.MAX_SAFE_INTEGER);
  const last = high === Number.MAX_SAFE_INTEGER ? low + probedIds : Math.min(high, low + probedIds);
  for (let id = low + 1, misses = 0; id < last && misses < 5000; id++) {
    const row = attempt(() => db.get(`SELECT * FROM ${table} WHERE ${key} = ?`, [id]));
    if (row) rows.set(id, row);
    misses = row ? 0 : misses + 1;
  }
  return [...rows.values()].sort((a, b) => (a[key] as number) - (b[key] as number));
}

/** null where the page can't be read. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (isDamage(error)) return null;
    throw error;
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof LamellaError && (error.code === 'project-damaged' || error.code === 'internal');
}
