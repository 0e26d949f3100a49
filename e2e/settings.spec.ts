import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { SettingsView } from '../electron/service/api/settings.ts';
import { root } from './hosts.ts';
import { clickImage, newCandidates, waitForEmbedding } from './steps.ts';
import { expect, test, type Workbench } from './workbench.ts';

const row = (page: Page, provider: string) => page.locator(`[data-testid="device-row"][data-provider="${provider}"]`);

/** By the device's name in the status bar. */
async function openSettings(page: Page): Promise<void> {
  await page.getByTestId('device-text').click();
  await expect(page.getByTestId('settings-dialog')).toBeVisible();
}

async function closeSettings(page: Page): Promise<void> {
  await page.getByTestId('settings-close').click();
  await expect(page.getByTestId('settings-dialog')).toHaveCount(0);
}

async function settingsOf(workbench: Workbench): Promise<SettingsView> {
  const { bytes } = await workbench.request('GET', '/api/settings');
  return JSON.parse(bytes.toString('utf8')) as SettingsView;
}

/** The trials of a first start are over, whatever came of them on this computer. */
async function waitForTrials(workbench: Workbench): Promise<void> {
  await expect
    .poll(async () => (await settingsOf(workbench)).triedAt, { timeout: 120_000, message: 'devices are tried' })
    .not.toBe(null);
}

test('a first start works on the CPU at once, and tells what was tried beside it', async ({ workbench }) => {
  const { page } = workbench;
  await waitForEmbedding(page);
  await expect(page.getByTestId('device-text')).toContainText(/\w/);
  await openSettings(page);
  await waitForTrials(workbench);
  await expect(page.getByTestId('settings-tried')).toContainText('Tried with lamella-v3');
  await expect(page.locator('[data-testid="device-row"][data-state="in-use"]')).toHaveCount(1);
  const { devices } = await settingsOf(workbench);
  for (const { provider, state, reason } of devices.filter(({ state }) => state === 'passed-over')) {
    await expect(row(page, provider)).toHaveAttribute('data-state', state);
    await expect(row(page, provider)).toContainText(reason!, { ignoreCase: true });
  }
  const figures = page.getByTestId('settings-figures');
  await expect(figures).toContainText('lamella-v3');
  await expect(figures).toContainText('MiB');

  const before = (await settingsOf(workbench)).triedAt;
  await page.getByTestId('settings-retry').click();
  await expect.poll(async () => (await settingsOf(workbench)).triedAt, { timeout: 120_000 }).not.toBe(before);
  await closeSettings(page);
});

test('a forced device and threads hold after a restart; prompts go on', async ({ workbench }) => {
  await waitForEmbedding(workbench.page);
  await workbench.page.keyboard.press('Control+,');
  await workbench.page.getByTestId('settings-provider').selectOption('cpu');
  await expect(workbench.page.getByTestId('settings-provider')).toBeEnabled();
  await workbench.page.getByTestId('settings-threads').selectOption('1');
  await expect(workbench.page.getByTestId('settings-figures')).toContainText('CPU (1 thread)');
  await closeSettings(workbench.page);
  await clickImage(workbench.page, { x: 300, y: 300 });
  await newCandidates(workbench.page);

  await workbench.crashAndRestart();
  await workbench.page.getByTestId('recent-project').first().click();
  await expect(workbench.page.getByTestId('device-text')).toContainText('CPU (1 thread)');
  await openSettings(workbench.page);
  await expect(workbench.page.getByTestId('settings-provider')).toHaveValue('cpu');
  await expect(workbench.page.getByTestId('settings-threads')).toHaveValue('1');
});

test('a forced device that can’t be had is told, replaced by none, and left again', async ({ workbench }) => {
  const { page } = workbench;
  await waitForEmbedding(page);
  const { devices } = await settingsOf(workbench);
  const missing = devices.find(({ available }) => !available)?.provider ?? 'dml';
  await workbench.request('PUT', '/api/settings', { provider: missing, threads: null });
  await expect(page.getByTestId('device-line')).toContainText("can't be opened");
  await openSettings(page);
  await expect(page.getByTestId('settings-failure')).toContainText(missing);
  await page.getByTestId('settings-provider').selectOption('auto');
  await expect(page.getByTestId('settings-failure')).toHaveCount(0);
  await expect(page.getByTestId('device-line')).toContainText(/lamella-v3 · \S/);
});

test('settings that can’t be understood are told, and mended by the next choice', async ({ workbench }) => {
  await waitForEmbedding(workbench.page);
  await writeFile(join(workbench.dataFolder, 'settings.json'), '{"provider": "abacus", "threads": 1}');
  await workbench.crashAndRestart();
  await workbench.page.getByTestId('recent-project').first().click();
  await openSettings(workbench.page);
  await expect(workbench.page.getByTestId('settings-problem')).toContainText('provider');
  await expect(workbench.page.getByTestId('settings-threads')).toHaveValue('1');
  await workbench.page.getByTestId('settings-provider').selectOption('cpu');
  await expect(workbench.page.getByTestId('settings-problem')).toHaveCount(0);
});

for (const theme of ['light', 'dark'] as const) {
  test(`the dialog in the ${theme} theme`, async ({ workbench }) => {
    const { page } = workbench;
    await page.emulateMedia({ colorScheme: theme });
    await waitForEmbedding(page);
    await clickImage(page, { x: 300, y: 300 });
    await newCandidates(page);
    await page.getByTestId('settings').click();
    await waitForTrials(workbench);
    const shoot = (name: string) =>
      page.screenshot({
        path: join(root, 'test-results', 'screens', `${theme}-settings-${name}.png`),
        animations: 'disabled',
      });
    await expect(page.getByTestId('settings-tried')).toContainText('Tried with');
    await shoot('1-tried');
    await workbench.request('PUT', '/api/settings', { provider: 'dml', threads: 1 });
    await expect(page.getByTestId('settings-failure')).toBeVisible();
    await shoot('2-failed');
  });
}
