import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ObjectView, PredictHeader, ProjectEvent, ProjectView } from '../api/contract.ts';
import type { ProposalTaskView } from '../api/proposals.ts';
import { buildInferenceProcess } from '../inference/testing.ts';
import { eventsOf, nextEvent, readFrame } from '../testing/serviceCalls.ts';
import { makeFolder, type RunningService, startService } from '../testing/startService.ts';

/** Just larger than what one look takes: 9 × 8 tiles, whose cores begin at multiples of 1000 and 937.5. */
const [width, height] = [9000, 7500];
/** On a corner of four tiles, across a border and larger than the halo, inside a tile. */
const discs = [
  { x: 1000, y: 937, radius: 60 },
  { x: 4000, y: 3280, radius: 220 },
  { x: 6500, y: 5150, radius: 45 },
];

const patience = { timeout: 240_000 };

let service: RunningService;
let remove: () => Promise<void>;
let base: string;
let image: string;
let project: ProjectView;
let events: AsyncGenerator<ProjectEvent>;

beforeAll(async () => {
  const entry = await buildInferenceProcess();
  const made = await makeFolder();
  remove = made.remove;
  const data = Buffer.alloc(width * height, 60);
  for (const { x, y, radius } of discs) {
    for (let row = y - radius; row < y + radius; row++) {
      const half = Math.round(Math.sqrt(radius ** 2 - (row + 0.5 - y) ** 2));
      data.fill(170, row * width + x - half, row * width + x + half);
    }
  }
  await sharp(data, { raw: { width, height, channels: 1 }, limitInputPixels: false })
    .toColourspace('b-w')
    .tiff({ compression: 'deflate', tile: true, tileWidth: 512, tileHeight: 512 })
    .toFile(join(made.folder, 'large.tif'));
  service = startService(join(made.folder, '..', 'data'), { entry });
  project = await service.json<ProjectView>('POST', '/api/projects/open', { paths: [made.folder] });
  base = `/api/projects/${project.id}`;
  image = `${base}/images/${project.images[0]!.id}`;
  await service.json('PUT', `${image}/display`, { range: [0, 255] });
  events = eventsOf(await service.send('GET', `${base}/events`));
}, 60_000);
afterAll(async () => {
  await service.close();
  await remove();
});

type TaskEvent = Extract<ProjectEvent, { type: 'proposal-task' }>;
const isTask = (event: ProjectEvent): event is TaskEvent => event.type === 'proposal-task';
const isOver = (event: ProjectEvent): event is TaskEvent => isTask(event) && event.task.state !== 'running';
/** In the middle of a tile in which masks were found. */
const isAmid = (event: ProjectEvent): event is TaskEvent => isTask(event) && / [1-9]\d* masks$/.test(event.task.detail);

const start = () =>
  service.json<ProposalTaskView>('POST', `${base}/automatic`, {
    imageIds: [project.images[0]!.id],
    preset: 'cracks',
    classId: project.classes[0]!.id,
    again: false,
  });
const objects = async () => (await service.json<{ objects: ObjectView[] }>('GET', `${image}/objects`)).objects;

it('answers prompts between the steps of a tile, and ends when it is cancelled', patience, async () => {
  const { id } = await start();
  const { detail } = (await nextEvent(events, isAmid)).task;
  expect(detail).toMatch(/^image 1\/1: large\.tif, tile \d+\/72 \(one tile = 1024 px\), \d+ masks$/);
  const click = {
    points: [{ ...discs[2]!, label: 1 }].map(({ x, y, label }) => ({ x, y, label })),
    box: null,
    refine: null,
  };
  const frame = await service.bytes('POST', `${image}/predict`, click);
  const { header } = readFrame<PredictHeader>(frame, ({ candidates }) => candidates.map(({ bbox }) => bbox));
  expect(header.candidates).not.toEqual([]);
  expect((await service.json<ProposalTaskView>('GET', `${base}/proposal-tasks/${id}`)).state).toBe('running');
  await service.json('DELETE', `${base}/proposal-tasks/${id}`);
  expect((await nextEvent(events, isOver)).task.state).toBe('cancelled');
  expect(await objects()).toEqual([]);
});

it('proposes each object once and whole, wherever tiles meet', patience, async () => {
  await start();
  const { state, result, error } = (await nextEvent(events, isOver)).task;
  expect({ state, error, failed: result?.failed }).toEqual({ state: 'done', error: null, failed: [] });
  const found = await objects();
  expect(found).toHaveLength(result!.images[0]!.proposals);
  for (const { x, y, radius } of discs) {
    const same = found.filter(({ bbox }) => {
      const off = [
        x - radius - bbox[0],
        y - radius - bbox[1],
        bbox[0] + bbox[2] - x - radius,
        bbox[1] + bbox[3] - y - radius,
      ];
      return off.every((by) => Math.abs(by) < 0.1 * radius);
    });
    expect(same.map(({ areaPx }) => areaPx / (Math.PI * radius ** 2))).toEqual([expect.closeTo(1, 1)]);
  }
  expect(service.defects).toEqual([]);
});
