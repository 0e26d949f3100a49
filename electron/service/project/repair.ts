import { constants, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Mask, maskArea } from '../../../native-models/masks/mask.ts';
import { fromSystemError } from '../errors.ts';
import { fitPageCount, hasSoundHeader, takeFirstPage } from './firstPage.ts';
import { maskOfRow } from './rows.ts';
import { hasTables, readTables, type RescuedRows, tables } from './rescuedRows.ts';
import { formatVersion, migrate } from './schema.ts';
import { type Row, Sqlite } from './sqlite.ts';

export interface RepairReport {
  /** The damaged file as it was, never written to. */
  damagedCopy: string;
  recovered: { images: number; classes: number; objects: number; changes: number };
  /** Objects whose mask could not be read any more. */
  unreadableMasks: number;
}

/**
 * Copies the damaged database aside, reads what can be read of it into a new one, and puts that in its place. The
 * caller holds the project's lock. The history starts anew: a delta whose neighbours are lost could not be undone.
 */
export function repairDatabase(file: string, cacheFolder: string): RepairReport {
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  const damagedCopy = file.replace(/\.lamella$/, `.damaged-${stamp}.lamella`);
  const work = join(cacheFolder, `repair-${stamp}.lamella`);
  const fresh = `${file}.new`;
  let replaced = false;
  try {
    mkdirSync(cacheFolder, { recursive: true });
    copyFileSync(file, damagedCopy, constants.COPYFILE_EXCL);
    copyFileSync(file, work, constants.COPYFILE_EXCL);
    if (existsSync(`${file}-journal`)) {
      copyFileSync(`${file}-journal`, `${damagedCopy}-journal`);
      copyFileSync(`${file}-journal`, `${work}-journal`);
    }
    rmSync(fresh, { force: true });
    makeEmpty(fresh);
    fitPageCount(work);
    if (!hasSoundHeader(work) || !hasTables(work)) giveFirstPage(work);
    const counts = fill(fresh, readTables(work));
    rmSync(`${file}-journal`, { force: true });
    renameSync(fresh, file);
    replaced = true;
    return { damagedCopy, ...counts };
  } catch (cause) {
    throw fromSystemError(cause, file, 'Repairing the project');
  } finally {
    const copies = [work, emptyOf(work), ...(replaced ? [] : [fresh, damagedCopy])];
    for (const leftover of copies.flatMap((path) => [path, `${path}-journal`, `${path}.lock`]))
      rmSync(leftover, { recursive: true, force: true });
  }
}

const emptyOf = (work: string) => `${work}.empty`;

/** That of the latest format with which the tables are where it says: an older project may have no room for them all. */
function giveFirstPage(work: string): void {
  const empty = emptyOf(work);
  for (let version = formatVersion; version > 0; version--) {
    rmSync(empty, { force: true });
    makeEmpty(empty, version);
    takeFirstPage(empty, work);
    if (hasTables(work)) return;
  }
}

function makeEmpty(file: string, version: number = formatVersion): void {
  const db = new Sqlite(file, { readOnly: false });
  try {
    migrate(db, version);
  } finally {
    db.close();
  }
}

function fill(fresh: string, found: RescuedRows): Omit<RepairReport, 'damagedCopy'> {
  const db = new Sqlite(fresh, { readOnly: false });
  try {
    let unreadableMasks = 0;
    const recovered = { images: 0, classes: 0, objects: 0, changes: 0, automatic_runs: 0 };
    db.transaction(() => {
      for (const table of tables) {
        const columns = columnsOf(db, table);
        const whole = found[table].filter((row) => fits(row, columns));
        const rows = table === 'objects' ? whole.flatMap(withReadableMask) : whole;
        if (table === 'objects') unreadableMasks = found.objects.length - rows.length;
        // A project needs a class: the one that it is made with goes only when others take its place.
        if (table === 'classes' && rows.length > 0) db.exec('DELETE FROM classes');
        for (const row of rows) recovered[table] += insert(db, table, row, columns);
      }
      db.exec('UPDATE changes SET dead = 1');
      db.exec(
        'UPDATE objects SET class_id = (SELECT min(id) FROM classes) WHERE class_id NOT IN (SELECT id FROM classes)',
      );
      // An image that comes in later would get the number of a lost one, and these objects with it.
      const { changes } = db.run('DELETE FROM objects WHERE image_id NOT IN (SELECT id FROM images)');
      recovered.objects -= changes;
      db.exec('DELETE FROM automatic_runs WHERE id NOT IN (SELECT id FROM images)');
    });
    const { images, classes, objects, changes } = recovered;
    return { recovered: { images, classes, objects, changes }, unreadableMasks };
  } finally {
    db.close();
  }
}

interface Column {
  name: string;
  type: 'string' | 'number';
  nullable: boolean;
}

function columnsOf(db: Sqlite, table: string): Column[] {
  return db.all(`PRAGMA table_info(${table})`).map(({ name, type, notnull }) => ({
    name: name as string,
    type: type === 'TEXT' ? 'string' : 'number',
    nullable: notnull === 0,
  }));
}

/** A page that was overwritten can still be a page, of rows that never were. Values that are absent get their default. */
function fits(row: Row, columns: readonly Column[]): boolean {
  return columns.every(({ name, type, nullable }) => {
    const value = row[name];
    return value === undefined || typeof value === type || (value === null && nullable);
  });
}

/** 1, or 0 for a row whose number or path is there already. */
function insert(db: Sqlite, table: string, row: Row, columns: readonly Column[]): number {
  const kept = columns.map(({ name }) => name).filter((column) => row[column] !== undefined);
  const places = kept.map(() => '?').join(', ');
  return db.run(
    `INSERT OR IGNORE INTO ${table} (${kept.join(', ')}) VALUES (${places})`,
    kept.map((column) => row[column]!),
  ).changes;
}

/** The row with the box and area of its mask, whatever they were; nothing where the mask can't be read. */
function withReadableMask(row: Row): Row[] {
  let mask: Mask;
  try {
    mask = maskOfRow(row);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return [];
    throw error;
  }
  const { x, y, width, height } = mask;
  return width > 0 ? [{ ...row, x, y, width, height, area_px: maskArea(mask) }] : [];
}
