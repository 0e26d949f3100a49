import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface ProcessMemory {
  pid: number;
  parent: number;
  command: string;
  /** Resident set, MiB; shared pages count in every process that maps them. */
  residentMiB: number;
}

/** All processes below `root`, itself included, from /proc; empty where there is no /proc. */
export function processTree(root: number): ProcessMemory[] {
  if (!existsSync('/proc/self/status')) return [];
  const all: ProcessMemory[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const memory = readProcess(Number(entry));
    if (memory) all.push(memory);
  }
  const wanted = new Set([root]);
  for (let grown = true; grown;) {
    const before = wanted.size;
    for (const { pid, parent } of all) if (wanted.has(parent)) wanted.add(pid);
    grown = wanted.size > before;
  }
  return all.filter(({ pid }) => wanted.has(pid));
}

/** null where the process has ended, or there is no /proc. */
export function readProcess(pid: number): ProcessMemory | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    return { pid, parent: field('PPid'), command, residentMiB: field('VmRSS') / 1024 };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}
