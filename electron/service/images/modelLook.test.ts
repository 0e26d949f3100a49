import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  EmbeddingView,
  MicrographView,
  ModelLook,
  PredictHeader,
  ProjectEvent,
  ProjectView,
} from '../api/contract.ts';
import { buildInferenceProcess } from '../inference/testing.ts';
import { writeTiff } from '../micrographs/testing/tiffWriter.ts';
import { writeFile } from 'node:fs/promises';
import { eventsOf, nextEvent, readFrame } from '../testing/serviceCalls.ts';
import { makeFolder, type RunningService, startService } from '../testing/startService.ts';
import { lookKey, paintLook } from './modelLook.ts';

const plain: ModelLook = { gamma: 1, inverted: false, table: null, composite: null };
const side = 256;

/** Grey levels that differ between the channels: a ramp along x, and one along y. */
const ramps = [(x: number) => 100 + x * 10, (_: number, y: number) => 50 + y * 4];

/** A hyperstack of two channels as ImageJ writes it, 16 bits. */
async function writeChannels(path: string): Promise<void> {
  const size = { 256: [side], 257: [side], 278: [side] };
  const description = 'ImageJ=1.54f\nimages=2\nchannels=2\nhyperstack=true\nmode=composite\n';
  const tags = { ...size, 258: [16], 259: [1], 262: [1], 277: [1], 270: description };
  const pages = ramps.map((value) => {
    const samples = Uint16Array.from({ length: side * side }, (_, i) => value(i % side, Math.floor(i / side)));
    return { tags, blocks: [Buffer.from(samples.buffer)] };
  });
  await writeFile(path, writeTiff(pages));
}

describe('what the screen shows, painted for the model', () => {
  const greyPlane = fc
    .array(fc.integer({ min: 0, max: 65_535 }), { minLength: 6, maxLength: 6 })
    .map((values) => ({ widthPx: 3, heightPx: 2, samples: 1 as const, data: Uint16Array.from(values) }));
  const look = fc.record({ gamma: fc.double({ min: 0.2, max: 5, noNaN: true }), inverted: fc.boolean() });

  it('is range, gamma, inversion, and the sum of the channels in their colours', () => {
    const color = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255));
    const hex = (rgb: readonly number[]) => `#${rgb.map((one) => one.toString(16).padStart(2, '0')).join('')}`;
    fc.assert(
      fc.property(greyPlane, greyPlane, look, color, color, (a, b, { gamma, inverted }, colorA, colorB) => {
        const ranges: [number, number][] = [
          [1000, 40_000],
          [0, 65_535],
        ];
        const composite = [colorA, colorB].map((rgb, c) => ({ c, color: hex(rgb) }));
        const shown = paintLook([a, b], ranges, { gamma, inverted, table: null, composite });
        expect(shown).toMatchObject({ widthPx: 3, heightPx: 2, samples: 3 });
        const share = (value: number, [low, high]: [number, number]) => {
          const bright = Math.min(1, Math.max(0, (value - low) / (high - low))) ** gamma;
          return inverted ? 1 - bright : bright;
        };
        shown.data.forEach((value, i) => {
          const at = Math.floor(i / 3);
          const sum = share(a.data[at]!, ranges[0]!) * colorA[i % 3]! + share(b.data[at]!, ranges[1]!) * colorB[i % 3]!;
          expect(Math.abs(value - Math.min(255, sum))).toBeLessThanOrEqual(2.01);
        });
      }),
    );
  });

  it('stays grey without a table, and takes the table’s colours with one', () => {
    fc.assert(
      fc.property(greyPlane, look, (plane, { gamma, inverted }) => {
        const grey = paintLook([plane], [[0, 65_535]], { ...plain, gamma, inverted });
        expect(grey.samples).toBe(1);
        const entries = Buffer.from(Uint8Array.from({ length: 768 }, (_, i) => (i % 3 === 0 ? 255 - i / 3 : i % 3)));
        const table = { name: 'test', entries: entries.toString('base64') };
        const coloured = paintLook([plane], [[0, 65_535]], { ...plain, gamma, inverted, table });
        grey.data.forEach((shade, i) => {
          expect([...coloured.data.subarray(3 * i, 3 * i + 3)]).toEqual([255 - shade, 1, 2]);
        });
      }),
    );
  });

  it('keeps the colours of a colour plane, and takes NaN for black', () => {
    const colour = { widthPx: 1, heightPx: 1, samples: 3 as const, data: Uint8Array.of(0, 100, 255) };
    expect([...paintLook([colour], [[0, 255]], { ...plain, inverted: true }).data]).toEqual([255, 155, 0]);
    const float = { widthPx: 2, heightPx: 1, samples: 1 as const, data: Float32Array.of(Number.NaN, 2) };
    expect([...paintLook([float], [[0, 2]], plain).data]).toEqual([0, 255]);
  });

  it('has another key where it shows something else', () => {
    const looks: ModelLook[] = [
      plain,
      { ...plain, gamma: 2 },
      { ...plain, inverted: true },
      { ...plain, composite: [{ c: 0, color: '#ff0000' }] },
      { ...plain, composite: [{ c: 1, color: '#ff0000' }] },
    ];
    expect(new Set(looks.map(lookKey)).size).toBe(looks.length);
  });
});

describe('a micrograph whose model sees what the screen shows', () => {
  let service: RunningService;
  let remove: () => Promise<void>;
  let image: string;
  let project: ProjectView;
  let folder: string;
  let events: AsyncGenerator<ProjectEvent>;

  beforeAll(async () => {
    const entry = await buildInferenceProcess();
    ({ folder, remove } = await makeFolder());
    await writeChannels(join(folder, 'two channels.tif'));
    service = startService(join(folder, '..', 'data'), { entry });
    project = await service.json<ProjectView>('POST', '/api/projects/open', { paths: [folder] });
    image = `/api/projects/${project.id}/images/${project.images[0]!.id}`;
    events = eventsOf(await service.send('GET', `/api/projects/${project.id}/events`));
  });
  afterAll(async () => {
    await service.close();
    await remove();
  });

  /** Colour at a place of the picture that the model sees, which is four times as large. */
  async function seenAt(x: number, y: number, query = ''): Promise<number[]> {
    const png = await service.bytes('GET', `${image}/model-input?c=0${query}`);
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 1024, height: 1024, channels: 3 });
    const at = (y * 1024 + x) * 3;
    return [...data.subarray(at, at + 3)];
  }
  const setLook = (look: unknown) => service.send('PUT', `${image}/model-look`, { look });
  const setRange = (c: number, range: [number, number]) => service.json('PUT', `${image}/display?c=${c}`, { range });

  it('sees the plane over its display range at first', async () => {
    await setRange(0, [100, 2660]);
    await setRange(1, [50, 1074]);
    expect((await service.json<MicrographView>('GET', image)).modelLook).toBeNull();
    const [red, green, blue] = await seenAt(514, 100);
    expect(Math.abs(red! - 128)).toBeLessThanOrEqual(2);
    expect([green, blue]).toEqual([red, red]);
  });

  it('sees two channels in their colours once it is told so, and says so', async () => {
    const look: ModelLook = {
      ...plain,
      composite: [
        { c: 0, color: '#ff0000' },
        { c: 1, color: '#0000FF' },
      ],
    };
    const response = await setLook(look);
    expect(response.status).toBe(204);
    const told = await nextEvent(
      events,
      (event): event is Extract<ProjectEvent, { type: 'model-look' }> => event.type === 'model-look',
    );
    expect(told.look).toEqual(look);
    expect((await service.json<MicrographView>('GET', `${image}?c=1`)).modelLook).toEqual(look);
    const [red, green, blue] = await seenAt(514, 258);
    expect(Math.abs(red! - 128)).toBeLessThanOrEqual(2);
    expect(green).toBe(0);
    expect(Math.abs(blue! - 64)).toBeLessThanOrEqual(2);
    // A part of it is enlarged to what the encoder sees.
    const part = await seenAt(514, 514, '&part=64,128,64,64');
    expect(Math.abs(part[0]! - 96)).toBeLessThanOrEqual(2);
    expect(Math.abs(part[2]! - 160)).toBeLessThanOrEqual(2);
  });

  it('is encoded anew for another look, and answers prompts from it', async () => {
    const encode = async () => {
      const asked = await service.json<EmbeddingView>('POST', `${image}/embedding?c=0`);
      if (asked.status === 'ready') return asked;
      const { embedding } = await nextEvent(
        events,
        (event): event is Extract<ProjectEvent, { type: 'embedding' }> =>
          event.type === 'embedding' && event.embedding.status === 'ready',
      );
      return embedding;
    };
    expect((await encode()).encodeMs).not.toBeNull();
    await setLook({ ...plain, inverted: true });
    expect((await encode()).encodeMs).not.toBeNull();
    await setLook(null);
    await encode();
    // The look of before is still in the cache.
    await setLook({ ...plain, inverted: true });
    expect((await encode()).encodeMs).toBeNull();
    const prompt = { plane: { c: 0, z: 0, t: 0 }, points: [{ x: 128, y: 128, label: 1 }], box: null, refine: null };
    const frame = await service.bytes('POST', `${image}/predict`, prompt);
    const { header } = readFrame<PredictHeader>(frame, ({ candidates }) => candidates.map(({ bbox }) => bbox));
    expect(header.candidates.length).toBeGreaterThan(0);
  });

  it('refuses a look that makes no sense', async () => {
    for (const look of [{ ...plain, gamma: 0 }, { ...plain, table: { name: 'x', entries: 'abc' } }, 'screen']) {
      expect((await setLook(look)).status).toBe(400);
    }
    await setLook({ ...plain, composite: [{ c: 7, color: '#ffffff' }] });
    const response = await service.send('GET', `${image}/model-input`);
    expect(response.status).toBe(404);
    await setLook({ ...plain, inverted: true });
  });

  it('keeps its look when the project is opened again', async () => {
    await service.send('DELETE', `/api/projects/${project.id}`);
    project = await service.json<ProjectView>('POST', '/api/projects/open', { paths: [folder] });
    image = `/api/projects/${project.id}/images/${project.images[0]!.id}`;
    const view = await service.json<MicrographView>('GET', image);
    expect(view.modelLook).toEqual({ ...plain, inverted: true });
  });
});
