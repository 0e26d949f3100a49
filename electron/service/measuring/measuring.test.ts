import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { LineProfile, MicrographView, ProjectView } from '../api/contract.ts';
import { tileSize } from '../micrographs/tiles.ts';
import { eventsOf, nextEvent } from '../testing/serviceCalls.ts';
import { writeGreySpecimen, type Specimen } from '../testing/specimens.ts';
import { makeFolder, type RunningService, startService } from '../testing/startService.ts';
import { type Line, profileAlong } from './lineProfile.ts';

let service: RunningService;
let folder: string;
let remove: () => Promise<void>;
let specimen: Specimen;
let project: ProjectView;
let images: string[];

beforeAll(async () => {
  const made = await makeFolder();
  ({ folder, remove } = made);
  specimen = await writeGreySpecimen(folder, 'a.png');
  await writeGreySpecimen(folder, 'b.png');
  await writeGreySpecimen(folder, 'c.png');
  service = startService(`${folder} data`);
  await open();
});
afterAll(async () => {
  await service.close();
  await remove();
});

async function open(): Promise<void> {
  project = await service.json<ProjectView>('POST', '/api/projects/open', { paths: [folder] });
  images = project.images.map(({ id }) => `/api/projects/${project.id}/images/${id}`);
  for (const path of images) await service.json('GET', path);
}

const view = (index: number) => service.json<MicrographView>('GET', images[index]!);
const setPixelSize = (index: number, body: unknown) =>
  service.json<MicrographView>('PUT', `${images[index]!}/pixel-size`, body);
const sizeOf = ({ pixelSize, pixelUnit, pixelSizeSource }: MicrographView) => [pixelSize, pixelUnit, pixelSizeSource];
const unknown = [null, null, null];

describe('a pixel size set by hand', () => {
  it('is stored at once, told to every window and there when the project is opened again', async () => {
    const events = eventsOf(await service.send('GET', `/api/projects/${project.id}/events`));
    expect(sizeOf(await setPixelSize(0, { pixelSize: { size: 2.5, unit: 'nm' } }))).toEqual([2.5, 'nm', 'by hand']);
    const { imageIds } = await nextEvent(events, (event) => event.type === 'pixel-size');
    await events.return(undefined);
    expect(imageIds).toEqual([project.images[0]!.id]);
    expect(sizeOf(await view(1))).toEqual(unknown);

    await service.send('DELETE', `/api/projects/${project.id}`);
    await open();
    expect(sizeOf(await view(0))).toEqual([2.5, 'nm', 'by hand']);
  });

  it('goes to the images without one when that is wanted, and to no other', async () => {
    await setPixelSize(1, { pixelSize: { size: 4, unit: 'µm' }, forUnknown: true });
    expect(sizeOf(await view(0))).toEqual([2.5, 'nm', 'by hand']);
    expect(sizeOf(await view(1))).toEqual([4, 'µm', 'by hand']);
    expect(sizeOf(await view(2))).toEqual([4, 'µm', 'by hand']);
  });

  it('gives way to what the file says, which stays known beside it', async () => {
    const [pixelSize, pixelUnit, pixelSizeSource] = unknown;
    expect((await view(0)).filePixelSize).toEqual({ pixelSize, pixelUnit, pixelSizeSource });
    const restored = await setPixelSize(0, { pixelSize: null });
    expect(sizeOf(restored)).toEqual(unknown);
    expect(restored).not.toHaveProperty('filePixelSize');
  });

  it('must be a length', async () => {
    for (const pixelSize of [{ size: 0, unit: 'nm' }, { size: -1, unit: 'nm' }, { size: 1, unit: 'px' }, 3]) {
      const failure = await service.failure('PUT', `${images[0]!}/pixel-size`, { pixelSize });
      expect(failure).toMatchObject({ status: 400, code: 'bad-request' });
    }
    const nowhere = `/api/projects/${project.id}/images/999/pixel-size`;
    expect(await service.failure('PUT', nowhere, { pixelSize: null })).toMatchObject({ code: 'not-found' });
  });
});

describe('values along a line', () => {
  /** Linear in x and y, so that whatever lies between pixels is known. */
  const widthPx = tileSize + 40;
  const heightPx = tileSize + 20;
  const slope = (i: number, j: number) => 2 * i + 3 * j;
  const asked = new Set<string>();
  const plane = {
    widthPx,
    heightPx,
    samples: 1 as const,
    async tile(tx: number, ty: number): Promise<PixelPlane> {
      asked.add(`${tx} ${ty}`);
      const width = Math.min(tileSize, widthPx - tx * tileSize);
      const height = Math.min(tileSize, heightPx - ty * tileSize);
      const data = Float32Array.from({ length: width * height }, (_, at) =>
        slope(tx * tileSize + (at % width), ty * tileSize + Math.floor(at / width)),
      );
      return { widthPx: width, heightPx: height, samples: 1, data };
    },
  };
  const along = async (line: Line) => {
    asked.clear();
    return profileAlong(line, plane);
  };

  it('are a pixel apart and linear in between, across tiles too', async () => {
    const { lengthPx, values } = await along({ x0: 10.5, y0: 20.5, x1: tileSize + 10.5, y1: tileSize + 10.5 });
    const list = values[0]!;
    expect(lengthPx).toBeCloseTo(Math.hypot(tileSize, tileSize - 10));
    expect(list).toHaveLength(Math.ceil(lengthPx) + 1);
    list.forEach((value, step) => {
      const share = step / (list.length - 1);
      expect(value).toBeCloseTo(slope(10 + tileSize * share, 20 + (tileSize - 10) * share), 2);
    });
  });

  it('ask for the tiles under the line only', async () => {
    await along({ x0: 3, y0: 4, x1: tileSize - 3, y1: 4 });
    expect([...asked]).toEqual(['0 0']);
  });

  it('end where the plane ends', async () => {
    const { lengthPx, values } = await along({ x0: -50, y0: 5.5, x1: widthPx + 50, y1: 5.5 });
    expect(lengthPx).toBe(widthPx);
    expect(values[0]![0]).toBe(slope(0, 5));
    expect(values[0]!.at(-1)).toBe(slope(widthPx - 1, 5));
  });

  it('are 2,048 at most', async () => {
    const wide = { ...plane, widthPx: 50 * tileSize, tile: () => plane.tile(0, 0) };
    const { values } = await profileAlong({ x0: 0, y0: 1, x1: 50 * tileSize, y1: 1 }, wide);
    expect(values[0]).toHaveLength(2048);
  });

  it('are those of the file, over the wire', async () => {
    const { values } = await service.json<LineProfile>('GET', `${images[0]!}/profile?x0=4.5&y0=9.5&x1=12.5&y1=9.5`);
    const { data, widthPx: width } = specimen.plane;
    expect(values[0]).toEqual([...data.subarray(9 * width + 4, 9 * width + 13)]);
    const failure = await service.failure('GET', `${images[0]!}/profile?x0=4.5&y0=9.5&x1=12.5`);
    expect(failure).toMatchObject({ status: 400 });
  });
});
