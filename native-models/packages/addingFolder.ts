import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/**
 * A model is made in a folder of its own beside the finished ones, `.adding-HOST-PID-…`, and renamed when it is whole:
 * there is never half a package. The dot keeps it from being found; host and process tell whether its maker still is
 * at work.
 */
const prefix = '.adding-';
/** Of another computer (a home folder on a share) nobody here can tell whether its process runs. */
const foreignAgeMs = 24 * 3600_000;
const host = hostname().replace(/[^A-Za-z0-9]/g, '') || 'host';

/** Makes an empty one, and `models` itself where it is missing. Throws what the file system throws. */
export async function makeAddingFolder(models: string): Promise<string> {
  await mkdir(models, { recursive: true });
  await removeLeftovers(models);
  const folder = join(models, `${prefix}${host}-${process.pid}-${randomUUID().slice(0, 8)}`);
  await mkdir(folder);
  return folder;
}

/** Folders whose maker ended before it was done. What can't be removed stays: it harms nobody. */
export async function removeLeftovers(models: string): Promise<void> {
  for (const name of await readdir(models).catch(() => [])) {
    const [, maker, pid] = /^\.adding-([A-Za-z0-9]+)-(\d+)-/.exec(name) ?? [];
    if (maker === undefined) continue;
    const folder = join(models, name);
    const left = maker === host ? !isRunning(Number(pid)) : await isOlderThan(folder, foreignAgeMs);
    if (left) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, and is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function isOlderThan(path: string, ageMs: number): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > ageMs;
  } catch {
    return false;
  }
}
