import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, vi } from 'vitest';
import type { MicrographView } from '../api/contract.ts';
import { addClass, folder, open, start } from './folderOfOwn.ts';

/** Opens a project of two objects on a.png that must not be written to, closes it, and gives what is in its folder. */
export async function lookAt(place: string): Promise<string[]> {
  // The copy that is looked at lies in the temporary folder.
  vi.stubEnv('TMPDIR', dirname(folder));
  const service = start();
  const { project, base } = await open(service, place);
  expect(project).toMatchObject({ writable: false, notices: [{ level: 'warning', path: place }], folder: place });
  expect(project.images).toMatchObject([{ name: 'a.png', path: join(place, 'a.png'), objectCount: 2 }]);
  expect((await service.json<MicrographView>('GET', `${base}/images/1`)).widthPx).toBe(600);
  await service.bytes('GET', `${base}/images/1/masks`);
  await service.bytes('GET', `${base}/images/1/thumbnail`);
  expect(await service.failure('POST', `${base}/edits`, addClass('x'))).toMatchObject({ code: 'project-locked' });
  const copies = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('lamella-looking-'));
  expect(await copies()).toHaveLength(1);
  await service.send('DELETE', base);
  expect(await copies()).toHaveLength(0);
  vi.unstubAllEnvs();
  return (await readdir(place)).sort();
}
