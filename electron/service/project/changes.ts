import type { Changed, ChangeView, ClassView, HistoryView, ImageView, ObjectView } from '../api/contract.ts';
import { classOfRow, imageOfRow, objectOfRow } from './rows.ts';
import type { Row, Sqlite } from './sqlite.ts';

/** Tables whose rows edits may change; of images only the state is the edits' business. */
export type EditedTable = 'objects' | 'classes' | 'images' | 'automatic_runs';

/** One row before and after: null where it was or is not there. The list of them is an edit's invertible delta. */
export interface RowChange {
  table: EditedTable;
  id: number;
  before: Row | null;
  after: Row | null;
}

/**
 * Writes rows within one transaction and keeps what they were. Undo and redo write through the same recorder, so that
 * an edit, its undo and the event to other windows are one kind of value.
 */
export class ChangeRecorder {
  readonly seq: number;
  readonly #db: Sqlite;
  readonly #folder: string;
  readonly #changes = new Map<string, RowChange>();
  readonly #imagesBefore = new Map<number, ImageView>();

  constructor(db: Sqlite, folder: string) {
    this.#db = db;
    this.#folder = folder;
    this.seq = nextSeq(db);
  }

  /** Writes `after` in the place of the row (null deletes it). An object's mask gets a new revision when it changes. */
  put(table: EditedTable, id: number, after: Row | null): void {
    if (table === 'images') return this.#putImageState(id, after);
    this.#write(table, id, this.#db.get(`SELECT * FROM ${table} WHERE id = ?`, [id]), after);
  }

  #write(table: EditedTable, id: number, before: Row | null, after: Row | null): void {
    if (table === 'objects') this.#noteImage((before?.image_id ?? after?.image_id) as number);
    const written =
      table === 'objects' && after && before?.rle !== after.rle ? { ...after, mask_revision: this.seq } : after;
    if (written === null) this.#db.run(`DELETE FROM ${table} WHERE id = ?`, [id]);
    else writeRow(this.#db, table, written);
    this.#keep({ table, id, before, after: written });
  }

  /** What looking at the file gave (facts, problem, display range) is no edit: only the state goes into the delta. */
  #putImageState(id: number, after: Row | null): void {
    this.#noteImage(id);
    const before = this.#db.get('SELECT id, state FROM images WHERE id = ?', [id]);
    if (!before || !after) return;
    this.#db.run('UPDATE images SET state = ? WHERE id = ?', [after.state!, id]);
    this.#keep({ table: 'images', id, before, after: { id, state: after.state! } });
  }

  #keep(change: RowChange): void {
    const key = `${change.table} ${change.id}`;
    const earlier = this.#changes.get(key);
    this.#changes.set(key, earlier ? { ...change, before: earlier.before } : change);
  }

  /** Inserts a row with an id of the database's choice, never used before, and returns it. */
  insert(table: EditedTable, row: Row): number {
    const last = this.#db.get('SELECT seq FROM sqlite_sequence WHERE name = ?', [table])?.seq ?? 0;
    const id = (last as number) + 1;
    this.#write(table, id, null, { id, ...row });
    return id;
  }

  get changes(): RowChange[] {
    return [...this.#changes.values()];
  }

  /** The change as everybody sees it. */
  view(label: string, history: HistoryView): ChangeView {
    const objects: Changed<ObjectView>[] = [];
    const classes: Changed<ClassView>[] = [];
    for (const { table, before, after } of this.changes) {
      if (table === 'objects')
        objects.push({ before: before && objectOfRow(before), after: after && objectOfRow(after) });
      if (table === 'classes')
        classes.push({ before: before && classOfRow(before), after: after && classOfRow(after) });
    }
    const images = [...this.#imagesBefore].map(([id, before]) => ({ before, after: this.#imageView(id) }));
    return { seq: this.seq, label, objects, classes, images, history };
  }

  #noteImage(id: number): void {
    if (this.#imagesBefore.has(id)) return;
    const view = this.#imageView(id);
    if (view) this.#imagesBefore.set(id, view);
  }

  #imageView(id: number): ImageView | null {
    const row = countedImage(this.#db, id);
    return row && imageOfRow(row, this.#folder, row.object_count as number);
  }
}

/** Writes a row in the place of the one with its id. */
export function writeRow(db: Sqlite, table: EditedTable, row: Row): void {
  const columns = Object.keys(row);
  db.run(
    `INSERT OR REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    Object.values(row),
  );
}

/** An image with the number of its accepted objects as `object_count`, in one query: each takes SQLite's lock. */
export function countedImage(db: Sqlite, id: number): Row | null {
  return db.get(
    `SELECT *, (SELECT count(*) FROM objects WHERE image_id = images.id AND state = 'accepted') AS object_count
     FROM images WHERE id = ?`,
    [id],
  );
}

export function lastSeq(db: Sqlite): number {
  return (db.get('SELECT max(seq) AS seq FROM changes')?.seq as number | null) ?? 0;
}

function nextSeq(db: Sqlite): number {
  return lastSeq(db) + 1;
}
