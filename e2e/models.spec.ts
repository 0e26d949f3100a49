import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { root } from './hosts.ts';
import { acceptAsObject, clickImage, currentProject, newCandidates, objectPlanes, waitForEmbedding } from './steps.ts';
import { expect, test, type Workbench } from './workbench.ts';

const embedded = join(root, 'native-models', 'embedded', 'lamella-v3');
const fixtures = join(root, '..', 'shared', 'fixtures');

const row = (page: Page, name: string) => page.locator(`[data-testid="model-row"][data-model="${name}"]`);

async function openModels(page: Page): Promise<void> {
  await page.getByTestId('model-text').click();
  await expect(page.getByTestId('models-dialog')).toBeVisible();
}

async function closeModels(page: Page): Promise<void> {
  await page.getByTestId('models-close').click();
  await expect(page.getByTestId('models-dialog')).toHaveCount(0);
}

/** Adds what lies at `path` and waits until it is in the list. */
async function addByPath(page: Page, path: string, name: string, config = ''): Promise<void> {
  await page.getByTestId('model-path').fill(path);
  await page.getByTestId('model-name').fill(name);
  await page.getByTestId('model-config').fill(config);
  await page.getByTestId('model-add').click();
  await expect(page.getByTestId('model-outcome')).toHaveAttribute('data-state', 'done', { timeout: 120_000 });
  await expect(row(page, name)).toBeVisible();
}

async function use(page: Page, name: string): Promise<void> {
  await row(page, name).getByTestId('model-use').click();
  await expect(row(page, name)).toHaveAttribute('data-chosen', 'true');
  await expect(page.getByTestId('device-line')).toContainText(new RegExp(`${name} · \\S`));
}

/** Makes an object by the model in use, goes back to the one that ships and removes the other again. */
async function promptAndRemove(workbench: Workbench, name: string): Promise<void> {
  const { page } = workbench;
  await closeModels(page);
  await expect(page.getByTestId('embedding-state')).toHaveAttribute('data-status', 'ready', { timeout: 90_000 });
  await clickImage(page, { x: 300, y: 300 });
  await newCandidates(page);
  await acceptAsObject(page);
  const { objects } = await objectPlanes(workbench, await currentProject(workbench));
  expect(objects.map(({ model }) => model)).toContain(name);

  await openModels(page);
  await expect(row(page, name).getByTestId('model-remove')).toBeDisabled();
  await use(page, 'lamella-v3');
  await row(page, name).getByTestId('model-remove').click();
  await page.getByTestId('model-remove-sure').click();
  await expect(row(page, name)).toHaveCount(0);
  await closeModels(page);
  await waitForEmbedding(page);
}

test('a package is added, verified, used and removed; the choice survives a restart', async ({ workbench }) => {
  await waitForEmbedding(workbench.page);
  await openModels(workbench.page);
  await addByPath(workbench.page, embedded, 'second');
  await row(workbench.page, 'second').getByTestId('model-verify').click();
  await expect(workbench.page.getByTestId('model-outcome')).toContainText('second is as it should be', {
    timeout: 60_000,
  });
  await use(workbench.page, 'second');

  await workbench.crashAndRestart();
  await workbench.page.getByTestId('recent-project').first().click();
  await expect(workbench.page.getByTestId('device-line')).toContainText(/second · \S/);
  await openModels(workbench.page);
  await promptAndRemove(workbench, 'second');
});

for (const name of ['sam-vit', 'mobile-sam', 'sam-hq', 'efficient-sam', 'sam2.1-hiera']) {
  test(`a checkpoint of ${name} becomes a model, gives candidates, and is removed`, async ({ workbench }) => {
    test.skip(!existsSync(fixtures), `The checkpoints are not on this machine: ${fixtures}`);
    const { page } = workbench;
    const config = join(fixtures, name, 'config.json');
    await waitForEmbedding(page);
    await openModels(page);
    await addByPath(page, join(fixtures, name, 'checkpoint.pt'), name, existsSync(config) ? config : '');
    await use(page, name);
    await promptAndRemove(workbench, name);
  });
}

test('what is no checkpoint is refused with the reason; a dropped one goes to the models', async ({ workbench }) => {
  const { page, folder } = workbench;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'note.pt'), 'no weights');
  await waitForEmbedding(page);
  await page.keyboard.press('Shift+M');
  await page.getByTestId('model-path').fill(join(folder, 'note.pt'));
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('model-outcome')).toHaveAttribute('data-state', 'failed');
  await expect(page.getByTestId('model-outcome')).toContainText('note.pt');
  await closeModels(page);

  const transfer = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(['no weights'], 'dropped.pt'));
    return data;
  });
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
  await expect(page.getByTestId('models-dialog')).toBeVisible();
  await expect(page.getByTestId('model-outcome')).toContainText('dropped.pt');
});

for (const theme of ['light', 'dark'] as const) {
  test(`the dialog in the ${theme} theme`, async ({ workbench }) => {
    const { page, dataFolder } = workbench;
    await page.emulateMedia({ colorScheme: theme });
    await mkdir(join(dataFolder, 'models', 'half'), { recursive: true });
    await writeFile(join(dataFolder, 'models', 'half', 'model.json'), '{"name": "half"');
    await waitForEmbedding(page);
    await openModels(page);
    await addByPath(page, embedded, 'second');
    const shoot = (name: string) =>
      page.screenshot({
        path: join(root, 'test-results', 'screens', `${theme}-models-${name}.png`),
        animations: 'disabled',
      });
    await shoot('1-added');
    await row(page, 'second').getByTestId('model-verify').click();
    await expect(page.getByTestId('model-outcome')).toContainText('as it should be', { timeout: 60_000 });
    await page.getByTestId('model-outcome').locator('summary').click();
    await shoot('2-verified');
    await page.getByTestId('catalogue-row').first().scrollIntoViewIfNeeded();
    await page.getByTestId('catalogue-row').first().locator('summary').click();
    await row(page, 'second').getByTestId('model-remove').click();
    await shoot('3-catalogue');
  });
}
