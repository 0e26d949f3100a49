import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Notice } from '../api/contract.ts';
import { fromSystemError, LamellaError } from '../errors.ts';
import type { Project } from './contract.ts';
import { isDamaged } from './damage.ts';
import { type LockOwner, takeLock } from './lock.ts';
import { type RepairReport, repairDatabase } from './repair.ts';
import { migrate, refuseNewer } from './schema.ts';
import { Sqlite } from './sqlite.ts';
import { takeSnapshot } from './snapshot.ts';
import { SpaceReserve } from './spaceReserve.ts';
import { ProjectStore } from './store.ts';

export type { EditContext, ImageRecord, ObjectRecord, Project } from './contract.ts';

const databaseName = 'project.lamella';

export function isProjectFolder(folder: string): boolean {
  return existsSync(join(folder, databaseName));
}

/**
 * Opens the project of a folder; makes it where there is none (unless `readOnly`). When another process has it for
 * writing, it is opened for reading with a notice. A damaged database is copied aside and rescued. Where the folder
 * can't be written to, `readOnly` opens a copy of the database as it is now.
 * @throws LamellaError file-unreadable (folder not writable), file-missing (`readOnly` and no project), disk-full,
 * project-damaged (made by a newer Lamella).
 */
export async function openProject(
  folder: string,
  options: { readOnly?: boolean; name?: string } = {},
): Promise<Project> {
  const root = resolve(folder);
  const file = join(root, databaseName);
  if (options.readOnly && !existsSync(file)) {
    throw new LamellaError('file-missing', `There is no project in ${root}.`, {
      path: root,
      remedy: `Name a folder that holds ${databaseName}.`,
    });
  }
  const name = options.name ?? basename(root);
  const notices: Notice[] = [];
  const cacheFolder = join(root, 'cache');
  const reserve = new SpaceReserve(cacheFolder);
  const lock = reserve.spend(() => lockFor(root, file, options.readOnly ?? false));
  if (lock === 'folder-read-only') return openSnapshot(root, file, name);
  if (!lock.taken) {
    if (lock.owner) notices.push(ownedNotice(root, lock.owner));
    const db = new Sqlite(file, { readOnly: true });
    return checked(db, () => {
      refuseNewer(db);
      return new ProjectStore({ folder: root, name, db, writable: false, notices, release: () => undefined });
    });
  }
  try {
    mkdirSync(cacheFolder, { recursive: true });
    const db = reserve.spend(() => openForWriting(file, cacheFolder, reserve, notices));
    if (!options.readOnly) {
      return new ProjectStore({ folder: root, name, db, writable: true, notices, release: lock.release });
    }
    // Opening for writing rolled back what a killed process left half done; from here on it is only read.
    db.close();
    lock.release();
    const reader = new Sqlite(file, { readOnly: true });
    return new ProjectStore({ folder: root, name, db: reader, writable: false, notices, release: () => undefined });
  } catch (error) {
    lock.release();
    throw fromSystemError(error, root, 'Opening the project');
  }
}

/** Opens a copy of a project whose own folder can't be written to; it goes when the project is closed. */
function openSnapshot(root: string, file: string, name: string): Project {
  const snapshot = takeSnapshot(file);
  try {
    const notices: Notice[] = [];
    const cacheFolder = join(dirname(snapshot.file), 'cache');
    const db = openForWriting(snapshot.file, cacheFolder, new SpaceReserve(cacheFolder), notices);
    const rescues = notices.map((notice) => ({ ...notice, path: file, remedy: `${file} itself was not changed.` }));
    return new ProjectStore({ folder: root, name, db, writable: false, notices: rescues, release: snapshot.remove });
  } catch (error) {
    snapshot.remove();
    throw fromSystemError(error, file, 'Opening the project');
  }
}

/** Rescues a project's database even if it seems whole. */
export async function repairProject(folder: string): Promise<RepairReport> {
  const root = resolve(folder);
  const file = join(root, databaseName);
  if (!existsSync(file)) {
    throw new LamellaError('file-missing', `There is no project in ${root}.`, { path: root });
  }
  const lock = lockFor(root, file, false);
  if (lock === 'folder-read-only' || !lock.taken) {
    throw new LamellaError('project-locked', `${root} is open in another program.`, {
      path: root,
      remedy: 'Close it there first.',
    });
  }
  try {
    return repairDatabase(file, join(root, 'cache'));
  } finally {
    lock.release();
  }
}

type Lock = { taken: true; release(): void } | { taken: false; owner: LockOwner | null } | 'folder-read-only';

function lockFor(root: string, file: string, readOnly: boolean): Lock {
  try {
    accessSync(root, constants.W_OK);
    const lock = takeLock(join(root, 'project.lock'), file);
    return !lock.taken && readOnly ? { taken: false, owner: null } : lock;
  } catch (cause) {
    const error = fromSystemError(cause, root, 'Opening the project');
    if (readOnly && error.code === 'file-unreadable' && existsSync(file)) return 'folder-read-only';
    throw error;
  }
}

function openForWriting(file: string, cacheFolder: string, reserve: SpaceReserve, notices: Notice[]): Sqlite {
  const emptied = existsSync(file) && statSync(file).size === 0;
  if (emptied || (existsSync(file) && isDamaged(file))) {
    notices.push(rescueNotice(file, repairDatabase(file, cacheFolder)));
  }
  const db = new Sqlite(file, { readOnly: false, reserve });
  return checked(db, () => {
    refuseNewer(db);
    migrate(db);
    return db;
  });
}

function checked<T>(db: Sqlite, work: () => T): T {
  try {
    return work();
  } catch (error) {
    db.close();
    throw error;
  }
}

function ownedNotice(folder: string, owner: LockOwner): Notice {
  return {
    level: 'warning',
    message: `This project is open elsewhere (computer ${owner.host}, process ${owner.pid}, since ${owner.since}): it can be looked at, not changed.`,
    path: folder,
    remedy: `Close it there and open it again here. If that computer has crashed, delete ${join(folder, 'project.lock')}.`,
  };
}

function rescueNotice(file: string, { damagedCopy, recovered, unreadableMasks }: RepairReport): Notice {
  const { images, classes, objects } = recovered;
  const lost = unreadableMasks > 0 ? ` ${unreadableMasks} objects had masks that could not be read.` : '';
  return {
    level: 'warning',
    message: `The project file was damaged. Rescued: ${images} images, ${classes} classes, ${objects} objects.${lost} Undo starts anew.`,
    path: file,
    remedy: `The damaged file is kept as ${damagedCopy}.`,
  };
}
