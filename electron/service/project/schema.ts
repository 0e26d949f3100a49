import { LamellaError } from '../errors.ts';
import type { Sqlite } from './sqlite.ts';

/** Version of the tables below, kept in `meta`. A newer Lamella raises it and adds a migration. */
export const formatVersion = 5;

/** migrations[v] brings a database of version v to v + 1; version 0 is an empty file. */
const migrations: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE classes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    color TEXT NOT NULL,
    key TEXT
  );
  CREATE TABLE images (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    position INTEGER NOT NULL,
    sha256 TEXT,
    width_px INTEGER NOT NULL DEFAULT 0,
    height_px INTEGER NOT NULL DEFAULT 0,
    facts TEXT,
    problem TEXT,
    display_low REAL,
    display_high REAL,
    group_name TEXT,
    state TEXT NOT NULL DEFAULT 'not-started'
  );
  CREATE TABLE objects (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    image_id INTEGER NOT NULL,
    c INTEGER,
    z INTEGER NOT NULL DEFAULT 0,
    t INTEGER NOT NULL DEFAULT 0,
    class_id INTEGER NOT NULL,
    state TEXT NOT NULL,
    rle TEXT NOT NULL,
    plane_height INTEGER NOT NULL,
    plane_width INTEGER NOT NULL,
    x INTEGER NOT NULL, y INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    area_px INTEGER NOT NULL,
    mask_revision INTEGER NOT NULL,
    hidden INTEGER NOT NULL DEFAULT 0,
    locked INTEGER NOT NULL DEFAULT 0,
    predicted_iou REAL,
    stability REAL,
    prompts TEXT,
    model TEXT,
    author TEXT,
    created_at TEXT NOT NULL,
    attributes TEXT,
    comments TEXT
  );
  CREATE INDEX objects_of_image ON objects (image_id, id);
  CREATE INDEX objects_of_class ON objects (class_id);
  CREATE TABLE changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    delta TEXT NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0,
    dead INTEGER NOT NULL DEFAULT 0,
    author TEXT,
    at TEXT NOT NULL
  );
  CREATE INDEX changes_of_history ON changes (kind, dead, undone, seq);
  INSERT INTO classes (name, color, key) VALUES ('Object', '#2d9d78', NULL);
  `,
  // How an object was proposed, as JSON, and the last automatic run of each image: its id is the image's.
  `
  ALTER TABLE objects ADD COLUMN proposal TEXT;
  CREATE TABLE automatic_runs (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,
    display_low REAL,
    display_high REAL,
    model TEXT NOT NULL,
    preset TEXT NOT NULL,
    proposals INTEGER NOT NULL,
    at TEXT NOT NULL
  );
  `,
  // The pixel size that was set by hand; the file's own one stays in the facts.
  `
  ALTER TABLE images ADD COLUMN pixel_size REAL;
  ALTER TABLE images ADD COLUMN pixel_unit TEXT;
  `,
  // Display ranges of the channels behind the first, as JSON: {"1": [low, high], …}.
  `
  ALTER TABLE images ADD COLUMN channel_ranges TEXT;
  `,
  // What the model is shown of an image, as JSON; NULL: its plane as it is.
  `
  ALTER TABLE images ADD COLUMN model_look TEXT;
  `,
];

/** Version of an opened database: 0 for an empty one. */
export function versionOf(db: Sqlite): number {
  const table = db.get("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'meta'");
  if (!table) return 0;
  return Number(db.get("SELECT value FROM meta WHERE key = 'format_version'")?.value ?? 0);
}

/** Brings the database to {@link formatVersion} (tests: to an earlier one), one transaction a step. */
export function migrate(db: Sqlite, to: number = formatVersion): void {
  for (let version = versionOf(db); version < to; version++) {
    db.transaction(() => {
      db.exec(migrations[version]!);
      db.run('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', ['format_version', String(version + 1)]);
    });
  }
}

/** @throws LamellaError project-damaged for a database of a later format than this program knows. */
export function refuseNewer(db: Sqlite): void {
  const version = versionOf(db);
  if (version <= formatVersion) return;
  throw new LamellaError(
    'project-damaged',
    `${db.file} was made by a newer Lamella (format ${version}, this one reads up to ${formatVersion}).`,
    { path: db.file, remedy: 'Open it with the newer version; nothing was changed.' },
  );
}
