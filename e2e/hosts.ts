import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, chromium } from '@playwright/test';

/** The repository, seen from where the journeys and the benchmark run. */
export const root = process.cwd();

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.LAMELLA_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Starts `lamella serve` and resolves with its address (token included) once it is printed. */
export async function startService(
  dataFolder: string,
  project: string | null = null,
): Promise<{ address: string; child: ChildProcess }> {
  const child = spawn(
    process.execPath,
    [join(root, 'dist', 'cli.mjs'), 'serve', ...(project ? [project] : []), '--port', '0', '--no-open'],
    { env: { ...process.env, LAMELLA_DATA: dataFolder }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return { address: await printedAddress(child), child };
}

/** The first loopback address that a process prints. */
export async function printedAddress(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const address = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(line)?.[0];
    if (address) return address;
  }
  throw new Error('the host ended before it printed its address');
}

export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
