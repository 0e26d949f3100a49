import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { MicrographView, ProjectView } from '../api/contract.ts';
import { breakBlock, valueAt, valueAtLevel, writeLargeTiff } from '../micrographs/testing/largeTiff.ts';
import { folder, open, start, useFolderOfOwn } from '../testing/folderOfOwn.ts';

useFolderOfOwn();

/** Just larger than what is held whole. */
const side = 8200;

async function openLarge(broken: number | null = null) {
  const path = join(folder, 'large.tif');
  await writeLargeTiff(path, { widthPx: side, heightPx: side, tileSide: 512, deflate: true });
  if (broken !== null) await breakBlock(path, broken);
  const service = start();
  const { project, base } = await open(service);
  const imageId = project.images[0]!.id;
  const tile = async (level: number, tx: number, ty: number) => {
    const response = await service.send('GET', `${base}/images/${imageId}/tiles/${level}/${tx}/${ty}`);
    expect(response.status).toBe(200);
    return { values: new Uint16Array(await response.arrayBuffer()), headers: response.headers };
  };
  return { service, project, base, image: `${base}/images/${imageId}`, imageId, tile, path };
}

it('an image too large for the memory: view, thumbnail, values, tiles, first as a sample', async () => {
  const { service, project, image, tile } = await openLarge();
  expect(await service.json<MicrographView>('GET', image)).toMatchObject({ widthPx: side, levels: 6, tileSize: 512 });
  expect((await service.bytes('GET', `${image}/thumbnail`)).byteLength).toBeGreaterThan(100);
  expect(await service.json('GET', `${image}/pixel?x=8199&y=4100`)).toEqual({ values: [valueAt(8199, 4100)] });
  expect((await service.failure('GET', `${image}/pixel?x=8200&y=0`)).code).toBe('not-found');
  const fine = await tile(0, 3, 15);
  expect(fine.headers.has('x-tile-provisional')).toBe(false);
  expect(fine.values[512 * 100 + 50]).toBe(valueAt(3 * 512 + 50, 15 * 512 + 100));
  expect((await tile(4, 0, 0)).headers.get('x-tile-provisional')).toBe('1');
  let coarse = await tile(4, 0, 0);
  while (coarse.headers.has('x-tile-provisional')) {
    await delay(50);
    coarse = await tile(4, 0, 0);
  }
  expect(coarse.values[512 * 100 + 50]).toBe(valueAtLevel(4, 50, 100));
  const kept = await readdir(join(project.folder, 'cache', 'overviews')).catch(() => []);
  for (const name of kept) expect(name).toMatch(/\.plane(\..*\.new)?$/);
});

it('what is encoded of a large image is reduced, and says where in the image it lies', async () => {
  const { service, project, imageId } = await openLarge();
  const { pixels } = service.workbench.project(project.id);
  const whole = await pixels.embeddingSource(imageId, null);
  const sizeImage = { widthPx: side, heightPx: side };
  expect(await whole.readPixels()).toMatchObject({ widthPx: side / 4, heightPx: side / 4, sizeImage });
  const part = await pixels.embeddingSource(imageId, [4101, 2051, 4099, 4099]);
  expect(part).toMatchObject({ origin: { x: 4100, y: 2050 }, imageKey: whole.imageKey });
  const close = await part.readPixels();
  expect(close).toMatchObject({ widthPx: 2050, heightPx: 2050, sizeImage: { widthPx: 4100, heightPx: 4100 } });
  expect(close.data[2050 * 7 + 9]).toBe(valueAt(4100 + 18, 2050 + 14));
});

it('closing a project ends the pass over a large image', async () => {
  const { service, base, tile } = await openLarge();
  await tile(4, 0, 0);
  await service.send('DELETE', base);
  expect((await service.json<{ projectId: string | null }>('GET', '/api/session')).projectId).toBe(null);
  expect(service.defects).toEqual([]);
});

it('a file that is broken in the middle fails by name, and can be worked on where it is sound', async () => {
  const { service, base, image, tile, path } = await openLarge(8 * 17 + 10);
  for (let status = 200; status === 200; await delay(50)) {
    status = (await service.send('GET', `${image}/tiles/4/0/0`)).status;
  }
  expect(await service.failure('GET', `${image}/tiles/4/0/0`)).toMatchObject({ code: 'file-damaged', path });
  expect((await tile(0, 3, 15)).values[0]).toBe(valueAt(3 * 512, 15 * 512));
  expect((await service.json<ProjectView>('GET', base)).images).toHaveLength(1);
});
