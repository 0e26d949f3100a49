import type { Edit } from '../api/contract.ts';
import { LamellaError } from '../errors.ts';
import type { ChangeRecorder } from './changes.ts';
import type { EditContext } from './contract.ts';
import type { Row, Sqlite } from './sqlite.ts';

export type Of<T extends Edit['type']> = Extract<Edit, { type: T }>;

/** What an edit is written with. */
export interface EditScope {
  db: Sqlite;
  recorder: ChangeRecorder;
  context: EditContext;
  author: string;
}

/** The first object that is accepted starts the work on an image. */
export function startWork(image: Row, recorder: ChangeRecorder): void {
  if (image.state === 'not-started') recorder.put('images', image.id as number, { ...image, state: 'in-work' });
}

export function existing(db: Sqlite, table: 'objects' | 'classes' | 'images', id: number): Row {
  const row = db.get(`SELECT * FROM ${table} WHERE id = ?`, [id]);
  if (row) return row;
  const what = { objects: 'Object', classes: 'Class', images: 'Image' }[table];
  throw new LamellaError('not-found', `${what} ${id} is not in this project (any more).`);
}

export function existingRows(db: Sqlite, ids: readonly number[]): Row[] {
  return [...new Set(ids)].map((id) => existing(db, 'objects', id));
}

export function unlockedRows(db: Sqlite, ids: readonly number[], doing: string): Row[] {
  const rows = existingRows(db, ids);
  const locked = rows.filter((row) => row.locked === 1).map((row) => row.id);
  if (locked.length > 0) throw refused(`Locked, can't ${doing}: object ${locked.join(', ')}.`, 'Unlock first.');
  return rows;
}

export function counted(n: number): string {
  return n === 1 ? 'object' : `${n} objects`;
}

export function refused(message: string, remedy: string): LamellaError {
  return new LamellaError('edit-refused', message, { remedy });
}
