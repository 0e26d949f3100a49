import { rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import sqlite3 from 'node-sqlite3-wasm';
import { LamellaError } from '../errors.ts';
import { isFull, type SpaceReserve } from './spaceReserve.ts';

// A CommonJS module whose names Node can't see from outside.
const { Database } = sqlite3;

export type Value = number | string | null;
export type Row = Record<string, Value>;

/** How long a connection waits for another one's transaction, in steps of a few milliseconds. */
const busyWaitMs = 4000;

/**
 * One connection to a project's database. Errors are LamellaErrors about the file. The library takes its lock (a
 * folder beside the file) for single transactions only, so that a reader and the one writer take turns; a connection
 * that finds it taken waits.
 */
export class Sqlite {
  readonly file: string;
  readonly #db: InstanceType<typeof Database>;
  readonly #readOnly: boolean;
  readonly #reserve: SpaceReserve | null;

  /** A connection for writing is opened only by who holds the project's lock. */
  constructor(file: string, options: { readOnly: boolean; reserve?: SpaceReserve }) {
    this.file = file;
    this.#readOnly = options.readOnly;
    this.#reserve = options.reserve ?? null;
    try {
      this.#db = new Database(file, { readOnly: options.readOnly, fileMustExist: false });
    } catch (cause) {
      throw this.#error(cause);
    }
    if (!options.readOnly) this.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF');
  }

  exec(sql: string): void {
    this.#try(() => this.#db.exec(sql));
  }

  run(sql: string, values: Value[] = []): { changes: number; lastId: number } {
    return this.#try(() => {
      const { changes, lastInsertRowid } = this.#db.run(sql, values);
      return { changes, lastId: Number(lastInsertRowid) };
    });
  }

  all(sql: string, values: Value[] = []): Row[] {
    return this.#read(() => this.#db.all(sql, values) as Row[]);
  }

  get(sql: string, values: Value[] = []): Row | null {
    return this.#read(() => this.#db.get(sql, values) as Row | null);
  }

  /** All or nothing; returns after the commit is on the disk. */
  transaction<T>(work: () => T): T {
    this.#reserve?.keep();
    this.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  /** Reading takes the lock too, which takes space. */
  #read<T>(work: () => T): T {
    const once = () => this.#try(work);
    return this.#reserve && !this.#db.inTransaction ? this.#reserve.spend(once) : once();
  }

  #try<T>(work: () => T): T {
    const until = Date.now() + busyWaitMs;
    let holder: string | null = null;
    for (;;) {
      try {
        return work();
      } catch (cause) {
        if (!isBusy(cause) || this.#db.inTransaction) throw this.#error(cause);
        holder ??= this.#lockHolder();
        if (Date.now() >= until && !this.#voidLockOf(holder)) throw this.#error(cause);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      }
    }
  }

  /** What tells one taking of SQLite's lock from the next. */
  #lockHolder(): string | null {
    const lock = statSync(`${this.file}.lock`, { bigint: true, throwIfNoEntry: false });
    return lock ? `${lock.ino} ${lock.mtimeNs}` : null;
  }

  /**
   * A reader that was killed leaves the lock behind for ever. The one writer may take it away when it stayed the same
   * all the time: no statement of a living reader lasts that long, and nobody else could write meanwhile.
   */
  #voidLockOf(holder: string | null): boolean {
    if (this.#readOnly || holder === null || this.#lockHolder() !== holder) return false;
    rmSync(`${this.file}.lock`, { recursive: true, force: true });
    return true;
  }

  #error(cause: unknown): LamellaError {
    if (cause instanceof LamellaError) return cause;
    const text = cause instanceof Error ? cause.message : String(cause);
    const path = this.file;
    // Without space SQLite's file access fails with the error of a broken disk.
    if (/disk is full/i.test(text) || (/disk i\/o/i.test(text) && isFull(dirname(path)))) {
      return new LamellaError('disk-full', `No space left to save ${path}.`, {
        path,
        remedy: 'Free some space on this drive and try again; everything shown as saved is safe.',
        cause,
      });
    }
    if (/locked|busy/i.test(text)) {
      return new LamellaError('project-locked', `Another program is using ${path}.`, {
        path,
        remedy: 'Close the other window or program that has this project open, then try again.',
        cause,
      });
    }
    if (/malformed|not a database|corrupt|file is encrypted|unsupported file format/i.test(text)) {
      return new LamellaError('project-damaged', `The project file ${path} is damaged: ${text}.`, {
        path,
        remedy: 'Open the project again: what can be read is rescued, and the damaged file is kept aside.',
        cause,
      });
    }
    if (/readonly|could not open|unable to open|disk i\/o/i.test(text)) {
      return new LamellaError('file-unreadable', `The project file ${path} can't be read or written: ${text}.`, {
        path,
        remedy: 'Check the rights of its folder and that the drive is connected.',
        cause,
      });
    }
    return new LamellaError('internal', `The project file ${path}: ${text}`, { path, cause });
  }
}

function isBusy(cause: unknown): boolean {
  return cause instanceof Error && /locked|busy/i.test(cause.message);
}
