import { join } from 'node:path';
import sharp from 'sharp';
import { root } from './hosts.ts';
import {
  acceptAsObject,
  clickImage,
  currentProject,
  drag,
  dragBox,
  newCandidates,
  objectPlanes,
  openFolder,
  waitForEmbedding,
} from './steps.ts';
import { onPlane, onScreen } from './view.ts';
import { copyInto, expect, test } from './workbench.ts';

const sample = join(root, 'assets', 'samples', 'powder-particles.png');

test('prompts are added, refined, moved and removed, and the candidates follow', async ({ workbench }) => {
  const { page, folder } = workbench;
  await copyInto(folder, [sample]);
  await openFolder(workbench, folder);
  await waitForEmbedding(page);

  // A box, a positive point in it, a negative one beside it.
  await dragBox(page, { x0: 600, y0: 420, x1: 720, y1: 540 });
  let ids = await newCandidates(page);
  await clickImage(page, { x: 660, y: 480 });
  ids = await newCandidates(page, ids);
  await clickImage(page, { x: 560, y: 380 }, 'right');
  ids = await newCandidates(page, ids);

  // The corner of the box and the negative point are moved, then the point is removed.
  await drag(page, { x: 720, y: 540 }, { x: 740, y: 560 });
  ids = await newCandidates(page, ids);
  await drag(page, { x: 560, y: 380 }, { x: 590, y: 600 });
  ids = await newCandidates(page, ids);
  await clickImage(page, { x: 590, y: 600 }, 'right');
  ids = await newCandidates(page, ids);

  // What is saved tells the prompts as they were at the end.
  await acceptAsObject(page);
  const { objects } = await objectPlanes(workbench, await currentProject(workbench));
  const last = objects[0]!.prompts!.steps.at(-1)!;
  expect(last.points.map(({ label }) => label)).toEqual([1]);
  expect(last.box!.x1).toBeCloseTo(740, 0);
  expect(last.box!.y1).toBeCloseTo(560, 0);

  // A box whose border is clicked with the right button goes, and with it the prompt.
  await dragBox(page, { x0: 100, y0: 100, x1: 200, y1: 200 });
  await newCandidates(page);
  await clickImage(page, { x: 150, y: 100 }, 'right');
  await expect(page.getByTestId('candidate-card')).toHaveCount(0);

  // Escape drops a prompt; nothing of it is saved.
  await clickImage(page, { x: 660, y: 480 });
  await newCandidates(page);
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('candidate-card')).toHaveCount(0);
  await expect(page.getByTestId('object-row')).toHaveCount(1);
});

test('something small is looked at closely, and the same prompt on the whole when close-ups are off', async ({
  workbench,
}) => {
  const { page, folder } = workbench;
  await copyInto(folder, [sample]);
  await openFolder(workbench, folder);
  await waitForEmbedding(page);
  const closeUps = page.getByTestId('close-ups');
  // Automatic, off, on: how quick this computer is plays no part then.
  await expect(closeUps).toHaveText('Close-ups: auto');
  await page.keyboard.press('u');
  await page.keyboard.press('u');
  await expect(closeUps).toHaveText('Close-ups: on');

  const small = { x0: 640, y0: 460, x1: 680, y1: 500 };
  await dragBox(page, small);
  const near = await newCandidates(page);
  const [x, y, width, height] = (await closeUps.getAttribute('data-close-up'))!.split(',').map(Number) as number[];
  expect(x! <= small.x0 && y! <= small.y0 && x! + width! >= small.x1 && y! + height! >= small.y1).toBe(true);
  await expect(closeUps).toHaveText(`Close-up ${width} × ${height} px`);
  // It is said of the object that is accepted, too.
  await acceptAsObject(page);
  const { objects } = await objectPlanes(workbench, await currentProject(workbench));
  expect(objects[0]!.prompts!.steps.at(-1)!.closeUp).toEqual([x, y, width, height]);

  await page.keyboard.press('u');
  await page.keyboard.press('u');
  await expect(closeUps).toHaveText('Close-ups: off');
  await dragBox(page, small);
  await newCandidates(page, near);
  await expect(closeUps).toHaveText('Close-ups: off');
});

test('a folder is prepared in the background, and stops when it is told to', async ({ workbench }) => {
  const { page, folder } = workbench;
  const copies = Array.from({ length: 6 }, (_, i) => join(folder, `image ${i}.png`));
  for (const [i, copy] of copies.entries()) {
    // Of different content each, or one embedding would serve all.
    await sharp(sample)
      .modulate({ brightness: 1 - i / 20 })
      .png()
      .toFile(copy);
  }
  await openFolder(workbench, folder);
  await waitForEmbedding(page);
  const button = page.getByTestId('prepare-images');
  await button.click();
  await expect(button).toHaveAccessibleName('Stop preparing images');
  await button.click();
  await expect(button).toHaveAccessibleName('Prepare all images for prompts, in the background');
  await button.click();
  await expect(button).toBeDisabled({ timeout: 60_000 });
});

test('a resting pointer shows what a click would give, until something is prompted', async ({ workbench }) => {
  const { page, folder } = workbench;
  await copyInto(folder, [sample]);
  await openFolder(workbench, folder);
  await waitForEmbedding(page);
  const canvas = page.getByTestId('micrograph-canvas');
  const hover = async (x: number, y: number) => {
    const at = await onScreen(page, x, y);
    await page.mouse.move(at.x, at.y, { steps: 3 });
  };
  await hover(660, 480);
  await page.keyboard.press('g');
  await expect(canvas).toHaveAttribute('data-preview', /.+/);
  const first = await canvas.getAttribute('data-preview');
  await hover(300, 300);
  await expect(canvas).toHaveAttribute('data-preview', /.+/);
  expect(await canvas.getAttribute('data-preview')).not.toBe(first);
  await expect(page.getByTestId('candidate-card')).toHaveCount(0);
  await clickImage(page, { x: 660, y: 480 });
  await newCandidates(page);
  await expect(canvas).not.toHaveAttribute('data-preview');
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await hover(300, 300);
  await expect(canvas).not.toHaveAttribute('data-preview');
});

test('keys choose among the candidates', async ({ workbench }) => {
  const { page, folder } = workbench;
  await copyInto(folder, [sample]);
  await openFolder(workbench, folder);
  await waitForEmbedding(page);
  await clickImage(page, { x: 660, y: 480 });
  const ids = await newCandidates(page);
  expect(ids.length).toBeGreaterThan(1);
  const chosen = () =>
    page.locator('[data-testid="candidate-card"][data-chosen="true"]').getAttribute('data-candidate-id');
  expect(await chosen()).toBe(ids[0]);
  await page.keyboard.press('Tab');
  expect(await chosen()).toBe(ids[1]);
  await page.keyboard.press('Shift+Tab');
  expect(await chosen()).toBe(ids[0]);
  await page.keyboard.press(String(ids.length));
  expect(await chosen()).toBe(ids.at(-1));
});

test('the view zooms to the pointer, pans and fits; the status bar reads the pixel', async ({ workbench }) => {
  const { page, folder } = workbench;
  await copyInto(folder, [sample]);
  await openFolder(workbench, folder);
  const canvas = page.getByTestId('micrograph-canvas');
  await expect(canvas).toBeVisible();
  const scale = async () => Number(await canvas.getAttribute('data-scale'));
  const fitted = await scale();

  // Whole pixels: a wheel event tells no fractions.
  const { x, y } = await onScreen(page, 300, 200);
  const pointer = { x: Math.round(x), y: Math.round(y) };
  const before = await onPlane(page, pointer.x, pointer.y);
  await page.mouse.move(pointer.x, pointer.y);
  await page.mouse.wheel(0, -600);
  await expect.poll(scale).toBeGreaterThan(fitted * 2);
  const after = await onPlane(page, pointer.x, pointer.y);
  expect(after.x).toBeCloseTo(before.x, 6);
  expect(after.y).toBeCloseTo(before.y, 6);

  await page.keyboard.down('Space');
  await page.mouse.down();
  await page.mouse.move(pointer.x + 50, pointer.y + 30, { steps: 3 });
  await page.mouse.up();
  await page.keyboard.up('Space');
  const panned = await onScreen(page, before.x, before.y);
  expect([Math.round(panned.x - pointer.x), Math.round(panned.y - pointer.y)]).toEqual([50, 30]);
  await expect(page.getByTestId('candidate-card')).toHaveCount(0);

  await page.keyboard.press('9');
  await expect.poll(scale).toBe(1);
  await expect(page.getByTestId('zoom')).toHaveText('100 %');
  await page.keyboard.press('f');
  await expect.poll(scale).toBeCloseTo(fitted, 6);

  const at = await onScreen(page, 10.5, 20.5);
  await page.mouse.move(at.x, at.y);
  await expect(page.getByTestId('pointer')).toContainText('x 10, y 20');
  const project = await currentProject(workbench);
  const answer = await workbench.request(
    'GET',
    `/api/projects/${project.id}/images/${project.images[0]!.id}/pixel?x=10&y=20`,
  );
  const { values } = JSON.parse(answer.bytes.toString()) as { values: number[] };
  await expect(page.getByTestId('pointer').locator('strong')).toHaveText(values.join(', '));
});
