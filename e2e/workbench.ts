import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, test as base, _electron as electron, type Page } from '@playwright/test';
import { endProcess, launchChromium, root, startService } from './hosts.ts';

/** Real micrographs beside the repository (absent on most machines). */
export const realData = join(root, '..', 'shared', 'data');

export interface WorkbenchOptions {
  /** Electron's executable; null runs the loopback host in Chromium. */
  electronBinary: string | null;
}

export interface Workbench {
  page: Page;
  /** A folder of this test's own, with a space and letters beyond ASCII in its name. */
  folder: string;
  dataFolder: string;
  /** Calls the service as the page does. `path` begins with /api. */
  request(method: string, path: string, body?: unknown): Promise<{ status: number; bytes: Buffer }>;
  /** Process id of the service's host. */
  hostPid: number;
  /** Ends the host as a pulled plug would, starts it anew on the same data and opens the page again. */
  crashAndRestart(): Promise<void>;
}

interface Host {
  page: Page;
  pid: number;
  kill(): Promise<void>;
}

async function startLoopback(browser: Browser, dataFolder: string): Promise<Host> {
  const { address, child } = await startService(dataFolder);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(address);
  return {
    page,
    pid: child.pid!,
    async kill() {
      await context.close();
      await endProcess(child, 'SIGKILL');
    },
  };
}

async function startElectron(executablePath: string, dataFolder: string): Promise<Host> {
  const app = await electron.launch({
    executablePath,
    args: [root, '--no-sandbox'],
    env: { ...(process.env as Record<string, string>), LAMELLA_DATA: dataFolder },
  });
  const page = await app.firstWindow();
  return {
    page,
    pid: app.process().pid!,
    async kill() {
      await endProcess(app.process(), 'SIGKILL');
    },
  };
}

export const test = base.extend<WorkbenchOptions & { workbench: Workbench }, { sharedBrowser: Browser }>({
  electronBinary: [null, { option: true }],
  sharedBrowser: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads fixtures' names from this pattern.
    async ({}, use) => {
      const browser = await launchChromium();
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
  workbench: async ({ electronBinary, sharedBrowser }, use) => {
    const temporary = await mkdtemp(join(tmpdir(), 'lamella-e2e-'));
    const folder = join(temporary, 'Proben Gefüge 试样');
    const dataFolder = join(temporary, 'data');
    await mkdir(folder);
    const start = () =>
      electronBinary ? startElectron(electronBinary, dataFolder) : startLoopback(sharedBrowser, dataFolder);
    let host = await start();
    const workbench: Workbench = {
      get page() {
        return host.page;
      },
      get hostPid() {
        return host.pid;
      },
      folder,
      dataFolder,
      async request(method, path, body) {
        const answer = await host.page.evaluate(
          async ([method, path, body]) => {
            const response = await fetch(path!, {
              method: method!,
              ...(body ? { body, headers: { 'content-type': 'application/json' } } : {}),
            });
            const bytes = new Uint8Array(await response.arrayBuffer());
            let binary = '';
            for (const byte of bytes) binary += String.fromCharCode(byte);
            return { status: response.status, base64: btoa(binary) };
          },
          [method, path, body === undefined ? null : JSON.stringify(body)] as const,
        );
        return { status: answer.status, bytes: Buffer.from(answer.base64, 'base64') };
      },
      async crashAndRestart() {
        await host.kill();
        host = await start();
      },
    };
    await use(workbench);
    await host.kill();
    // The killed host's inference process ends a moment later and may still write into the cache.
    await rm(temporary, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  },
});

export { expect } from '@playwright/test';

/** Copies files into the test's own folder, so that nothing is written beside the originals. */
export async function copyInto(folder: string, files: readonly string[]): Promise<void> {
  for (const file of files) await cp(file, join(folder, file.split(/[\\/]/).at(-1)!));
}
