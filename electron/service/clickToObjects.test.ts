import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  Bbox,
  ChangeView,
  EmbeddingView,
  MasksHeader,
  ObjectView,
  PredictHeader,
  ProjectEvent,
  ProjectView,
  TaskView,
} from './api/contract.ts';
import { eventsOf, nextEvent, readFrame } from './testing/serviceCalls.ts';
import { openSpecimenProject, type SpecimenProject } from './testing/specimenProject.ts';
import { grain } from './testing/specimens.ts';
import type { RunningService } from './testing/startService.ts';

let made: SpecimenProject;
let service: RunningService;
let folder: string;
let project: ProjectView;
let base: string;
/** The JPEG. */
let image: number;

beforeAll(async () => {
  made = await openSpecimenProject();
  image = made.imageOf(made.specimens[4]!);
  ({ service, folder, project, base } = made);
});
afterAll(() => made.close());

const click = { points: [{ x: grain.x, y: grain.y, label: 1 }], box: null, refine: null };
const { x: gx, y: gy, radius } = grain;
const box = { x0: gx - radius, y0: gy - radius, x1: gx + radius, y1: gy + radius };

async function predict(prompt: unknown = click) {
  const frame = await service.bytes('POST', `${base}/images/${image}/predict`, prompt);
  return readFrame<PredictHeader>(frame, ({ candidates }) => candidates.map(({ bbox }) => bbox));
}

const objectsNow = async () =>
  (await service.json<{ objects: ObjectView[] }>('GET', `${base}/images/${image}/objects`)).objects;

async function masksNow(query = '') {
  const frame = await service.bytes('GET', `${base}/images/${image}/masks${query}`);
  return readFrame<MasksHeader>(frame, ({ objects }) => objects.map(({ bbox }) => bbox));
}

const edit = (value: unknown) => service.json<ChangeView>('POST', `${base}/edits`, { edit: value });

/** Short, because showing where two windows of 100,000 pixels differ takes longer than anybody waits. */
const digestsOf = (windows: Uint8Array[]) =>
  windows.map((window) => createHash('sha256').update(window).digest('hex').slice(0, 16));

/** Foreground pixels of a window as 'x,y' in image space. */
function pixelsOf(window: Uint8Array, [x, y, width]: Bbox): Set<string> {
  const pixels = new Set<string>();
  window.forEach((value, at) => {
    if (value) pixels.add(`${x + (at % width)},${y + Math.floor(at / width)}`);
  });
  return pixels;
}

const isChange = (event: ProjectEvent) => event.type === 'change';
const isTask = (event: ProjectEvent) => event.type === 'task';
const isEmbedding = (event: ProjectEvent) => event.type === 'embedding';

describe('from a click to objects', () => {
  it('prepares the image, offers candidates, keeps the accepted, merges, takes back and does again', async () => {
    const events = eventsOf(await service.send('GET', `${base}/events`));
    await service.json<EmbeddingView>('POST', `${base}/images/${image}/embedding`);
    const ready = await nextEvent(
      events,
      (event): event is Extract<ProjectEvent, { type: 'embedding' }> =>
        isEmbedding(event) && event.imageId === image && event.embedding.status === 'ready',
    );
    expect(ready.embedding).toMatchObject({ progress: 1, error: null });

    const { header, windows } = await predict();
    expect(header.candidates.length).toBeGreaterThanOrEqual(1);
    expect(header.candidates.length).toBeLessThanOrEqual(3);
    header.candidates.forEach(({ bbox: [x, y, width, height], area, predictedIou, stability }, index) => {
      expect(windows[index]!.reduce((sum, value) => sum + value, 0)).toBe(area);
      expect(x >= 0 && y >= 0 && x + width <= 600 && y + height <= 520).toBe(true);
      expect(Number.isFinite(predictedIou)).toBe(true);
      expect(stability).toBeGreaterThanOrEqual(0);
      expect(stability).toBeLessThanOrEqual(1);
    });
    const boxed = await predict({ points: [], box, refine: null });
    const refined = await predict({ ...click, refine: header.candidates[0]!.id });
    expect(refined.header.candidates.length).toBeLessThanOrEqual(3);

    const classId = project.classes[0]!.id;
    const accept = async (candidateId: string) =>
      (await edit({ type: 'addObject', imageId: image, candidateId, classId })).objects[0]!.after!;
    const first = await accept(boxed.header.candidates[0]!.id);
    const second = await accept(refined.header.candidates[0]!.id);
    expect(first).toMatchObject({
      imageId: image,
      bbox: boxed.header.candidates[0]!.bbox,
      areaPx: boxed.header.candidates[0]!.area,
      model: header.model,
    });
    expect(second.prompts!.steps.map((step) => step.points)).toEqual([click.points, click.points]);

    const kept = await masksNow();
    expect(kept.header.objects.map(({ id }) => id)).toEqual([first.id, second.id]);
    expect(digestsOf(kept.windows)).toEqual(digestsOf([boxed.windows[0]!, refined.windows[0]!]));
    expect((await masksNow(`?ids=${second.id}`)).header.objects).toEqual([kept.header.objects[1]]);

    const merged = await edit({ type: 'mergeObjects', ids: [first.id, second.id] });
    expect(merged).toMatchObject({ label: 'merge 2 objects', history: { undo: 'merge 2 objects', redo: null } });
    const after = await masksNow();
    const union = new Set(kept.windows.flatMap((window, i) => [...pixelsOf(window, kept.header.objects[i]!.bbox)]));
    const pixels = pixelsOf(after.windows[0]!, after.header.objects[0]!.bbox);
    expect([pixels.size, [...pixels].every((pixel) => union.has(pixel))]).toEqual([union.size, true]);
    expect((await objectsNow()).map(({ id }) => id)).toEqual([first.id]);

    const undone = await service.json<ChangeView>('POST', `${base}/undo`);
    expect(undone.history).toEqual({ undo: 'accept object', redo: 'merge 2 objects' });
    expect(digestsOf((await masksNow()).windows)).toEqual(digestsOf(kept.windows));
    await service.json<ChangeView>('POST', `${base}/redo`);
    expect(digestsOf((await masksNow()).windows)).toEqual(digestsOf(after.windows));

    const view = await service.json<ProjectView>('GET', base);
    expect(view.seq).toBe(merged.seq + 2);
    expect(view.history).toEqual({ undo: 'merge 2 objects', redo: null });
    expect(view.images.find(({ id }) => id === image)).toMatchObject({ objectCount: 1, state: 'in-work' });
  });

  it('tells every listener of an edit what its author was answered', async () => {
    const author = eventsOf(await service.send('GET', `${base}/events`));
    const other = eventsOf(await service.send('GET', `${base}/events`));
    expect(await nextEvent(other, (event) => event.type === 'session')).toMatchObject({
      inference: { state: 'ready' },
    });
    const name = 'Körngrenze 晶界';
    const answers = [
      await edit({ type: 'addClass', name, color: '#12AB34', key: 'k' }),
      await service.json<ChangeView>('POST', `${base}/undo`),
    ];
    expect(answers[0]!.classes[0]!.after).toMatchObject({ name, color: '#12ab34' });
    for (const events of [author, other]) {
      for (const answer of answers)
        expect(await nextEvent(events, isChange)).toEqual({ type: 'change', change: answer });
      await events.return(undefined);
    }
  });

  it('lets the newest of two prompts on an image win', async () => {
    const older = service.failure('POST', `${base}/images/${image}/predict`, click);
    const newer = predict();
    expect(await older).toMatchObject({ status: 409, code: 'superseded' });
    expect((await newer).header.candidates.length).toBeGreaterThan(0);
  });

  it('answers for a prompt during which the inference process is killed, and works again on the next', async () => {
    await predict();
    const prompt = { answered: false };
    const prompting = service.failure('POST', `${base}/images/${image}/predict`, click).finally(() => {
      prompt.answered = true;
    });
    // When the prompt reaches the process can't be seen from here: whichever process runs meanwhile dies.
    while (!prompt.answered) {
      const pid = service.inference.pid();
      if (pid !== null) process.kill(pid, 'SIGKILL');
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await prompting).toMatchObject({ status: 502, code: 'inference-failed', remedy: expect.any(String) });
    expect((await predict()).header.candidates.length).toBeGreaterThan(0);
  });

  it('exports what was accepted as a zip', async () => {
    const events = eventsOf(await service.send('GET', `${base}/events`));
    const { id } = await service.json<TaskView>('POST', `${base}/exports`, {
      format: 'coco',
      output: null,
      options: { images: false },
    });
    const { task } = await nextEvent(
      events,
      (event): event is Extract<ProjectEvent, { type: 'task' }> =>
        isTask(event) && event.task.id === id && event.task.state !== 'running',
    );
    await events.return(undefined);
    expect(task).toMatchObject({ state: 'done', error: null, result: { objects: 1 } });
    const files = unzipSync(new Uint8Array(await service.bytes('GET', task.download!)));
    const json = Object.entries(files).find(([name]) => name.endsWith('.json'))![1];
    const { annotations } = JSON.parse(Buffer.from(json).toString()) as { annotations: { area: number }[] };
    expect(annotations.map(({ area }) => area)).toEqual([(await objectsNow())[0]!.areaPx]);
  });

  it('has everything again after closing and opening, undo included', async () => {
    const before = [await service.json<ProjectView>('GET', base), await objectsNow()];
    const events = eventsOf(await service.send('GET', `${base}/events`));
    expect((await service.send('DELETE', base)).status).toBe(204);
    await expect(nextEvent(events, isTask)).rejects.toThrow('ended');
    expect(await service.failure('GET', base)).toMatchObject({ status: 404, code: 'not-found' });
    expect(await readdir(folder)).not.toContain('project.lock');
    await service.json('POST', '/api/projects/open', { paths: [folder] });
    expect([await service.json<ProjectView>('GET', base), await objectsNow()]).toEqual(before);
    expect((await service.json<ChangeView>('POST', `${base}/undo`)).label).toBe('undo merge 2 objects');
    await service.json('POST', `${base}/redo`);
  });
});
