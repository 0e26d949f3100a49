import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * Threads that inference takes when nobody says: one for each physical core that this process may use. A second thread
 * on a core finds its arithmetic units taken, and only evicts the first one's cache.
 */
export function defaultThreads(): number {
  known ??= Math.max(1, Math.min(physicalCores() ?? Number.POSITIVE_INFINITY, availableParallelism(), quotaCores()));
  return known;
}

let known: number | null = null;

/** null where the system does not tell. */
function physicalCores(): number | null {
  switch (process.platform) {
    case 'linux':
      return coresOfTopology(siblingLists()) ?? coresOfCpuinfo(textOf('/proc/cpuinfo'));
    case 'darwin':
      return coresOfCount(outputOf('/usr/sbin/sysctl', ['-n', 'hw.physicalcpu']));
    case 'win32':
      return coresOfCount(outputOf('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', windowsQuery]));
    default:
      return null;
  }
}

const windowsQuery = '(Get-CimInstance Win32_Processor | Measure-Object NumberOfCores -Sum).Sum';

/** From the `thread_siblings_list` of every CPU ('0,4' or '0-1'): CPUs of one core have the same. */
export function coresOfTopology(siblings: readonly string[]): number | null {
  const cores = new Set(siblings.map((list) => list.trim()).filter((list) => list !== ''));
  return cores.size > 0 ? cores.size : null;
}

/** From /proc/cpuinfo: pairs of package and core. ARM's has none of these. */
export function coresOfCpuinfo(text: string): number | null {
  const cores = new Set<string>();
  for (const processor of text.split(/\n\s*\n/)) {
    const core = /^core id\s*:\s*(\d+)/m.exec(processor)?.[1];
    if (core === undefined) continue;
    cores.add(`${/^physical id\s*:\s*(\d+)/m.exec(processor)?.[1] ?? 0} ${core}`);
  }
  return cores.size > 0 ? cores.size : null;
}

/** From a program that prints nothing but the number. */
export function coresOfCount(text: string): number | null {
  const count = /^\s*(\d+)\s*$/.exec(text)?.[1];
  return count !== undefined && Number(count) > 0 ? Number(count) : null;
}

/** From cpu.max of a control group, 'QUOTA PERIOD' in µs: cores that a container may keep busy. */
export function coresOfQuota(text: string): number {
  const [, quota, period] = /^(\d+) (\d+)/.exec(text) ?? [];
  return quota && Number(period) > 0
    ? Math.max(1, Math.ceil(Number(quota) / Number(period)))
    : Number.POSITIVE_INFINITY;
}

function quotaCores(): number {
  return process.platform === 'linux' ? coresOfQuota(textOf('/sys/fs/cgroup/cpu.max')) : Number.POSITIVE_INFINITY;
}

function siblingLists(): string[] {
  const folder = '/sys/devices/system/cpu';
  try {
    return readdirSync(folder)
      .filter((name) => /^cpu\d+$/.test(name))
      .map((name) => textOf(`${folder}/${name}/topology/thread_siblings_list`));
  } catch {
    return [];
  }
}

/** Empty where it can't be read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Empty where it can't be had within a few seconds. */
function outputOf(program: string, args: string[]): string {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      timeout: 5000,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}
