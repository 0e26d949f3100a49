import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  ChangeView,
  ExportResult,
  MicrographView,
  ObjectView,
  PlaneAddress,
  PredictHeader,
  ProjectEvent,
  ProjectView,
  TaskView,
} from './api/contract.ts';
import type { ProposalTaskView } from './api/proposals.ts';
import { buildInferenceProcess } from './inference/testing.ts';
import { eventsOf, nextEvent, readFrame } from './testing/serviceCalls.ts';
import { type Disc, writeStack } from './testing/stackFile.ts';
import { makeFolder, type RunningService, startService } from './testing/startService.ts';

const [widthPx, heightPx, depth] = [200, 160, 6];
/** One wanders and stays, one ends behind the third slice. */
const wanderer = (z: number): Disc => ({ x: 60 + 3 * z, y: 70 + 2 * z, radius: 26 });
const brief: Disc = { x: 150, y: 60, radius: 20 };
const slices = Array.from({ length: depth }, (_, z) => [wanderer(z), ...(z < 3 ? [brief] : [])]);
const patience = { timeout: 120_000 };

let service: RunningService;
let folder: string;
let remove: () => Promise<void>;
let project: ProjectView;
let base: string;
let image: string;
let events: AsyncGenerator<ProjectEvent>;

beforeAll(async () => {
  const entry = await buildInferenceProcess();
  ({ folder, remove } = await makeFolder());
  await writeStack(join(folder, 'stack.nrrd'), widthPx, heightPx, slices);
  service = startService(join(folder, '..', 'data'), { entry });
  project = await service.json<ProjectView>('POST', '/api/projects/open', { paths: [folder] });
  base = `/api/projects/${project.id}`;
  image = `${base}/images/${project.images[0]!.id}`;
  events = eventsOf(await service.send('GET', `${base}/events`));
});
afterAll(async () => {
  await service.close();
  await remove();
});

const at = (z: number): PlaneAddress => ({ c: null, z, t: 0 });
const edit = (value: unknown) => service.json<ChangeView>('POST', `${base}/edits`, { edit: value });
const objects = async () => (await service.json<{ objects: ObjectView[] }>('GET', `${image}/objects`)).objects;

/** Accepts what a box around a disc of a slice gives. */
async function accept({ x, y, radius }: Disc, z: number): Promise<ObjectView> {
  const box = { x0: x - radius, y0: y - radius, x1: x + radius, y1: y + radius };
  const frame = await service.bytes('POST', `${image}/predict`, { plane: at(z), points: [], box, refine: null });
  const { header } = readFrame<PredictHeader>(frame, ({ candidates }) => candidates.map(({ bbox }) => bbox));
  const candidateId = header.candidates[0]!.id;
  const imageId = project.images[0]!.id;
  const change = await edit({ type: 'addObject', imageId, candidateId, classId: project.classes[0]!.id });
  return change.objects[0]!.after!;
}

/** IoU of an object's box with a disc's. */
function boxIou({ bbox: [x, y, width, height] }: ObjectView, disc: Disc): number {
  const across = Math.min(x + width, disc.x + disc.radius) - Math.max(x, disc.x - disc.radius);
  const down = Math.min(y + height, disc.y + disc.radius) - Math.max(y, disc.y - disc.radius);
  const shared = Math.max(0, across) * Math.max(0, down);
  return shared / (width * height + (2 * disc.radius) ** 2 - shared);
}

describe('a stack', () => {
  it('shows each slice, with the contrast of the middle one, and refuses what is not there', async () => {
    const view = await service.json<MicrographView>('GET', `${image}?z=4`);
    expect(view).toMatchObject({ z: depth, channels: 1, widthPx, heightPx });
    const value = async (z: number) =>
      (await service.json<{ values: number[] }>('GET', `${image}/pixel?x=150&y=60&z=${z}`)).values[0]!;
    expect(await value(2)).toBeGreaterThan(8000);
    expect(await value(3)).toBeLessThan(3000);
    const tiles = await Promise.all([2, 3].map((z) => service.bytes('GET', `${image}/tiles/0/0/0?z=${z}`)));
    expect(Buffer.from(tiles[0]!).equals(Buffer.from(tiles[1]!))).toBe(false);
    const { status, code } = await service.failure('POST', `${image}/predict`, {
      ...{ plane: at(depth), points: [{ x: 5, y: 5, label: 1 }], box: null, refine: null },
    });
    expect([status, code]).toEqual([404, 'not-found']);
  });

  it('keeps objects where they were made: no merging over slices', patience, async () => {
    const second = await accept(brief, 1);
    expect(second.plane).toEqual(at(1));
    expect(boxIou(second, brief)).toBeGreaterThan(0.8);
    const third = await accept(brief, 2);
    const refused = await service.failure('POST', `${base}/edits`, {
      edit: { type: 'mergeObjects', ids: [second.id, third.id] },
    });
    expect(refused).toMatchObject({ code: 'edit-refused', message: expect.stringContaining('different slices') });
    await service.json('POST', `${base}/undo`);
    await service.json('POST', `${base}/undo`);
    expect(await objects()).toEqual([]);
  });

  it('follows objects through its slices, as long as they are there', patience, async () => {
    const [lasting, ending] = [await accept(wanderer(2), 2), await accept(brief, 2)];
    const started = await service.json<ProposalTaskView>('POST', `${base}/propagate`, {
      imageId: project.images[0]!.id,
      ids: [lasting.id, ending.id],
    });
    const { task } = await nextEvent(
      events,
      (event): event is Extract<ProjectEvent, { type: 'proposal-task' }> =>
        event.type === 'proposal-task' && event.task.id === started.id && event.task.state !== 'running',
    );
    expect(task).toMatchObject({ state: 'done', error: null });
    const proposed = (await objects()).filter(({ state }) => state === 'proposed');
    const of = (disc: (z: number) => Disc) =>
      proposed.filter((one) => boxIou(one, disc(one.plane.z)) > 0.75).map(({ plane }) => plane.z);
    expect(of(wanderer).sort()).toEqual([0, 1, 3, 4, 5]);
    expect(of(() => brief).sort()).toEqual([0, 1]);
    expect(proposed).toHaveLength(7);
    expect(proposed.every(({ proposal }) => proposal?.source === 'propagated')).toBe(true);
    // Following the first once more gives what is there already, and takes nothing of the second away.
    await service.json('POST', `${base}/propagate`, { imageId: project.images[0]!.id, ids: [lasting.id] });
    await nextEvent(
      events,
      (event): event is Extract<ProjectEvent, { type: 'proposal-task' }> =>
        event.type === 'proposal-task' && event.task.id !== started.id && event.task.state === 'done',
    );
    expect((await objects()).filter(({ state }) => state === 'proposed')).toHaveLength(7);
  });

  it('is exported slice by slice, each with its objects and its pixels', patience, async () => {
    const output = join(folder, '..', 'dataset');
    const started = await service.json<TaskView>('POST', `${base}/exports`, {
      format: 'coco',
      output,
      options: { images: true },
    });
    const { task } = await nextEvent(
      events,
      (event): event is Extract<ProjectEvent, { type: 'task' }> =>
        event.type === 'task' && event.task.id === started.id && event.task.state !== 'running',
    );
    expect(task.error).toBeNull();
    expect((task.result as ExportResult).notices).toEqual([]);
    const coco = JSON.parse(await readFile(join(output, 'annotations', 'instances.json'), 'utf8')) as {
      images: { id: number; file_name: string; stack: string; z: number }[];
      annotations: { image_id: number }[];
    };
    // Only accepted objects count, and those lie on one slice.
    expect(coco.images).toMatchObject([{ file_name: 'stack_z3.png', stack: 'stack.nrrd', z: 2 }]);
    expect(coco.annotations.map(({ image_id: id }) => id)).toEqual([coco.images[0]!.id, coco.images[0]!.id]);
    const picture = sharp(join(output, 'images', 'stack_z3.png'));
    expect(await picture.metadata()).toMatchObject({ width: widthPx, height: heightPx, depth: 'ushort', channels: 1 });
    const { data } = await picture
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    const { values } = await service.json<{ values: number[] }>('GET', `${image}/pixel?x=150&y=60&z=2`);
    expect(data.readUInt16LE(2 * (60 * widthPx + 150))).toBe(values[0]);
  });
});

it('two stacks that differ by their ending only are exported under names of their own', patience, async () => {
  const twins = join(folder, '..', 'twins');
  await mkdir(twins);
  // What a file is its content says, not its name.
  for (const name of ['stack.nrrd', 'stack.mrc']) await writeStack(join(twins, name), widthPx, heightPx, slices);
  const opened = await service.json<ProjectView>('POST', '/api/projects/open', { paths: [twins] });
  const told = eventsOf(await service.send('GET', `/api/projects/${opened.id}/events`));
  const output = join(twins, 'dataset');
  const started = await service.json<TaskView>('POST', `/api/projects/${opened.id}/exports`, {
    ...{ format: 'coco', output, options: { images: true } },
  });
  await nextEvent(
    told,
    (event): event is Extract<ProjectEvent, { type: 'task' }> =>
      event.type === 'task' && event.task.id === started.id && event.task.state === 'done',
  );
  expect(new Set((await readdir(join(output, 'images'))).map((name) => name.toLowerCase())).size).toBe(2);
});
