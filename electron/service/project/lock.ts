import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { fromSystemError } from '../errors.ts';

/** Who has a project for writing; the content of `project.lock`. */
export interface LockOwner {
  pid: number;
  host: string;
  /** ISO time. */
  since: string;
  /** Start of the process in clock ticks since boot (Linux), so that a reused process id is not taken for the owner. */
  processStart: string | null;
}

export type LockResult = { taken: true; release(): void } | { taken: false; owner: LockOwner };

/**
 * Takes the lock file for this process. A lock whose process has ended on this computer is stale and is taken over,
 * along with what SQLite's own lock left behind (`databaseFile`.lock). Synchronous, so that two opens within one
 * process can't both win.
 */
export function takeLock(lockFile: string, databaseFile: string): LockResult {
  const own: LockOwner = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    processStart: startOf(process.pid),
  };
  for (;;) {
    if (writeNew(lockFile, JSON.stringify(own))) {
      // Nobody else can be writing now: what a killed process left of SQLite's lock is void.
      rmSync(`${databaseFile}.lock`, { recursive: true, force: true });
      return { taken: true, release: () => rmSync(lockFile, { force: true }) };
    }
    const owner = readOwner(lockFile);
    if (owner && !isStale(owner)) return { taken: false, owner };
    removeStale(lockFile);
  }
}

/** Another process may have taken the project since the lock was looked at: then it gets its lock back. */
function removeStale(lockFile: string): void {
  const aside = `${lockFile}.${process.pid}`;
  try {
    renameSync(lockFile, aside);
    const owner = readOwner(aside);
    if (owner && !isStale(owner)) renameSync(aside, lockFile);
    else rmSync(aside, { force: true });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw fromSystemError(cause, lockFile, 'Opening the project');
  }
}

/** False when the file is there already. */
function writeNew(lockFile: string, text: string): boolean {
  let handle: number;
  try {
    handle = openSync(lockFile, 'wx');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw fromSystemError(cause, lockFile, 'Opening the project');
  }
  try {
    writeSync(handle, text);
  } catch (cause) {
    rmSync(lockFile, { force: true });
    throw fromSystemError(cause, lockFile, 'Opening the project');
  } finally {
    closeSync(handle);
  }
  return true;
}

/** null for a lock file that vanished or that holds no owner (its writer died between creating and writing it). */
function readOwner(lockFile: string): LockOwner | null {
  try {
    const text = readFileSync(lockFile, 'utf8');
    // An empty file is being written at this moment, unless it is old.
    if (text === '' && Date.now() - statSync(lockFile).mtimeMs < 2000) {
      return { pid: -1, host: hostname(), since: new Date().toISOString(), processStart: null };
    }
    return JSON.parse(text) as LockOwner;
  } catch (cause) {
    if (cause instanceof SyntaxError || (cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fromSystemError(cause, lockFile, 'Opening the project');
  }
}

function isStale(owner: LockOwner): boolean {
  if (owner.host !== hostname() || owner.pid < 0) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (cause) {
    // EPERM: it lives, under another user.
    return (cause as NodeJS.ErrnoException).code === 'ESRCH';
  }
  const start = startOf(owner.pid);
  return owner.processStart !== null && start !== null && start !== owner.processStart;
}

/** Field 22 of /proc/<pid>/stat (proc(5)); the name in field 2 may hold spaces and brackets. */
function startOf(pid: number): string | null {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return null;
  const stat = readFileSync(file, 'utf8');
  return (
    stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .at(19) ?? null
  );
}
