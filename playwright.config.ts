import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from '@playwright/test';
import type { WorkbenchOptions } from './e2e/workbench.ts';

/** Electron's package notes in path.txt where its binary lies, once that has been downloaded. */
function electronBinary(): string | null {
  const packageFolder = join(import.meta.dirname, 'node_modules', 'electron');
  const note = join(packageFolder, 'path.txt');
  if (!existsSync(note)) return null;
  const binary = join(packageFolder, 'dist', readFileSync(note, 'utf8').trim());
  return existsSync(binary) ? binary : null;
}

const electron = electronBinary();
if (!electron && !process.env.TEST_WORKER_INDEX) {
  console.log("Electron's binary is not here: the journeys run in Chromium against the loopback host only.");
}

export default defineConfig<WorkbenchOptions>({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  outputDir: 'test-results',
  timeout: 180_000,
  expect: { timeout: 30_000 },
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  projects: [
    { name: 'chromium', use: { electronBinary: null } },
    ...(electron ? [{ name: 'electron', use: { electronBinary: electron } }] : []),
  ],
});
