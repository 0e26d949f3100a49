import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Rle } from '../../../native-models/masks/rle.ts';
import type {
  ChangeView,
  ClassView,
  DisplayRange,
  Edit,
  HistoryView,
  ImageView,
  ModelLook,
  Notice,
  ObjectView,
  PixelLength,
} from '../api/contract.ts';
import { LamellaError } from '../errors.ts';
import { ChangeRecorder, countedImage, lastSeq, type RowChange, writeRow } from './changes.ts';
import type { AutomaticRun, EditContext, ImageRecord, ObjectRecord, Project, ProposalBatch } from './contract.ts';
import { writeEdit } from './edits.ts';
import { runRow, writeProposals } from './proposalEdits.ts';
import {
  automaticRunOfRow,
  classOfRow,
  imageOfRow,
  objectOfRow,
  readMask,
  recordOfRow,
  rleOfRow,
  shownName,
  storedPath,
} from './rows.ts';
import type { Row, Sqlite } from './sqlite.ts';

type Found = Parameters<Project['updateImage']>[1];

interface StoreOptions {
  folder: string;
  name: string;
  db: Sqlite;
  writable: boolean;
  notices: Notice[];
  /** Gives the project's lock back. */
  release(): void;
}

/** The SQLite store behind {@link Project}: nothing is kept in memory that the database does not hold. */
export class ProjectStore implements Project {
  readonly folder: string;
  readonly name: string;
  readonly writable: boolean;
  readonly cacheFolder: string;
  readonly notices: Notice[];
  readonly #db: Sqlite;
  readonly #release: () => void;
  readonly #author = userInfo().username;

  constructor(options: StoreOptions) {
    this.folder = options.folder;
    this.name = options.name;
    this.writable = options.writable;
    this.notices = options.notices;
    this.cacheFolder = join(options.folder, 'cache');
    this.#db = options.db;
    this.#release = options.release;
  }

  seq(): number {
    return lastSeq(this.#db);
  }

  history(): HistoryView {
    return { undo: (this.#undoable()?.label as string) ?? null, redo: (this.#redoable()?.label as string) ?? null };
  }

  classes(): ClassView[] {
    return this.#db.all('SELECT * FROM classes ORDER BY id').map(classOfRow);
  }

  images(): ImageView[] {
    const counts = this.countObjects('accepted');
    return this.#db
      .all('SELECT * FROM images ORDER BY position, id')
      .map((row) => imageOfRow(row, this.folder, counts.get(row.id as number) ?? 0));
  }

  image(id: number): ImageRecord {
    const row = countedImage(this.#db, id);
    if (!row) throw noSuchImage(id);
    return recordOfRow(row, this.folder, row.object_count as number);
  }

  addImages(files: Parameters<Project['addImages']>[0]): ImageView[] {
    this.#requireWritable();
    const known = new Set(this.#db.all('SELECT path FROM images').map((row) => row.path as string));
    const unknown = new Map(files.map((file) => [storedPath(file.path, this.folder), file]));
    for (const path of known) unknown.delete(path);
    if (unknown.size === 0) return [];
    const added = this.#db.transaction(() => {
      const ids = [...unknown].map(([path, file]) => {
        const { lastId } = this.#db.run('INSERT INTO images (path, position) VALUES (?, 0)', [path]);
        this.#writeFound(lastId, file);
        return lastId;
      });
      this.#orderByName();
      return ids;
    });
    return added.map((id) => this.image(id).view);
  }

  updateImage(id: number, found: Found): ImageView {
    this.#requireWritable();
    this.#imageRow(id);
    this.#db.transaction(() => this.#writeFound(id, found));
    return this.image(id).view;
  }

  setDisplayRange(imageId: number, channel: number, range: DisplayRange | null): void {
    this.#requireWritable();
    const { 0: first, ...others } = { ...this.image(imageId).displayRanges, [channel]: range };
    const kept = Object.entries(others).filter(([, one]) => one !== null);
    this.#db.transaction(() => {
      this.#db.run('UPDATE images SET display_low = ?, display_high = ?, channel_ranges = ? WHERE id = ?', [
        first?.[0] ?? null,
        first?.[1] ?? null,
        kept.length === 0 ? null : JSON.stringify(Object.fromEntries(kept)),
        imageId,
      ]);
    });
  }

  setModelLook(imageId: number, look: ModelLook | null): void {
    this.#requireWritable();
    this.#imageRow(imageId);
    const stored = look && JSON.stringify(look);
    this.#db.transaction(() => this.#db.run('UPDATE images SET model_look = ? WHERE id = ?', [stored, imageId]));
  }

  setPixelSize(imageIds: readonly number[], pixelSize: PixelLength | null): void {
    this.#requireWritable();
    for (const id of imageIds) this.#imageRow(id);
    this.#db.transaction(() => {
      for (const id of imageIds) {
        this.#db.run('UPDATE images SET pixel_size = ?, pixel_unit = ? WHERE id = ?', [
          pixelSize?.size ?? null,
          pixelSize?.unit ?? null,
          id,
        ]);
      }
    });
  }

  imagesWithoutPixelSize(): number[] {
    return this.#db
      .all('SELECT * FROM images ORDER BY position, id')
      .map((row) => recordOfRow(row, this.folder, 0))
      .filter(({ facts, pixelSize }) => facts !== null && facts.pixelSize === null && pixelSize === null)
      .map(({ view }) => view.id);
  }

  objects(imageId: number): ObjectView[] {
    this.#imageRow(imageId);
    return this.#db.all('SELECT * FROM objects WHERE image_id = ? ORDER BY id', [imageId]).map(objectOfRow);
  }

  object(id: number): ObjectView {
    const row = this.#db.get('SELECT * FROM objects WHERE id = ?', [id]);
    if (!row) throw new LamellaError('not-found', `Object ${id} is not in this project (any more).`);
    return objectOfRow(row);
  }

  masks(imageId: number, ids: readonly number[] | null): ObjectRecord[] {
    this.#imageRow(imageId);
    const rows = ids
      ? this.#db.all(
          'SELECT * FROM objects WHERE id IN (SELECT value FROM json_each(?)) AND image_id = ? ORDER BY id',
          [JSON.stringify(ids), imageId],
        )
      : this.#db.all('SELECT * FROM objects WHERE image_id = ? ORDER BY id', [imageId]);
    return rows.map((row) => ({ view: objectOfRow(row), mask: readMask(row, this.#db.file) }));
  }

  countObjects(state: ObjectView['state']): Map<number, number> {
    const rows = this.#db.all('SELECT image_id, count(*) AS n FROM objects WHERE state = ? GROUP BY image_id', [state]);
    return new Map(rows.map((row) => [row.image_id as number, row.n as number]));
  }

  segmentations(imageId: number): { view: ObjectView; segmentation: Rle }[] {
    this.#imageRow(imageId);
    return this.#db
      .all('SELECT * FROM objects WHERE image_id = ? ORDER BY id', [imageId])
      .map((row) => ({ view: objectOfRow(row), segmentation: rleOfRow(row) }));
  }

  apply(edit: Edit, context: EditContext): ChangeView {
    return this.#edit((recorder) => writeEdit(edit, { db: this.#db, recorder, context, author: this.#author }));
  }

  addProposals(batch: ProposalBatch): ChangeView | null {
    const { imageId, proposals, replaced, run } = batch;
    if (proposals.length > 0 || replaced.length > 0) {
      return this.#edit((recorder) => writeProposals(batch, { db: this.#db, recorder, author: this.#author }));
    }
    this.#requireWritable();
    this.#imageRow(imageId);
    if (run) this.#db.transaction(() => writeRow(this.#db, 'automatic_runs', runRow(imageId, run, 0)));
    return null;
  }

  automaticRun(imageId: number): AutomaticRun | null {
    const row = this.#db.get('SELECT * FROM automatic_runs WHERE id = ?', [imageId]);
    return row && automaticRunOfRow(row);
  }

  undo(): ChangeView {
    return this.#change('undo', (recorder) => {
      const change = this.#undoable();
      if (!change) throw new LamellaError('edit-refused', 'There is nothing to undo.');
      for (const { table, id, before } of [...this.#deltaOf(change)].reverse()) recorder.put(table, id, before);
      this.#db.run('UPDATE changes SET undone = 1 WHERE seq = ?', [change.seq!]);
      return `undo ${change.label}`;
    });
  }

  redo(): ChangeView {
    return this.#change('redo', (recorder) => {
      const change = this.#redoable();
      if (!change) throw new LamellaError('edit-refused', 'There is nothing to redo.');
      for (const { table, id, after } of this.#deltaOf(change)) recorder.put(table, id, after);
      this.#db.run('UPDATE changes SET undone = 0 WHERE seq = ?', [change.seq!]);
      return `redo ${change.label}`;
    });
  }

  close(): void {
    this.#db.close();
    this.#release();
  }

  #edit(write: (recorder: ChangeRecorder) => string): ChangeView {
    return this.#change('edit', (recorder) => {
      const label = write(recorder);
      // A new edit ends the redo branch; its rows stay as audit trail.
      this.#db.run("UPDATE changes SET dead = 1 WHERE kind = 'edit' AND dead = 0 AND undone = 1");
      return label;
    });
  }

  /** One transaction: the rows, the change that describes them, and the view of both. */
  #change(kind: 'edit' | 'undo' | 'redo', write: (recorder: ChangeRecorder) => string): ChangeView {
    this.#requireWritable();
    return this.#db.transaction(() => {
      const recorder = new ChangeRecorder(this.#db, this.folder);
      const label = write(recorder);
      this.#db.run('INSERT INTO changes (seq, kind, label, delta, author, at) VALUES (?, ?, ?, ?, ?, ?)', [
        recorder.seq,
        kind,
        label,
        JSON.stringify(recorder.changes),
        this.#author,
        new Date().toISOString(),
      ]);
      return recorder.view(label, this.history());
    });
  }

  #undoable(): Row | null {
    return this.#db.get(
      "SELECT * FROM changes WHERE kind = 'edit' AND dead = 0 AND undone = 0 ORDER BY seq DESC LIMIT 1",
    );
  }

  #redoable(): Row | null {
    return this.#db.get(
      "SELECT * FROM changes WHERE kind = 'edit' AND dead = 0 AND undone = 1 ORDER BY seq ASC LIMIT 1",
    );
  }

  #deltaOf(change: Row): RowChange[] {
    try {
      return JSON.parse(change.delta as string) as RowChange[];
    } catch (cause) {
      throw new LamellaError('project-damaged', `The step "${change.label}" in ${this.#db.file} can't be read.`, {
        path: this.#db.file,
        remedy: 'Rescue the project with `lamella repair`: the objects stay, undo starts anew.',
        cause,
      });
    }
  }

  #imageRow(id: number): Row {
    const row = this.#db.get('SELECT * FROM images WHERE id = ?', [id]);
    if (!row) throw noSuchImage(id);
    return row;
  }

  /** Size and hash of a file that can't be read now stay as they were, so that its objects keep their plane. */
  #writeFound(id: number, { sha256, facts, problem }: Found): void {
    this.#db.run('UPDATE images SET problem = ? WHERE id = ?', [problem && JSON.stringify(problem), id]);
    if (!facts) return;
    this.#db.run('UPDATE images SET sha256 = ?, facts = ?, width_px = ?, height_px = ? WHERE id = ?', [
      sha256,
      JSON.stringify(facts),
      facts.widthPx,
      facts.heightPx,
      id,
    ]);
  }

  #orderByName(): void {
    const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
    this.#db
      .all('SELECT id, path FROM images')
      .map((row) => ({ id: row.id!, name: shownName(row.path as string) }))
      .sort((a, b) => byName.compare(a.name, b.name))
      .forEach((row, position) => {
        this.#db.run('UPDATE images SET position = ? WHERE id = ?', [position, row.id]);
      });
  }

  #requireWritable(): void {
    if (this.writable) return;
    throw new LamellaError('project-locked', `${this.folder} is open for reading only.`, {
      path: this.folder,
      remedy: 'Close the other window or program that has this project open, then open it again.',
    });
  }
}

function noSuchImage(id: number): LamellaError {
  return new LamellaError('not-found', `Image ${id} is not in this project.`);
}
