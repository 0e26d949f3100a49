import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { contrastOf } from '../micrographs/contrast.ts';
import { ThumbnailCache } from './thumbnails.ts';

it('keeps a thumbnail that is asked for many times at once, and nothing unfinished beside it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lamella-thumbnails-'));
  const defects: unknown[] = [];
  const cache = new ThumbnailCache(folder, (defect) => defects.push(defect));
  const data = Uint8Array.from({ length: 64 * 48 }, (_, i) => i % 251);
  const plane = { widthPx: 64, heightPx: 48, samples: 1 as const, data };
  const read = () => Promise.resolve({ plane, contrast: contrastOf(plane) });
  const pictures = await Promise.all(Array.from({ length: 40 }, () => cache.get('a'.repeat(64), read)));
  expect(defects).toEqual([]);
  for (const picture of pictures) expect(picture).toEqual(pictures[0]);
  expect(await readdir(join(folder, 'thumbnails'))).toEqual([`${'a'.repeat(64)}.png`]);
  await rm(folder, { recursive: true, force: true });
});
