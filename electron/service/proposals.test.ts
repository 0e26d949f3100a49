import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChangeView, ObjectView, PredictHeader, ProjectEvent, ProjectView, TaskView } from './api/contract.ts';
import type { AutomaticRequest, ProposalTaskView } from './api/proposals.ts';
import { buildInferenceProcess } from './inference/testing.ts';
import { writeBarredParticles } from './testing/barredParticles.ts';
import { eventsOf, nextEvent, readFrame } from './testing/serviceCalls.ts';
import { appRoot, makeFolder, type RunningService, startService } from './testing/startService.ts';

const nuclei = join(appRoot, 'assets', 'samples', 'nuclei-fluorescence-16bit.png');
/** A part of the nuclei that shows a few of them, small so that it needs few prompts. */
const part = { width: 100, height: 80 };

/** Many prompts a test, each a run of the decoder. */
const patience = { timeout: 240_000 };

let entry: string;
let service: RunningService;
let remove: () => Promise<void>;
let folder: string;
let project: ProjectView;
let base: string;
let events: AsyncGenerator<ProjectEvent>;
let opened = 0;

beforeAll(async () => {
  entry = await buildInferenceProcess();
  ({ folder, remove } = await makeFolder());
  service = startService(join(folder, '..', 'data'), { entry });
});
afterAll(async () => {
  await service.close();
  await remove();
});

/** Opens a project of `count` parts of the sample, no two of them equal, and follows its events. */
async function open(count: number, { width, height } = part): Promise<void> {
  const own = join(folder, `project ${++opened}`);
  await mkdir(own);
  for (let at = 0; at < count; at++) {
    const region = { left: 100 + 7 * at, top: 100, width, height };
    const image = sharp(nuclei).extract(region).toColourspace('grey16').png();
    await image.toFile(join(own, `part ${at + 1}.png`));
  }
  await reopen(own);
}

async function reopen(own: string): Promise<void> {
  project = await service.json<ProjectView>('POST', '/api/projects/open', { paths: [own] });
  base = `/api/projects/${project.id}`;
  events = eventsOf(await service.send('GET', `${base}/events`));
}

const imageIds = () => project.images.map(({ id }) => id);
const request = (options: Partial<AutomaticRequest> = {}): AutomaticRequest => ({
  imageIds: imageIds(),
  preset: 'cracks',
  classId: project.classes[0]!.id,
  again: false,
  ...options,
});

type TaskEvent = Extract<ProjectEvent, { type: 'proposal-task' }>;
type ChangeEvent = Extract<ProjectEvent, { type: 'change' }>;
const isTask = (event: ProjectEvent): event is TaskEvent => event.type === 'proposal-task';
const isOver = (event: ProjectEvent): event is TaskEvent => isTask(event) && event.task.state !== 'running';
const isChange = (event: ProjectEvent): event is ChangeEvent => event.type === 'change';
/** A batch of the image with this number in the list is done, and not all of it. */
const isAmid =
  (at: number) =>
  (event: ProjectEvent): event is TaskEvent => {
    if (!isTask(event) || event.task.progress === null) return false;
    const images = Number(/\/(\d+):/.exec(event.task.detail)?.[1]);
    const share = event.task.progress * images - at;
    return share > 0 && share < 1;
  };

const start = (options?: Partial<AutomaticRequest>) =>
  service.json<ProposalTaskView>('POST', `${base}/automatic`, request(options));

async function outcome({ id }: ProposalTaskView): Promise<ProposalTaskView> {
  return (await nextEvent(events, (event): event is TaskEvent => isOver(event) && event.task.id === id)).task;
}

/** Runs a task to its end. */
const run = async (options?: Partial<AutomaticRequest>) => outcome(await start(options));

const objectsOf = async (imageId = imageIds()[0]!): Promise<ObjectView[]> =>
  (await service.json<{ objects: ObjectView[] }>('GET', `${base}/images/${imageId}/objects`)).objects;
const edit = (value: unknown) => service.json<ChangeView>('POST', `${base}/edits`, { edit: value });
const states = (objects: readonly ObjectView[]) => objects.map(({ id, state }) => [id, state] as const);
/** Names a mask: no two proposals of a run have one box and one area. */
const places = (objects: readonly ObjectView[]) => objects.map(({ bbox, areaPx }) => `${bbox.join()} ${areaPx}`);

describe('a picture with an info bar', patience, () => {
  it('gets no proposals there, neither of everything nor of what is like an object', async () => {
    const own = join(folder, 'with bar');
    await mkdir(own);
    await writeBarredParticles(join(own, 'sem.png'), 24);
    await reopen(own);
    const [image] = imageIds();
    expect(await run({ preset: 'particles' })).toMatchObject({ state: 'done' });
    const found = await objectsOf();
    const isAbove = ({ bbox: [, y, , rows] }: ObjectView) => y + rows <= 216;
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(isAbove)).toBe(true);

    // One letter is an object, by hand; the others look like it.
    const letter = { points: [], box: { x0: 6, y0: 219, x1: 24, y1: 237 }, refine: null };
    const frame = await service.bytes('POST', `${base}/images/${image}/predict`, letter);
    const { header } = readFrame<PredictHeader>(frame, ({ candidates }) => candidates.map(({ bbox }) => bbox));
    const candidateId = header.candidates[0]!.id;
    const classId = project.classes[0]!.id;
    const { objects } = await edit({ type: 'addObject', imageId: image, candidateId, classId });
    const exampleIds = [objects[0]!.after!.id];
    const task = await outcome(
      await service.json<ProposalTaskView>('POST', `${base}/similar`, { imageIds: [image], exampleIds }),
    );
    expect(task).toMatchObject({ state: 'done' });
    const proposed = (await objectsOf()).filter(({ state }) => state === 'proposed');
    expect(proposed.every(isAbove)).toBe(true);
  });
});

describe('automatic segmentation of an image', patience, () => {
  it('proposes objects in one step, which are accepted, rejected and taken back like any edit', async () => {
    await open(1);
    const imageId = project.images[0]!.id;
    const task = await run();
    expect(task).toMatchObject({ state: 'done', progress: 1, error: null, download: null });
    const [image] = task.result!.images;
    expect(image).toMatchObject({ imageId, proposals: expect.any(Number), prompts: expect.any(Number) });
    expect(task.result).toMatchObject({ skipped: [], failed: [] });
    expect(task.detail).toMatch(/^image 1\/1: part 1\.png, \d+ masks$/);

    const proposed = await objectsOf();
    expect(proposed).toHaveLength(image!.proposals);
    expect(proposed.length).toBeGreaterThan(3);
    for (const { state, prompts, proposal, model, predictedIou, stability, classId } of proposed) {
      expect({ state, prompts, classId }).toEqual({ state: 'proposed', prompts: null, classId: request().classId });
      expect(model).toMatch(/^lamella/);
      expect(proposal).toMatchObject({ source: 'automatic', parts: expect.any(Number) });
      expect(proposal!.confidence).toBeCloseTo(Math.min(1, predictedIou!) * stability!);
    }
    const touching = proposed.filter(({ bbox: [x, y, width, height] }) => {
      return x === 0 || y === 0 || x + width === part.width || y + height === part.height;
    });
    expect(proposed.filter(({ proposal }) => proposal!.touchesBorder)).toEqual(touching);
    const view = await service.json<ProjectView>('GET', base);
    expect(view.images[0]).toMatchObject({ objectCount: 0, state: 'not-started' });
    expect(view.history.undo).toBe(`propose ${proposed.length} objects`);

    const [first, second, third] = proposed as [ObjectView, ObjectView, ObjectView];
    const { classes } = await edit({ type: 'addClass', name: 'Nucleus', color: '#112233', key: null });
    const nucleus = classes[0]!.after!.id;
    const accepted = await edit({ type: 'acceptProposals', ids: [first.id, second.id], classId: nucleus });
    expect(accepted.label).toBe('accept 2 proposals');
    expect(accepted.objects.map(({ after }) => after)).toEqual(
      [first, second].map((object) => ({ ...object, state: 'accepted', classId: nucleus })),
    );
    expect(accepted.images[0]!.after).toMatchObject({ objectCount: 2, state: 'in-work' });
    const rejected = await edit({ type: 'rejectProposals', ids: [third.id] });
    expect(rejected.label).toBe('reject proposal');
    expect(rejected.images[0]!.after).toMatchObject({ objectCount: 2 });
    for (const type of ['acceptProposals', 'rejectProposals']) {
      for (const id of [first.id, third.id]) {
        const refused = await service.failure('POST', `${base}/edits`, { edit: { type, ids: [id], classId: null } });
        expect(refused).toMatchObject({ status: 409, code: 'edit-refused' });
      }
    }
    const fourth = proposed[3]!.id;
    await edit({ type: 'updateObjects', ids: [fourth], set: { classId: nucleus } });
    expect((await objectsOf())[3]).toMatchObject({ state: 'proposed', classId: nucleus });

    const { id: exporting } = await service.json<TaskView>('POST', `${base}/exports`, {
      format: 'coco',
      output: join(folder, 'export'),
      options: { images: false },
    });
    const isExported = (event: ProjectEvent): event is Extract<ProjectEvent, { type: 'task' }> =>
      event.type === 'task' && event.task.id === exporting && event.task.state !== 'running';
    expect((await nextEvent(events, isExported)).task.result).toMatchObject({ objects: 2 });

    const kept = await objectsOf();
    for (let step = 0; step < 5; step++) await service.json('POST', `${base}/undo`);
    expect(await objectsOf()).toEqual([]);
    for (let step = 0; step < 5; step++) await service.json('POST', `${base}/redo`);
    expect(states(await objectsOf())).toEqual(states(kept));
  });

  it('is told to every window: the change with the objects, the task with its progress', async () => {
    await open(1);
    const { id, state, title } = await start();
    expect({ state, title }).toEqual({ state: 'running', title: 'Segment part 1.png' });
    const late = eventsOf(await service.send('GET', `${base}/events`));
    expect((await nextEvent(late, isTask)).task.id).toBe(id);
    await late.return(undefined);
    const { change } = await nextEvent(events, isChange);
    const { result } = (await nextEvent(events, isOver)).task;
    expect(change.objects).toHaveLength(result!.images[0]!.proposals);
    expect((await service.json<ProposalTaskView>('GET', `${base}/proposal-tasks/${id}`)).result).toEqual(result);
  });
});

describe('a run on what was worked on before', patience, () => {
  it('replaces open proposals in one step, and proposes nothing again that was decided on', async () => {
    await open(1);
    await run();
    const first = await objectsOf();
    const [accepted, rejected, ...others] = first as [ObjectView, ObjectView, ...ObjectView[]];
    await edit({ type: 'acceptProposals', ids: [accepted.id], classId: null });
    await edit({ type: 'rejectProposals', ids: [rejected.id] });
    const again = await run({ again: true });
    const [image] = again.result!.images;
    const second = await objectsOf();
    expect(states(second).slice(0, 2)).toEqual([
      [accepted.id, 'accepted'],
      [rejected.id, 'rejected'],
    ]);
    const proposed = second.slice(2);
    expect(proposed).toHaveLength(image!.proposals);
    expect(proposed.length).toBeLessThanOrEqual(others.length);
    expect(places(others)).toEqual(expect.arrayContaining(places(proposed)));
    expect(proposed.map(({ id }) => id)).not.toContain(others[0]!.id);
    await service.json('POST', `${base}/undo`);
    expect((await objectsOf()).map(({ id }) => id)).toEqual(first.map(({ id }) => id));
  });

  it('leaves an image out until its preset, its display range or its file is another', async () => {
    await open(1);
    const [imageId] = imageIds() as [number];
    const isSkipped = async (options?: Partial<AutomaticRequest>) => (await run(options)).result!.skipped.length === 1;
    expect(await isSkipped()).toBe(false);
    expect(await isSkipped()).toBe(true);
    expect(await isSkipped({ preset: 'layers' })).toBe(false);
    await service.json('PUT', `${base}/images/${imageId}/display`, { range: [100, 30_000] });
    expect(await isSkipped({ preset: 'layers' })).toBe(false);
    await service.json('POST', `${base}/undo`);
    expect(await isSkipped({ preset: 'layers' })).toBe(false);
    expect(await isSkipped({ preset: 'layers' })).toBe(true);
    const { path } = project.images[0]!;
    await sharp(nuclei)
      .extract({ left: 300, top: 200, ...part })
      .toColourspace('grey16')
      .png()
      .toFile(path);
    expect(await isSkipped({ preset: 'layers' })).toBe(false);
  });
});

describe('an image that is looked at in tiles', patience, () => {
  it('is proposed on tile by tile, each object once, and is left out for the same tiles only', async () => {
    await open(1, { width: 400, height: 200 });
    const task = await start({ tilePx: 256 });
    const { detail } = (await nextEvent(events, isAmid(0))).task;
    expect(detail).toMatch(/tile [12]\/2 \(one tile = 256 px\)/);
    const { state, result } = await outcome(task);
    expect(state).toBe('done');
    const proposed = await objectsOf();
    expect(proposed.length).toBe(result!.images[0]!.proposals);
    // Objects on both sides of where the tiles meet, and one over it at the most once.
    const sides = proposed.map(({ bbox: [x, , width] }) => Math.sign(Math.sign(x + width - 200) + Math.sign(x - 200)));
    expect(new Set(sides).size).toBeGreaterThan(1);
    expect(new Set(places(proposed)).size).toBe(proposed.length);
    expect((await run({ tilePx: 256 })).result!.skipped).toHaveLength(1);
    expect((await run({ tilePx: null })).result!.skipped).toHaveLength(0);
  });
});

describe('a run on a folder', patience, () => {
  it('keeps what it had when it is cancelled in the middle, and goes on from there', async () => {
    await open(3);
    const [first, second, third] = imageIds() as [number, number, number];
    const { id } = await start();
    await nextEvent(events, isAmid(1));
    const cancelled = await service.json<ProposalTaskView>('DELETE', `${base}/proposal-tasks/${id}`);
    expect(cancelled).toMatchObject({ state: 'cancelled', error: null });
    const kept = await objectsOf(first);
    expect(kept.length).toBeGreaterThan(0);
    expect([await objectsOf(second), await objectsOf(third)]).toEqual([[], []]);
    await service.send('DELETE', base);
    await reopen(project.folder);
    const { result } = await run();
    expect(result!.skipped).toEqual([first]);
    expect(result!.images.map(({ imageId }) => imageId)).toEqual([second, third]);
    expect(await objectsOf(first)).toEqual(kept);
  });

  it('answers a prompt in between', async () => {
    await open(1, { width: 240, height: 200 });
    const [imageId] = imageIds() as [number];
    const { id } = await start({ preset: 'cells' });
    await nextEvent(events, isAmid(0));
    const click = { points: [{ x: 50, y: 40, label: 1 }], box: null, refine: null };
    const frame = await service.bytes('POST', `${base}/images/${imageId}/predict`, click);
    const { header } = readFrame<PredictHeader>(frame, ({ candidates }) => candidates.map(({ bbox }) => bbox));
    expect(header.candidates.length).toBeGreaterThan(0);
    const task = await service.json<ProposalTaskView>('GET', `${base}/proposal-tasks/${id}`);
    expect(task.state).toBe('running');
    expect(task.progress).toBeLessThan(0.9);
    await service.json('DELETE', `${base}/proposal-tasks/${id}`);
  });

  it('loses one image when the inference process is killed, and does the next', async () => {
    await open(2);
    const [first, second] = imageIds() as [number, number];
    const started = await start();
    await nextEvent(events, isAmid(0));
    process.kill(service.inference.pid()!, 'SIGKILL');
    const { state, result } = await outcome(started);
    expect(state).toBe('done');
    expect(result!.failed).toEqual([{ imageId: first, message: expect.stringContaining('ended') }]);
    expect(result!.images.map(({ imageId }) => imageId)).toEqual([second]);
    const again = await run();
    expect(again.result).toMatchObject({ skipped: [second], images: [{ imageId: first }] });
  });

  it('names what can’t be read, and does the others', async () => {
    await open(1);
    await writeFile(join(project.folder, 'broken.png'), 'no picture');
    await service.json('POST', `${base}/images`, { paths: [join(project.folder, 'broken.png')] });
    await reopen(project.folder);
    const { state, result } = await run();
    const [broken, sound] = imageIds() as [number, number];
    expect(state).toBe('done');
    expect(result!.failed).toEqual([{ imageId: broken, message: expect.stringContaining('broken.png') }]);
    expect(result!.images.map(({ imageId }) => imageId)).toEqual([sound]);
  });

  it('ends when another model is chosen', async () => {
    await open(1);
    const started = await start();
    await nextEvent(events, isAmid(0));
    service.inference.useModel(null);
    const { state, error } = await outcome(started);
    expect(state).toBe('failed');
    expect(error).toMatchObject({ code: 'superseded', message: expect.stringContaining('Another model was chosen') });
    expect(await objectsOf()).toEqual([]);
    expect((await run()).result!.images).toHaveLength(1);
  });

  it('is refused while another goes on, for what is not there, and for what is no request', async () => {
    await open(1);
    const { id } = await start();
    const failure = (body: unknown, path = 'automatic') => service.failure('POST', `${base}/${path}`, body);
    expect(await failure(request())).toMatchObject({ status: 409, code: 'edit-refused' });
    expect(await failure({ imageIds: imageIds(), exampleIds: [] }, 'similar')).toMatchObject({ code: 'edit-refused' });
    await service.json('DELETE', `${base}/proposal-tasks/${id}`);
    expect(await failure(request({ imageIds: [99] }))).toMatchObject({ status: 404, code: 'not-found' });
    expect(await failure(request({ classId: 99 }))).toMatchObject({ status: 404, code: 'not-found' });
    expect(await failure(request({ imageIds: [] }))).toMatchObject({ status: 400, code: 'bad-request' });
    expect(await failure({ ...request(), preset: 'stars' })).toMatchObject({ status: 400, code: 'bad-request' });
    expect(await failure({ imageIds: imageIds(), exampleIds: [99] }, 'similar')).toMatchObject({ code: 'not-found' });
    expect(await failure({ imageIds: imageIds(), exampleIds: [] }, 'similar')).toMatchObject({
      code: 'edit-refused',
      message: expect.stringContaining('no accepted object'),
    });
    expect(await service.failure('GET', `${base}/proposal-tasks/x`)).toMatchObject({ status: 404, code: 'not-found' });
  });
});

describe('more like these', patience, () => {
  it('proposes on every image what is like the accepted objects and unlike the rejected ones', async () => {
    await open(2, { width: 280, height: 220 });
    const [first, second] = imageIds() as [number, number];
    await run({ imageIds: [first] });
    const { classes } = await edit({ type: 'addClass', name: 'Nucleus', color: '#112233', key: null });
    const nucleus = classes[0]!.after!.id;
    const whole = (await objectsOf(first)).filter(({ areaPx, proposal }) => areaPx > 300 && !proposal!.touchesBorder);
    const surest = whole.sort((a, b) => b.proposal!.confidence - a.proposal!.confidence).map(({ id }) => id);
    expect(surest.length).toBeGreaterThan(4);
    const exampleIds = surest.slice(0, 3);
    await edit({ type: 'acceptProposals', ids: exampleIds, classId: nucleus });
    await edit({ type: 'rejectProposals', ids: surest.slice(-1) });

    const similar = async () =>
      outcome(
        await service.json<ProposalTaskView>('POST', `${base}/similar`, { imageIds: [first, second], exampleIds }),
      );
    const { state, title, result } = await similar();
    expect({ state, title }).toEqual({ state: 'done', title: 'Look for similar objects on 2 images' });
    expect(result!.images.map(({ imageId }) => imageId)).toEqual([first, second]);
    const proposedOn = async (imageId: number) =>
      (await objectsOf(imageId)).filter(
        ({ proposal, state: now }) => proposal?.source === 'similar' && now === 'proposed',
      );
    for (const { imageId, proposals, prompts } of result!.images) {
      const proposed = await proposedOn(imageId);
      expect(proposed).toHaveLength(proposals);
      expect(prompts).toBeGreaterThan(0);
      for (const { classId, proposal } of proposed) {
        expect(classId).toBe(nucleus);
        expect(proposal!.confidence > 0 && proposal!.confidence <= 1).toBe(true);
      }
    }
    const found = await proposedOn(second);
    expect(found.length).toBeGreaterThan(0);
    expect((await service.json<ProjectView>('GET', base)).images.map(({ objectCount }) => objectCount)).toEqual([3, 0]);

    await similar();
    const again = await proposedOn(second);
    expect(places(again)).toEqual(places(found));
    expect(again.map(({ id }) => id)).not.toContain(found[0]!.id);

    const notAccepted = { imageIds: [first], exampleIds: surest.slice(-1) };
    expect(await service.failure('POST', `${base}/similar`, notAccepted)).toMatchObject({ code: 'edit-refused' });
  });
});
