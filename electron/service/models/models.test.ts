import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ChangeView, EmbeddingView, ImageView, ObjectView, ProjectView, SessionView } from '../api/contract.ts';
import type { ModelEvent, ModelsView, ModelTaskView } from '../api/models.ts';
import { buildInferenceProcess } from '../inference/testing.ts';
import { eventsOf, readFrame } from '../testing/serviceCalls.ts';
import { grain, writeGreySpecimen } from '../testing/specimens.ts';
import { appRoot, makeFolder, type RunningService, startService } from '../testing/startService.ts';
import { readChosenModel } from './chosenModel.ts';
import { buildModelProcess } from './testing.ts';

const embedded = join(appRoot, 'native-models', 'embedded', 'lamella-v3');
let entry: string;
let modelEntry: string;
let folder: string;
let data: string;
let remove: () => Promise<void>;
let service: RunningService;

beforeAll(async () => {
  [entry, modelEntry] = await Promise.all([buildInferenceProcess(), buildModelProcess()]);
});
beforeEach(async () => {
  ({ folder, remove } = await makeFolder());
  data = join(folder, '..', 'data');
  service = startService(data, { entry, modelEntry });
});
afterEach(async () => {
  await service.close();
  await remove();
  if (service.defects.length > 0) throw new Error(`Taken for defects: ${service.defects.join('; ')}`);
});
afterAll(() => vi.unstubAllEnvs());

const models = () => service.json<ModelsView>('GET', '/api/models');
const request = { path: null, upload: null, name: null, precision: 'fp32', configPath: null };

/** Starts a task and gives how it ended, and the progress that was told on the way. */
async function ended(start: () => Promise<ModelTaskView>): Promise<{ task: ModelTaskView; told: number[] }> {
  const events = eventsOf<ModelEvent>(await service.send('GET', '/api/models/events'));
  const { id } = await start();
  const told: number[] = [];
  for await (const event of events) {
    if (event.type !== 'task' || event.task.id !== id) continue;
    if (event.task.progress !== null) told.push(event.task.progress);
    if (event.task.state !== 'running') return { task: event.task, told };
  }
  throw new Error('the events ended');
}

const addPackage = (name: string) =>
  ended(() => service.json('POST', '/api/models/add', { ...request, path: embedded, name }));

async function activeModel(): Promise<string | null> {
  const { inference, activeModel } = await service.json<SessionView>('GET', '/api/session');
  return inference.state === 'ready' ? (activeModel?.name ?? null) : null;
}

describe('models', () => {
  it('are listed with what is wrong and what could be downloaded', async () => {
    await mkdir(join(data, 'models', 'half'), { recursive: true });
    await writeFile(join(data, 'models', 'half', 'model.json'), '{');
    const { models: list, problems, catalogue, chosenProblem, tasks } = await models();
    expect(list).toMatchObject([{ name: 'lamella-v3', chosen: true, removable: false, inputSize: 1024 }]);
    expect(problems).toMatchObject([
      { code: 'model-invalid', model: 'half', path: join(data, 'models', 'half', 'model.json') },
    ]);
    expect({ chosenProblem, tasks }).toEqual({ chosenProblem: null, tasks: [] });
    expect((await service.json<ModelsView>('DELETE', '/api/models/half')).problems).toEqual([]);
    expect(catalogue.find(({ name }) => name === 'mobile-sam')).toMatchObject({
      ...{ verified: true, added: false, path: join(data, 'downloads', 'mobile_sam.pt') },
    });
  });

  it('are added, verified, used and removed; projects encode anew and objects keep the name of their model', async () => {
    await writeGreySpecimen(folder, 'a.png');
    const project = await service.json<ProjectView>('POST', '/api/projects/open', { paths: [folder] });
    const image = `/api/projects/${project.id}/images/1`;
    await service.json<EmbeddingView>('POST', `${image}/embedding`);
    await vi.waitUntil(
      async () => (await service.json<EmbeddingView>('POST', `${image}/embedding`)).status === 'ready',
      {
        ...{ timeout: 30_000, interval: 50 },
      },
    );
    const accept = async () => {
      const prompt = { points: [{ x: grain.x, y: grain.y, label: 1 }], box: null, refine: null };
      const frame = await service.bytes('POST', `${image}/predict`, prompt);
      const { header } = readFrame<{
        model: string;
        candidates: { id: string; bbox: [number, number, number, number] }[];
      }>(frame, ({ candidates }) => candidates.map(({ bbox }) => bbox));
      const edit = { type: 'addObject', imageId: 1, candidateId: header.candidates[0]!.id, classId: 1 };
      await service.json<ChangeView>('POST', `/api/projects/${project.id}/edits`, { edit });
      return header.model;
    };
    expect(await accept()).toBe('lamella-v3');

    const { task, told } = await addPackage('mine');
    expect(task).toMatchObject({ state: 'done', error: null, result: { type: 'added', name: 'mine', leftOut: [] } });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect((await models()).models.map(({ name, chosen }) => [name, chosen])).toEqual([
      ['lamella-v3', true],
      ['mine', false],
    ]);
    const verified = await ended(() => service.json('POST', '/api/models/mine/verify'));
    expect(verified.task.result).toMatchObject({ type: 'verified', report: { ok: true } });

    // Equal weights would give an equal embedding: it is computed anew only where the model says something else.
    const described = join(data, 'models', 'mine', 'model.json');
    const description = JSON.parse(await readFile(described, 'utf8')) as { preparation: { padValue: number } };
    description.preparation.padValue = 0.5;
    await writeFile(described, JSON.stringify(description));

    const statuses: string[] = [];
    const stop = service.workbench.project(project.id).events.subscribe((event) => {
      if (event.type === 'embedding') statuses.push(event.embedding.status);
    });
    const chosen = await service.json<ModelsView>('PUT', '/api/models/chosen', { name: 'mine' });
    expect(chosen.models.find(({ name }) => name === 'mine')).toMatchObject({ chosen: true });
    await vi.waitUntil(() => statuses.at(-1) === 'ready', { timeout: 30_000 });
    stop();
    expect(statuses).toContain('encoding');
    expect(await activeModel()).toBe('mine');
    expect(await accept()).toBe('mine');
    const { objects } = await service.json<{ objects: ObjectView[] }>('GET', `${image}/objects`);
    expect(objects.map(({ model }) => model)).toEqual(['lamella-v3', 'mine']);
    expect((await service.json<ProjectView>('GET', `/api/projects/${project.id}`)).images).toMatchObject([
      { objectCount: 2 } satisfies Partial<ImageView>,
    ]);

    expect(await service.failure('DELETE', '/api/models/mine')).toMatchObject({
      ...{ status: 409, code: 'model-refused', remedy: 'Use another model first.' },
    });
    await service.json('PUT', '/api/models/chosen', { name: 'lamella-v3' });
    expect(readChosenModel(data)).toEqual({ name: null, problem: null });
    await vi.waitUntil(async () => (await activeModel()) === 'lamella-v3', { timeout: 30_000, interval: 50 });
    expect((await service.json<ModelsView>('DELETE', '/api/models/mine')).models).toHaveLength(1);
    expect(await readdir(join(data, 'models'))).toEqual([]);
  });

  it('goes on with an encode that runs when another model is chosen', async () => {
    await writeGreySpecimen(folder, 'a.png');
    await addPackage('mine');
    const project = await service.json<ProjectView>('POST', '/api/projects/open', { paths: [folder] });
    const image = `/api/projects/${project.id}/images/1`;
    const statuses: string[] = [];
    service.workbench.project(project.id).events.subscribe((event) => {
      if (event.type === 'embedding') statuses.push(event.embedding.status);
    });
    await service.json<EmbeddingView>('POST', `${image}/embedding`);
    await vi.waitUntil(() => statuses.includes('encoding'), { timeout: 30_000 });
    await service.json('PUT', '/api/models/chosen', { name: 'mine' });
    await vi.waitUntil(() => statuses.at(-1) === 'ready', { timeout: 30_000 });
    expect(statuses).not.toContain('failed');
    expect(await activeModel()).toBe('mine');
  });

  it('keeps the choice over a restart, and says so when the chosen model is gone or damaged', async () => {
    await addPackage('mine');
    await service.json('PUT', '/api/models/chosen', { name: 'mine' });
    const path = join(data, 'models', 'mine', 'encoder.onnx');
    const restart = async () => {
      await service.close();
      service = startService(data, { entry, modelEntry });
      let view: SessionView;
      await vi.waitUntil(
        async () => (view = await service.json<SessionView>('GET', '/api/session')).inference.state !== 'starting',
        { timeout: 30_000, interval: 50 },
      );
      return view!;
    };
    expect(await restart()).toMatchObject({ activeModel: { name: 'mine' }, inference: { state: 'ready' } });

    const bytes = await readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(path, bytes);
    const altered = await restart();
    expect(altered).toMatchObject({ activeModel: null, inference: { state: 'failed' } });
    expect(altered.inference.message).toContain(path);

    await rm(join(data, 'models', 'mine'), { recursive: true });
    const gone = await restart();
    expect(gone).toMatchObject({ activeModel: null, inference: { state: 'failed' } });
    expect(gone.inference.message).toMatch(/no model called mine.*lamella-v3/);
    expect(await models()).toMatchObject({ chosenProblem: { code: 'not-found' }, models: [{ chosen: false }] });
    await service.json('PUT', '/api/models/chosen', { name: 'lamella-v3' });
    await vi.waitUntil(async () => (await activeModel()) === 'lamella-v3', { timeout: 30_000, interval: 50 });
  });

  it('are added from what was uploaded, which is gone then', async () => {
    let upload = '';
    for (const name of ['encoder.onnx', 'decoder.onnx', 'model.json']) {
      const path = `/api/models/uploads?name=${name}${upload && `&upload=${upload}`}`;
      ({ upload } = await service.json<{ upload: string }>('POST', path, await readFile(join(embedded, name))));
    }
    const { task } = await ended(() => service.json('POST', '/api/models/add', { ...request, upload, name: 'sent' }));
    expect(task).toMatchObject({ state: 'done', result: { name: 'sent' } });
    expect(await readdir(join(data, 'uploads'))).toEqual([]);
    expect(await service.failure('POST', '/api/models/uploads?name=a.png', 'x')).toMatchObject({
      ...{ status: 415, code: 'file-unsupported' },
    });
  });

  it('are refused with the reason: no checkpoint, a name that is taken, wrong requests', async () => {
    const note = join(folder, 'note.pt');
    await writeFile(note, 'no weights');
    const add = (more: object) => ended(() => service.json('POST', '/api/models/add', { ...request, ...more }));
    expect((await add({ path: note })).task).toMatchObject({
      ...{ state: 'failed', error: { path: note, message: expect.any(String) as string } },
    });
    expect((await add({ path: embedded })).task).toMatchObject({ state: 'failed', error: { code: 'model-refused' } });
    expect((await add({ path: join(folder, 'nix.pt') })).task.error).toMatchObject({ code: 'file-missing' });
    expect(await service.failure('POST', '/api/models/add', request)).toMatchObject({ code: 'bad-request' });
    expect(await service.failure('PUT', '/api/models/chosen', { name: 'nix' })).toMatchObject({ code: 'not-found' });
    expect(await service.failure('POST', '/api/models/nix/verify')).toMatchObject({ code: 'not-found' });
    expect(await service.failure('DELETE', '/api/models/lamella-v3')).toMatchObject({ code: 'model-refused' });
    expect(await readdir(join(data, 'models'))).toEqual([]);
  });

  it('can be given up while they are added', async () => {
    const events = eventsOf<ModelEvent>(await service.send('GET', '/api/models/events'));
    const ready = join(folder, 'ready');
    await cp(embedded, ready, { recursive: true });
    const { id } = await service.json<ModelTaskView>('POST', '/api/models/add', {
      ...request,
      path: ready,
      name: 'mine',
    });
    for await (const event of events) {
      if (event.type === 'task' && event.task.id === id && event.task.progress !== null) break;
    }
    expect(await service.json('DELETE', `/api/models/tasks/${id}`)).toMatchObject({ state: 'cancelled', error: null });
    expect(await readdir(join(data, 'models'))).toEqual([]);
  });

  it('tells a setting that can’t be read, and uses the model that ships', async () => {
    await service.close();
    await mkdir(data, { recursive: true });
    await writeFile(join(data, 'settings.json'), '{"model": 5}');
    service = startService(data, { entry, modelEntry });
    expect((await models()).problems).toMatchObject([{ code: 'file-damaged', path: join(data, 'settings.json') }]);
    await service.json('PUT', '/api/models/chosen', { name: 'lamella-v3' });
    expect((await models()).problems).toEqual([]);
  });
});
