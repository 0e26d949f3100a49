import { join } from 'node:path';
import { processTree } from './bench/memory.ts';
import { root } from './hosts.ts';
import {
  acceptAsObject,
  clickImage,
  currentProject,
  dragBox,
  newCandidates,
  objectPlanes,
  openFolder,
  waitForEmbedding,
} from './steps.ts';
import { copyInto, expect, test } from './workbench.ts';

const sample = join(root, 'assets', 'samples', 'powder-particles.png');
const box = { x0: 608, y0: 418, x1: 722, y1: 536 };

test('after a pulled plug everything is there that was shown as saved, prompts included', async ({ workbench }) => {
  const { folder } = workbench;
  await copyInto(folder, [sample]);
  await openFolder(workbench, folder);
  await waitForEmbedding(workbench.page);
  await dragBox(workbench.page, box);
  await newCandidates(workbench.page);
  await acceptAsObject(workbench.page);
  await expect(workbench.page.getByTestId('saved-state')).toHaveAttribute('data-saved', 'true');
  const before = await objectPlanes(workbench, await currentProject(workbench));

  await workbench.crashAndRestart();
  await workbench.page.getByTestId('recent-project').first().click();
  await expect(workbench.page.getByTestId('object-row')).toHaveCount(1);
  const after = await objectPlanes(workbench, await currentProject(workbench));
  expect(after.objects).toEqual(before.objects);
  expect(after.objects[0]!.prompts!.steps[0]!.box).not.toBeNull();
  expect([...after.planes]).toEqual([...before.planes]);
  await workbench.page.keyboard.press('Control+z');
  await expect(workbench.page.getByTestId('object-row')).toHaveCount(0);
});

test('a dead inference process is started again, and the next prompt works', async ({ workbench }) => {
  const { page, folder } = workbench;
  await copyInto(folder, [sample]);
  await openFolder(workbench, folder);
  await waitForEmbedding(page);
  await dragBox(page, box);
  const ids = await newCandidates(page);
  const inference = processTree(workbench.hostPid).find(({ command }) => command.includes('inference-process'));
  test.skip(!inference, 'The inference process can be told by its command line under /proc only.');
  process.kill(inference!.pid, 'SIGKILL');
  await expect(page.getByTestId('device-line')).toContainText('ended');
  await clickImage(page, { x: 660, y: 480 });
  await newCandidates(page, ids);
  await acceptAsObject(page);
});
