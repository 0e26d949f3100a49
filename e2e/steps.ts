import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { ObjectView, ProjectView } from '../electron/service/api/contract.ts';
import { planesOfFrame } from './exported.ts';
import { root } from './hosts.ts';
import { onScreen } from './view.ts';
import { expect, type Workbench } from './workbench.ts';

/** What users do, in their own terms. Positions are image space. */
export interface Place {
  x: number;
  y: number;
}

export interface Box {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** Types a path into the field and opens it: with the native dialog out of reach, the same request. */
export async function openFolder(workbench: Workbench, folder: string): Promise<void> {
  const { page } = workbench;
  const field = page.getByTestId('path-field').first();
  await expect(page.getByTestId('welcome').or(page.getByTestId('image-list'))).toBeVisible();
  if (await field.isVisible()) {
    await field.fill(folder);
    await page.getByTestId('path-open').first().click();
  } else {
    await workbench.request('POST', '/api/projects/open', { paths: [folder] });
    await page.reload();
  }
  await expect(page.getByTestId('image-item').first()).toBeVisible();
}

/** The image is shown and ready for prompts (it may have been prepared ahead), and the status line says by what. */
export async function waitForEmbedding(page: Page): Promise<void> {
  await expect(page.getByTestId('micrograph-canvas')).toHaveAttribute('data-scale', /./);
  await expect(page.getByTestId('embedding-state')).toHaveAttribute('data-status', 'ready', { timeout: 90_000 });
  await expect(page.getByTestId('device-line')).toContainText(/lamella-v3 · \S/);
}

export async function clickImage(page: Page, place: Place, button: 'left' | 'right' = 'left'): Promise<void> {
  const at = await onScreen(page, place.x, place.y);
  await page.mouse.click(at.x, at.y, { button });
}

/** Presses at one place and lets go at the other: a box, or a prompt that is moved. */
export async function drag(page: Page, from: Place, to: Place): Promise<void> {
  const start = await onScreen(page, from.x, from.y);
  const end = await onScreen(page, to.x, to.y);
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2, { steps: 4 });
  await page.mouse.move(end.x, end.y, { steps: 4 });
  await page.mouse.up();
}

export const dragBox = (page: Page, { x0, y0, x1, y1 }: Box) => drag(page, { x: x0, y: y0 }, { x: x1, y: y1 });

/** Ids of the candidates once they answer the newest prompt; `before` are those that they must differ from. */
export async function newCandidates(page: Page, before: readonly string[] = []): Promise<string[]> {
  const cards = page.getByTestId('candidate-card');
  const ids = () => cards.evaluateAll((all) => all.map((card) => (card as HTMLElement).dataset.candidateId!));
  await expect(page.getByTestId('candidate-strip')).toHaveAttribute('data-status', 'ready');
  await expect.poll(async () => (await ids()).some((id) => before.includes(id))).toBe(false);
  await expect(cards.first()).toBeVisible();
  return ids();
}

/** Accepts the chosen candidate and waits until it is an object. */
export async function acceptAsObject(page: Page): Promise<void> {
  const rows = page.getByTestId('object-row');
  const before = await rows.count();
  await page.keyboard.press('Enter');
  await expect(rows).toHaveCount(before + 1);
  await expect(page.getByTestId('candidate-card')).toHaveCount(0);
}

export async function currentProject(workbench: Workbench): Promise<ProjectView> {
  const { projectId } = await json<{ projectId: string }>(workbench, '/api/session');
  return json<ProjectView>(workbench, `/api/projects/${projectId}`);
}

/** Objects of the project's image at `index` in the list, with their masks as full planes. */
export async function objectPlanes(workbench: Workbench, project: ProjectView, index = 0) {
  const image = project.images[index]!;
  const base = `/api/projects/${project.id}/images/${image.id}`;
  const { objects } = await json<{ objects: ObjectView[] }>(workbench, `${base}/objects`);
  const frame = (await workbench.request('GET', `${base}/masks`)).bytes;
  return { image, objects, planes: planesOfFrame(frame, image.widthPx, image.heightPx) };
}

async function json<T>(workbench: Workbench, path: string): Promise<T> {
  return JSON.parse((await workbench.request('GET', path)).bytes.toString()) as T;
}

/** A picture of the page as it is now, in test-results. */
export async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(root, 'test-results', 'screens', `${name}.png`), animations: 'disabled' });
}
