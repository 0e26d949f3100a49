import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  Bbox,
  ChangeView,
  DisplayRange,
  EmbeddingView,
  ImageView,
  MasksHeader,
  MicrographView,
  ObjectView,
  PredictHeader,
  ProjectEvent,
  ProjectView,
  SessionView,
  TaskView,
} from './api/contract.ts';
import { contentSecurityPolicy } from './api/headers.ts';
import { buildInferenceProcess } from './inference/testing.ts';
import { eventsOf, nextEvent, readFrame } from './testing/serviceCalls.ts';
import { grain, type Specimen, writeGreySpecimen, writeJpegSpecimen, writeSpecimens } from './testing/specimens.ts';
import { makeFolder, type RunningService, startService } from './testing/startService.ts';

let service: RunningService;
let entry: string;
let folder: string;
let dataFolder: string;
let remove: () => Promise<void>;
let specimens: Specimen[];
let project: ProjectView;
let base: string;

beforeAll(async () => {
  entry = await buildInferenceProcess();
  const made = await makeFolder();
  ({ folder, remove } = made);
  dataFolder = join(folder, '..', 'data');
  const page = join(folder, '..', 'page');
  await mkdir(join(page, 'assets'), { recursive: true });
  await writeFile(join(page, 'index.html'), '<!doctype html><title>Lamella</title>');
  await writeFile(join(page, 'assets', 'main-1a2b.js'), 'export {};');
  await writeFile(join(page, '.secret.txt'), 'hidden');
  await writeFile(join(folder, '..', 'secret.txt'), 'outside');
  await symlink(join(folder, '..', 'secret.txt'), join(page, 'link.txt'));
  specimens = [...(await writeSpecimens(folder)), await writeJpegSpecimen(folder, 'Übersicht.jpg')];
  await writeFile(join(folder, 'notes.txt'), 'no micrograph');
  service = startService(dataFolder, { entry, rendererFolder: page });
  project = await service.json<ProjectView>('POST', '/api/projects/open', { paths: [folder] });
  base = `/api/projects/${project.id}`;
});
afterAll(async () => {
  await service.close();
  await remove();
});

const imageOf = ({ name }: Specimen) => project.images.find((image) => image.name === name)!.id;

/** The plane as its tiles give it at full size. */
async function planeFromTiles(path: string, view: MicrographView): Promise<Uint8Array | Uint16Array> {
  const { widthPx, heightPx, samples, tileSize } = view;
  const length = widthPx * heightPx * samples;
  const data = view.dtype === 'uint8' ? new Uint8Array(length) : new Uint16Array(length);
  for (let ty = 0; ty * tileSize < heightPx; ty++) {
    for (let tx = 0; tx * tileSize < widthPx; tx++) {
      const response = await service.send('GET', `${path}/tiles/0/${tx}/${ty}`);
      const width = Number(response.headers.get('x-tile-width'));
      expect(width).toBe(Math.min(tileSize, widthPx - tx * tileSize));
      expect(response.headers.get('x-tile-height')).toBe(String(Math.min(tileSize, heightPx - ty * tileSize)));
      expect(response.headers.get('x-tile-samples')).toBe(String(samples));
      expect(response.headers.get('x-tile-dtype')).toBe(view.dtype);
      const bytes = await response.arrayBuffer();
      const tile = view.dtype === 'uint8' ? new Uint8Array(bytes) : new Uint16Array(bytes);
      for (let row = 0; row * width * samples < tile.length; row++) {
        const to = ((ty * tileSize + row) * widthPx + tx * tileSize) * samples;
        data.set(tile.subarray(row * width * samples, (row + 1) * width * samples), to);
      }
    }
  }
  return data;
}

const click = { points: [{ x: grain.x, y: grain.y, label: 1 }], box: null, refine: null };
const { x: gx, y: gy, radius } = grain;
const box = { x0: gx - radius, y0: gy - radius, x1: gx + radius, y1: gy + radius };

async function predict(image: number, prompt: unknown = click) {
  const frame = await service.bytes('POST', `${base}/images/${image}/predict`, prompt);
  return readFrame<PredictHeader>(frame, ({ candidates }) => candidates.map(({ bbox }) => bbox));
}

const objectsOf = async (image: number) =>
  (await service.json<{ objects: ObjectView[] }>('GET', `${base}/images/${image}/objects`)).objects;

async function masksOf(image: number, query = '') {
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

describe('opening a folder', () => {
  it('makes it a project of its micrographs, in the list’s order, and writes only what belongs to it', async () => {
    expect(project).toMatchObject({ name: 'Proben Gefüge 试样', writable: true, notices: [], seq: 0 });
    expect(project.images.map(({ name }) => name)).toEqual([
      'colour 8.png',
      'colour 16.tif',
      'grey 8.tiff',
      'grey 16.png',
      'Übersicht.jpg',
    ]);
    expect((await readdir(folder)).sort()).toEqual(
      [...specimens.map(({ name }) => name), 'cache', 'notes.txt', 'project.lamella', 'project.lock'].sort(),
    );
  });

  it('is the same project when it is opened again, by whatever path', async () => {
    const paths = [`${folder}/`, join(folder, 'project.lamella'), join(folder, 'cache', '..')];
    const opened = await Promise.all(
      paths.map((path) => service.json<ProjectView>('POST', '/api/projects/open', { paths: [path] })),
    );
    expect(opened.map(({ id, writable }) => [id, writable])).toEqual(paths.map(() => [project.id, true]));
    const session = await service.json<SessionView>('GET', '/api/session');
    expect(session).toMatchObject({ host: 'loopback', projectId: project.id, dataFolder });
    expect(session.recent[0]).toMatchObject({ name: 'Proben Gefüge 试样' });
    expect(session.models).toContainEqual(expect.objectContaining({ origin: 'embedded' }));
  });
});

describe('a micrograph', () => {
  it.each([0, 1, 2, 3, 4])('shows what its file holds (specimen %i)', async (index) => {
    const specimen = specimens[index]!;
    const path = `${base}/images/${imageOf(specimen)}`;
    const view = await service.json<MicrographView>('GET', path);
    const { widthPx, heightPx, samples, data } = specimen.plane;
    const wide = data instanceof Uint16Array;
    expect(view).toMatchObject({ widthPx, heightPx, samples, dtype: wide ? 'uint16' : 'uint8', levels: 2 });
    expect(view.fullRange).toEqual([0, wide ? 65_535 : 255]);
    expect(view.displayRange).toEqual(view.autoRange);
    expect(view.histogram).toHaveLength(256);
    expect(view.histogram.reduce((sum, count) => sum + count, 0)).toBe(data.length);

    const shown = await planeFromTiles(path, view);
    expect(shown.findIndex((value, at) => value !== data[at])).toBe(-1);
    for (const [x, y] of [
      [0, 0],
      [gx, gy],
      [widthPx - 1, heightPx - 1],
    ] as const) {
      const { values } = await service.json<{ values: number[] }>('GET', `${path}/pixel?x=${x}&y=${y}`);
      expect(values).toEqual([...data.subarray((y * widthPx + x) * samples, (y * widthPx + x + 1) * samples)]);
    }
    const half = await service.send('GET', `${path}/tiles/1/0/0`);
    expect([half.headers.get('x-tile-width'), half.headers.get('x-tile-height')]).toEqual(['300', '260']);
    const thumbnail = new Uint8Array(await service.bytes('GET', `${path}/thumbnail`));
    expect([...thumbnail.subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
  });

  it('keeps the display range that was set, until automatic contrast is asked for again', async () => {
    const path = `${base}/images/${imageOf(specimens[3]!)}`;
    const { autoRange } = await service.json<MicrographView>('GET', path);
    const set = (range: DisplayRange | null) =>
      service.json<{ displayRange: DisplayRange }>('PUT', `${path}/display`, { range });
    expect(await set([1000, 9000.5])).toEqual({ displayRange: [1000, 9000.5] });
    expect((await service.json<MicrographView>('GET', path)).displayRange).toEqual([1000, 9000.5]);
    expect(await set(null)).toEqual({ displayRange: autoRange });
  });
});

describe('from a click to objects', () => {
  it('prepares the image, offers candidates, keeps the accepted, merges, takes back and does again', async () => {
    const image = imageOf(specimens[4]!);
    const events = eventsOf(await service.send('GET', `${base}/events`));
    await service.json<EmbeddingView>('POST', `${base}/images/${image}/embedding`);
    const ready = await nextEvent(
      events,
      (event): event is Extract<ProjectEvent, { type: 'embedding' }> =>
        isEmbedding(event) && event.imageId === image && event.embedding.status === 'ready',
    );
    expect(ready.embedding).toMatchObject({ progress: 1, error: null });

    const { header, windows } = await predict(image);
    expect(header.candidates.length).toBeGreaterThanOrEqual(1);
    expect(header.candidates.length).toBeLessThanOrEqual(3);
    header.candidates.forEach(({ bbox: [x, y, width, height], area, predictedIou, stability }, index) => {
      expect(windows[index]!.reduce((sum, value) => sum + value, 0)).toBe(area);
      expect(x >= 0 && y >= 0 && x + width <= 600 && y + height <= 520).toBe(true);
      expect(Number.isFinite(predictedIou)).toBe(true);
      expect(stability).toBeGreaterThanOrEqual(0);
      expect(stability).toBeLessThanOrEqual(1);
    });
    const boxed = await predict(image, { points: [], box, refine: null });
    const refined = await predict(image, { ...click, refine: header.candidates[0]!.id });
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

    const kept = await masksOf(image);
    expect(kept.header.objects.map(({ id }) => id)).toEqual([first.id, second.id]);
    expect(digestsOf(kept.windows)).toEqual(digestsOf([boxed.windows[0]!, refined.windows[0]!]));
    expect((await masksOf(image, `?ids=${second.id}`)).header.objects).toEqual([kept.header.objects[1]]);

    const merged = await edit({ type: 'mergeObjects', ids: [first.id, second.id] });
    expect(merged).toMatchObject({ label: 'merge 2 objects', history: { undo: 'merge 2 objects', redo: null } });
    const after = await masksOf(image);
    const union = new Set(kept.windows.flatMap((window, i) => [...pixelsOf(window, kept.header.objects[i]!.bbox)]));
    const pixels = pixelsOf(after.windows[0]!, after.header.objects[0]!.bbox);
    expect([pixels.size, [...pixels].every((pixel) => union.has(pixel))]).toEqual([union.size, true]);
    expect((await objectsOf(image)).map(({ id }) => id)).toEqual([first.id]);

    const undone = await service.json<ChangeView>('POST', `${base}/undo`);
    expect(undone.history).toEqual({ undo: 'accept object', redo: 'merge 2 objects' });
    expect(digestsOf((await masksOf(image)).windows)).toEqual(digestsOf(kept.windows));
    await service.json<ChangeView>('POST', `${base}/redo`);
    expect(digestsOf((await masksOf(image)).windows)).toEqual(digestsOf(after.windows));

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
    const image = imageOf(specimens[4]!);
    const older = service.failure('POST', `${base}/images/${image}/predict`, click);
    const newer = predict(image);
    expect(await older).toMatchObject({ status: 409, code: 'superseded' });
    expect((await newer).header.candidates.length).toBeGreaterThan(0);
  });

  it('answers for a prompt during which the inference process is killed, and works again on the next', async () => {
    const image = imageOf(specimens[4]!);
    await predict(image);
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
    expect((await predict(image)).header.candidates.length).toBeGreaterThan(0);
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
    expect(annotations.map(({ area }) => area)).toEqual([(await objectsOf(imageOf(specimens[4]!)))[0]!.areaPx]);
  });

  it('has everything again after closing and opening, undo included', async () => {
    const image = imageOf(specimens[4]!);
    const before = [await service.json<ProjectView>('GET', base), await objectsOf(image)];
    const events = eventsOf(await service.send('GET', `${base}/events`));
    expect((await service.send('DELETE', base)).status).toBe(204);
    await expect(nextEvent(events, isTask)).rejects.toThrow('ended');
    expect(await service.failure('GET', base)).toMatchObject({ status: 404, code: 'not-found' });
    expect(await readdir(folder)).not.toContain('project.lock');
    await service.json('POST', '/api/projects/open', { paths: [folder] });
    expect([await service.json<ProjectView>('GET', base), await objectsOf(image)]).toEqual(before);
    expect((await service.json<ChangeView>('POST', `${base}/undo`)).label).toBe('undo merge 2 objects');
    await service.json('POST', `${base}/redo`);
  });
});

describe('uploads', () => {
  it('go into a project of their own, once each, by names that no file system refuses', async () => {
    const inbox = await service.json<ProjectView>('POST', '/api/projects/inbox', { name: '../Von Hand' });
    expect(inbox).toMatchObject({ writable: true, images: [] });
    const upload = (name: string, bytes: Uint8Array) =>
      service.json<ImageView>('POST', `/api/projects/${inbox.id}/upload?name=${encodeURIComponent(name)}`, bytes);
    const grey = await readFile(specimens[2]!.path);
    const first = await upload('../../Schliff 1.tiff', grey);
    expect(first).toMatchObject({ name: 'Schliff 1.tiff', widthPx: 600, heightPx: 520, problem: null });
    expect(first.path).toBe(join(inbox.folder, 'Schliff 1.tiff'));
    expect(await readFile(first.path)).toEqual(grey);
    expect((await upload('Schliff 1.tiff', grey)).id).toBe(first.id);
    expect((await upload('Schliff 1.tiff', await readFile(specimens[3]!.path))).name).toBe('Schliff 1 (2).tiff');
    expect((await upload('broken.png', Buffer.from('no picture'))).problem).toMatchObject({
      code: 'file-unsupported',
    });
    const path = `/api/projects/${inbox.id}/upload?name=`;
    expect(await service.failure('POST', `${path}project.lamella`, 'x')).toMatchObject({ code: 'file-unsupported' });
    expect(await service.failure('POST', `${path}a.png`)).toMatchObject({ code: 'bad-request' });
    expect((await readdir(inbox.folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

describe('the sample micrographs', () => {
  it('open as a project of six that can all be shown', async () => {
    const sample = await service.json<ProjectView>('POST', '/api/projects/sample');
    expect(sample.images).toHaveLength(6);
    expect(sample.folder.startsWith(dataFolder)).toBe(true);
    await service.workbench.project(sample.id).lookAtImages();
    const { images } = await service.json<ProjectView>('GET', `/api/projects/${sample.id}`);
    for (const { id, problem, widthPx } of images) {
      expect(problem).toBeNull();
      const view = await service.json<MicrographView>('GET', `/api/projects/${sample.id}/images/${id}`);
      expect(view.widthPx).toBe(widthPx);
    }
    expect((await service.json<ProjectView>('POST', '/api/projects/sample')).id).toBe(sample.id);
  });
});

describe('a request that is wrong', () => {
  const point = { x: 1, y: 1, label: 1 };
  const cases: [why: string, method: string, path: string, body: unknown, status: number, code: string][] = [
    ['no JSON', 'POST', '/api/projects/open', '{"paths": [', 400, 'bad-request'],
    ['no body', 'POST', '/api/projects/open', undefined, 400, 'bad-request'],
    ['a field missing', 'POST', '/api/projects/open', {}, 400, 'bad-request'],
    ['nothing named', 'POST', '/api/projects/open', { paths: [] }, 400, 'bad-request'],
    ['part of a path', 'POST', '/api/projects/open', { paths: ['images/a.png'] }, 400, 'bad-request'],
    ['a NUL in a path', 'POST', '/api/projects/open', { paths: ['/tmp/a\0b'] }, 400, 'bad-request'],
    ['an absent path', 'POST', '/api/projects/open', { paths: ['/no such folder/at all'] }, 404, 'file-missing'],
    ['too large', 'POST', '/api/projects/open', `"${'x'.repeat(5_000_000)}"`, 400, 'bad-request'],
    ['an unknown project', 'GET', '/api/projects/000000000000', undefined, 404, 'not-found'],
    ['an unknown project to edit', 'POST', '/api/projects/000000000000/undo', undefined, 404, 'not-found'],
    ['an unknown route', 'GET', '/api/nothing', undefined, 404, 'not-found'],
    ['another method', 'PUT', '/api/session', undefined, 404, 'not-found'],
    ['an unknown image', 'GET', ':p/images/99', undefined, 404, 'not-found'],
    ['an unknown image to prepare', 'POST', ':p/images/99/embedding', undefined, 404, 'not-found'],
    ['an image that is no number', 'GET', ':p/images/1e1', undefined, 400, 'bad-request'],
    ['a number beyond all', 'GET', `:p/images/${'9'.repeat(30)}`, undefined, 400, 'bad-request'],
    ['a tile outside', 'GET', ':p/images/1/tiles/0/2/0', undefined, 404, 'not-found'],
    ['a level that is not there', 'GET', ':p/images/1/tiles/2/0/0', undefined, 404, 'not-found'],
    ['a plane that is not there', 'GET', ':p/images/1/tiles/0/0/0?z=1', undefined, 404, 'not-found'],
    ['a pixel outside', 'GET', ':p/images/1/pixel?x=600&y=0', undefined, 404, 'not-found'],
    ['a pixel between', 'GET', ':p/images/1/pixel?x=1.5&y=0', undefined, 400, 'bad-request'],
    ['a pixel before', 'GET', ':p/images/1/pixel?x=-1&y=0', undefined, 400, 'bad-request'],
    ['half a pixel', 'GET', ':p/images/1/pixel?x=1', undefined, 400, 'bad-request'],
    ['an empty range', 'PUT', ':p/images/1/display', { range: [5, 5] }, 400, 'bad-request'],
    ['no range', 'PUT', ':p/images/1/display', {}, 400, 'bad-request'],
    ['no prompt', 'POST', ':p/images/1/predict', { points: [], box: null, refine: null }, 400, 'bad-request'],
    [
      'a box inside out',
      'POST',
      ':p/images/1/predict',
      { points: [], box: { x0: 9, y0: 0, x1: 1, y1: 5 }, refine: null },
      400,
      'bad-request',
    ],
    [
      'a label of another kind',
      'POST',
      ':p/images/1/predict',
      { points: [{ ...point, label: 2 }], box: null, refine: null },
      400,
      'bad-request',
    ],
    [
      'more points than are taken',
      'POST',
      ':p/images/1/predict',
      { points: Array.from({ length: 257 }, () => point), box: null, refine: null },
      400,
      'bad-request',
    ],
    [
      'a candidate to refine that is gone',
      'POST',
      ':p/images/1/predict',
      { points: [point], box: null, refine: 'x' },
      404,
      'not-found',
    ],
    ['ids that are none', 'GET', ':p/images/1/masks?ids=1,,2', undefined, 400, 'bad-request'],
    ['masks of an unknown image', 'GET', ':p/images/99/masks', undefined, 404, 'not-found'],
    ['an unknown edit', 'POST', ':p/edits', { edit: { type: 'paint' } }, 400, 'bad-request'],
    [
      'a candidate that is gone',
      'POST',
      ':p/edits',
      { edit: { type: 'addObject', imageId: 1, candidateId: 'x', classId: 1 } },
      404,
      'not-found',
    ],
    ['one object to merge', 'POST', ':p/edits', { edit: { type: 'mergeObjects', ids: [1] } }, 400, 'bad-request'],
    ['unknown objects', 'POST', ':p/edits', { edit: { type: 'deleteObjects', ids: [987] } }, 404, 'not-found'],
    ['nothing to set', 'POST', ':p/edits', { edit: { type: 'updateObjects', ids: [1], set: {} } }, 400, 'bad-request'],
    [
      'a colour that is none',
      'POST',
      ':p/edits',
      { edit: { type: 'addClass', name: 'x', color: 'red', key: null } },
      400,
      'bad-request',
    ],
    ['the last class', 'POST', ':p/edits', { edit: { type: 'removeClass', id: 1, moveTo: null } }, 409, 'edit-refused'],
    ['a name that no file has', 'POST', ':p/upload?name=..', 'x', 400, 'bad-request'],
    ['an unknown format', 'POST', ':p/exports', { format: 'pascal', output: null, options: {} }, 400, 'bad-request'],
    ['half an output', 'POST', ':p/exports', { format: 'coco', output: 'out', options: {} }, 400, 'bad-request'],
    ['an unknown task', 'GET', ':p/tasks/1', undefined, 404, 'not-found'],
  ];

  it.each(cases)('%s is answered with what is wrong', async (_why, method, path, body, status, code) => {
    const failure = await service.failure(method, path.replace(':p', base), body);
    expect(failure).toMatchObject({ status, code });
    expect(failure.message).not.toBe('');
  });

  it('names the field', async () => {
    const { message } = await service.failure('POST', `${base}/images/1/predict`, { points: [{ x: 1, y: 'a' }] });
    expect(message).toMatch(/body\.points\.0\.y.*body\.points\.0\.label.*body\.box/s);
  });

  it('is no defect of the service', () => {
    expect(service.defects).toEqual([]);
  });
});

describe('the page’s files', () => {
  it('are served with what they are and nothing else may be loaded', async () => {
    const index = await service.send('GET', '/');
    expect(await index.text()).toContain('<title>Lamella</title>');
    expect(index.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const script = await service.send('GET', '/assets/main-1a2b.js');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('cache-control')).toContain('immutable');
    for (const response of [
      index,
      script,
      await service.send('GET', '/api/session'),
      await service.send('GET', '/x'),
    ]) {
      expect(response.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect((await service.send('GET', '/api/session')).headers.get('cache-control')).toBe('no-store');
    expect(contentSecurityPolicy).toMatch(/default-src 'self'.*script-src 'self'.*frame-ancestors 'none'/);
    expect(contentSecurityPolicy).not.toMatch(/script-src[^;]*unsafe|https?:|\*/);
  });

  it.each([
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/%2f..%2fsecret.txt',
    '/.secret.txt',
    '/assets/%2e%2e/.secret.txt',
    '/link.txt',
    '/index.html%00.txt',
    '/%c0%ae%c0%ae/secret.txt',
    '/C:%5csecret.txt',
    '/assets',
    '/assets/absent.js',
    `/${'a'.repeat(5000)}.txt`,
  ])('%s leads nowhere', async (path) => {
    const response = await service.send('GET', path);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toMatch(/outside|hidden/);
  });

  it('are not there where the service has no page', async () => {
    const bare = startService(join(dataFolder, 'bare'));
    expect((await bare.send('GET', '/')).status).toBe(404);
    const { inference } = await bare.json<SessionView>('GET', '/api/session');
    expect(inference).toMatchObject({ state: 'failed', message: expect.stringContaining('not built') });
    await bare.close();
  });
});

describe('files one by one', () => {
  it('make a project of their folder with only these, and others can be added', async () => {
    const other = join(folder, '..', 'Einzelne');
    await mkdir(other);
    const names = ['a 1.png', 'a 2.png', 'a 10.png'];
    for (const name of names) await writeGreySpecimen(other, name);
    const open = await service.json<ProjectView>('POST', '/api/projects/open', { paths: [join(other, 'a 10.png')] });
    expect(open.images.map(({ name }) => name)).toEqual(['a 10.png']);
    const added = await service.json<ProjectView>('POST', `/api/projects/${open.id}/images`, {
      paths: [join(other, 'a 2.png'), specimens[0]!.path],
    });
    expect(added.images.map(({ name }) => name)).toEqual(['a 2.png', 'a 10.png', 'colour 8.png']);
    const image = added.images[2]!;
    expect(image.path).toBe(specimens[0]!.path);
    const view = await service.json<MicrographView>('GET', `/api/projects/${open.id}/images/${image.id}`);
    expect(view.samples).toBe(3);
    expect(
      await service.failure('POST', `/api/projects/${open.id}/images`, { paths: [join(folder, 'notes.txt')] }),
    ).toMatchObject({ status: 415, code: 'file-unsupported', path: join(folder, 'notes.txt') });
  });
});
