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
import type { PropagateRequest, ProposalTaskView } from './api/proposals.ts';
import { buildInferenceProcess } from './inference/testing.ts';
import { eventsOf, nextEvent, readFrame } from './testing/serviceCalls.ts';
import { type Disc, writeSeries, writeStack } from './testing/stackFile.ts';
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
  image = imageOf(project);
  events = eventsOf(await service.send('GET', `${base}/events`));
});
afterAll(async () => {
  await service.close();
  await remove();
});

const at = (z: number): PlaneAddress => ({ c: null, z, t: 0 });
const edit = (value: unknown, of = project) =>
  service.json<ChangeView>('POST', `/api/projects/${of.id}/edits`, { edit: value });
const imageOf = (of: ProjectView) => `/api/projects/${of.id}/images/${of.images[0]!.id}`;
const objects = async (of = project) =>
  (await service.json<{ objects: ObjectView[] }>('GET', `${imageOf(of)}/objects`)).objects;
const proposedOf = async (of: ProjectView) => (await objects(of)).filter(({ state }) => state === 'proposed');

/** Opens a hyperstack in a folder of its own. */
async function openSeries(name: string, frames: readonly (readonly (readonly Disc[])[])[]): Promise<ProjectView> {
  const apart = join(folder, '..', name);
  await mkdir(apart);
  await writeSeries(join(apart, 'series.tif'), widthPx, heightPx, frames);
  return service.json<ProjectView>('POST', '/api/projects/open', { paths: [apart] });
}

/** Accepts what a box around a disc of a plane gives. */
async function accept({ x, y, radius }: Disc, plane: PlaneAddress, of = project): Promise<ObjectView> {
  const box = { x0: x - radius, y0: y - radius, x1: x + radius, y1: y + radius };
  const frame = await service.bytes('POST', `${imageOf(of)}/predict`, { plane, points: [], box, refine: null });
  const { header } = readFrame<PredictHeader>(frame, ({ candidates }) => candidates.map(({ bbox }) => bbox));
  const candidateId = header.candidates[0]!.id;
  const imageId = of.images[0]!.id;
  const change = await edit({ type: 'addObject', imageId, candidateId, classId: of.classes[0]!.id }, of);
  return change.objects[0]!.after!;
}

/** Follows objects to the end of the task. */
async function follow(of: ProjectView, what: Omit<PropagateRequest, 'imageId'>): Promise<ProposalTaskView> {
  const path = `/api/projects/${of.id}`;
  const told = eventsOf(await service.send('GET', `${path}/events`));
  const request: PropagateRequest = { imageId: of.images[0]!.id, ...what };
  const started = await service.json<ProposalTaskView>('POST', `${path}/propagate`, request);
  const { task } = await nextEvent(
    told,
    (event): event is Extract<ProjectEvent, { type: 'proposal-task' }> =>
      event.type === 'proposal-task' && event.task.id === started.id && event.task.state !== 'running',
  );
  return task;
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
    const second = await accept(brief, at(1));
    expect(second.plane).toEqual(at(1));
    expect(boxIou(second, brief)).toBeGreaterThan(0.8);
    const third = await accept(brief, at(2));
    const refused = await service.failure('POST', `${base}/edits`, {
      edit: { type: 'mergeObjects', ids: [second.id, third.id] },
    });
    expect(refused).toMatchObject({ code: 'edit-refused', message: expect.stringContaining('different slices') });
    await service.json('POST', `${base}/undo`);
    await service.json('POST', `${base}/undo`);
    expect(await objects()).toEqual([]);
  });

  it('follows objects through its slices, as long as they are there', patience, async () => {
    const [lasting, ending] = [await accept(wanderer(2), at(2)), await accept(brief, at(2))];
    const task = await follow(project, { ids: [lasting.id, ending.id] });
    expect(task).toMatchObject({ state: 'done', error: null });
    const proposed = await proposedOf(project);
    const of = (disc: (z: number) => Disc) =>
      proposed.filter((one) => boxIou(one, disc(one.plane.z)) > 0.75).map(({ plane }) => plane.z);
    expect(of(wanderer).sort()).toEqual([0, 1, 3, 4, 5]);
    expect(of(() => brief).sort()).toEqual([0, 1]);
    expect(proposed).toHaveLength(7);
    expect(proposed.every(({ proposal }) => proposal?.source === 'propagated')).toBe(true);
    // Following the first once more gives what is there already, and takes nothing of the second away.
    await follow(project, { ids: [lasting.id] });
    expect(await proposedOf(project)).toHaveLength(7);
  });

  it('is prepared as a whole in the background', patience, async () => {
    const series = await openSeries('prepared', [
      [[brief], [brief]],
      [[wanderer(0)], [wanderer(1)]],
    ]);
    const told = eventsOf(await service.send('GET', `/api/projects/${series.id}/events`));
    const request = { imageIds: [series.images[0]!.id], slices: 'all' };
    expect((await service.send('POST', `/api/projects/${series.id}/embeddings`, request)).status).toBe(202);
    const ready = new Set<string>();
    while (ready.size < 4) {
      const { plane } = await nextEvent(
        told,
        (event): event is Extract<ProjectEvent, { type: 'embedding' }> =>
          event.type === 'embedding' && event.embedding.status === 'ready',
      );
      ready.add(`z${plane.z} t${plane.t}`);
    }
    expect([...ready]).toEqual(['z0 t0', 'z1 t0', 'z0 t1', 'z1 t1']);
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

describe('a time series', () => {
  const frames = Array.from({ length: 4 }, (_, t) => [wanderer(t), ...(t < 3 ? [brief] : [])]);

  it('has its objects followed through time, as long as they are there', patience, async () => {
    const series = await openSeries(
      'series',
      frames.map((discs) => [discs]),
    );
    const plane = { c: null, z: 0, t: 1 };
    const ids = [(await accept(wanderer(1), plane, series)).id, (await accept(brief, plane, series)).id];
    expect(await follow(series, { ids })).toMatchObject({ state: 'done', error: null });
    const proposed = await proposedOf(series);
    const times = (disc: (t: number) => Disc) =>
      proposed.filter((one) => boxIou(one, disc(one.plane.t)) > 0.75).map(({ plane }) => plane.t);
    expect(times(wanderer).sort()).toEqual([0, 2, 3]);
    expect(times(() => brief).sort()).toEqual([0, 2]);
    expect(proposed).toHaveLength(5);
    const error = { code: 'edit-refused', message: expect.stringContaining('one slice'), remedy: 'Follow along t.' };
    expect(await follow(series, { ids, axis: 'z' })).toMatchObject({ state: 'failed', error });
  });

  it('of stacks follows along the axis that is asked for, else through the slices', patience, async () => {
    // Each slice shows the disc a little farther on, as the next time does.
    const stacks = frames.map((_, t) => [0, 1, 2].map((z) => [wanderer(t + z)]));
    const series = await openSeries('series of stacks', stacks);
    const ids = [(await accept(wanderer(2), { c: null, z: 1, t: 1 }, series)).id];
    const addresses = async () => (await proposedOf(series)).map(({ plane: { z, t } }) => `z${z} t${t}`).sort();
    await follow(series, { ids, axis: 't' });
    expect(await addresses()).toEqual(['z1 t0', 'z1 t2', 'z1 t3']);
    await follow(series, { ids });
    expect(await addresses()).toEqual(['z0 t1', 'z1 t0', 'z1 t2', 'z1 t3', 'z2 t1']);
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
