import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, cpus, platform, release } from 'node:os';
import { join } from 'node:path';

/** What a trial's outcome rests on beside the model. Equal facts: the same outcome is to be expected. */
export type MachineFacts = Readonly<Record<string, string>>;

/** Variables that choose or hide devices and their drivers. */
const variables = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'CUDA_VISIBLE_DEVICES', 'NVIDIA_TF32_OVERRIDE'] as const;

/**
 * As far as Node can know them, in a few milliseconds: onnxruntime tells no adapter's name, so devices are told by what
 * their drivers leave in the file system. `threads` is the setting: a CPU with more of them is harder to outrun.
 */
export function machineFacts(env: Readonly<Record<string, string | undefined>>, threads: number | null): MachineFacts {
  const facts: Record<string, string> = {
    onnxruntime: onnxruntimeVersion(),
    system: `${platform()} ${release()} ${arch()}`,
    processor: `${cpus()[0]?.model.trim() ?? ''} × ${cpus().length}`,
    threads: threads === null ? 'auto' : String(threads),
  };
  for (const name of variables) if (env[name] !== undefined) facts[name] = env[name];
  return { ...facts, ...driverFacts(platform()) };
}

let version: string | null = null;

export function onnxruntimeVersion(): string {
  const require = createRequire(import.meta.url);
  version ??= (require('onnxruntime-node/package.json') as { version: string }).version;
  return version;
}

function driverFacts(system: NodeJS.Platform): Record<string, string> {
  switch (system) {
    case 'linux':
      return {
        nvidia: textOf('/proc/driver/nvidia/version').split('\n')[0] ?? '',
        cards: cards().join(' '),
        vulkan: ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d'].flatMap(stampsIn).join(' '),
      };
    case 'win32':
      // Every driver that is installed or updated adds a folder here.
      return {
        drivers: stampOf(join(process.env.SystemRoot ?? 'C:\\Windows', 'System32\\DriverStore\\FileRepository')),
      };
    default:
      // Of macOS, where drivers come with the system.
      return {};
  }
}

/** 'VENDOR:DEVICE' of every graphics card. */
function cards(): string[] {
  const folder = '/sys/class/drm';
  return namesIn(folder)
    .filter((name) => /^card\d+$/.test(name))
    .map((name) => `${textOf(join(folder, name, 'device/vendor'))}:${textOf(join(folder, name, 'device/device'))}`);
}

/** Names with their times: an update of a driver writes its manifest anew. */
function stampsIn(folder: string): string[] {
  return namesIn(folder).map((name) => `${name}@${stampOf(join(folder, name))}`);
}

function stampOf(path: string): string {
  try {
    return statSync(path).mtime.toISOString();
  } catch {
    return '';
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
