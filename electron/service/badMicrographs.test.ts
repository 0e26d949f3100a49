import { readFileSync, truncateSync } from 'node:fs';
import { copyFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChangeView, EmbeddingView, MicrographView, ObjectView, ProjectView } from './api/contract.ts';
import { addClass, folder, open, start, useFolderOfOwn } from './testing/folderOfOwn.ts';
import { type Specimen, writeGreySpecimen, writeJpegSpecimen, writeSpecimens } from './testing/specimens.ts';
import { writeProject } from './testing/writeProject.ts';

useFolderOfOwn();

describe('a micrograph that is damaged', () => {
  const cutShort = async ({ path }: Specimen) => truncateSync(path, Math.floor(readFileSync(path).length * 0.6));
  const overwrite = (text: string) => (specimen: Specimen) => writeFile(specimen.path, text);

  /** Each leaves a file behind and gives the code that its trouble has. */
  const damages: [what: string, name: string, make: (name: string) => Promise<void>, code: string][] = [
    ['a TIFF that is cut short', 'cut.tif', async (name) => cutShort(await grey(name)), 'file-damaged'],
    ['a PNG that is cut short', 'cut.png', async (name) => cutShort(await grey(name)), 'file-damaged'],
    ['a JPEG that is cut short', 'cut.jpg', async (name) => cutShort(await jpeg(name)), 'file-damaged'],
    ['an empty file', 'empty.tif', async (name) => overwrite('')(await grey(name)), 'file-damaged'],
    [
      'a text with the name of a TIFF',
      'text.tif',
      async (name) => overwrite('wavelength;counts\n'.repeat(50))(await grey(name)),
      'file-unsupported',
    ],
    [
      'a header and nothing else',
      'head.png',
      async (name) => truncateSync((await grey(name)).path, 40),
      'file-damaged',
    ],
  ];
  const grey = (name: string) => writeGreySpecimen(folder, name);
  const jpeg = (name: string) => writeJpegSpecimen(folder, name);

  it.each(damages)('%s: is named with what to do, and the others can be worked on', async (_what, name, make, code) => {
    await make(name);
    const sound = await grey('z sound.png');
    const service = start();
    const { project, base } = await open(service);
    expect(project.images.map((image) => image.name)).toEqual([name, 'z sound.png']);
    const bad = `${base}/images/${project.images[0]!.id}`;
    const path = join(folder, name);

    const requests: [method: string, path: string, body?: unknown][] = [
      ['GET', bad],
      ['GET', `${bad}/thumbnail`],
      ['GET', `${bad}/tiles/0/0/0`],
      ['GET', `${bad}/pixel?x=1&y=1`],
      ['POST', `${bad}/predict`, { points: [{ x: 5, y: 5, label: 1 }], box: null, refine: null }],
    ];
    for (const [method, asked, body] of requests) {
      const failure = await service.failure(method, asked, body);
      expect(failure).toMatchObject({ code, path, message: expect.stringContaining(name), remedy: expect.any(String) });
    }
    const entries = (await service.json<ProjectView>('GET', base)).images;
    expect(entries.map(({ problem }) => problem?.code ?? null)).toEqual([code, null]);

    const good = `${base}/images/${project.images[1]!.id}`;
    expect((await service.json<MicrographView>('GET', good)).widthPx).toBe(sound.plane.widthPx);
    expect((await service.bytes('GET', `${good}/tiles/0/1/1`)).byteLength).toBe((600 - 512) * (520 - 512));
    await service.json<ChangeView>('POST', `${base}/edits`, addClass('Pore'));

    // A sound file in its place is enough: nothing has to be opened again.
    await copyFile(sound.path, path);
    expect((await service.json<MicrographView>('GET', bad)).widthPx).toBe(sound.plane.widthPx);
    expect((await service.json<ProjectView>('GET', base)).images[0]!.problem).toBeNull();
  });

  it('fails to be prepared with the file’s own trouble', async () => {
    await cutShort(await grey('cut.png'));
    const service = start();
    const { project, base } = await open(service);
    const path = `${base}/images/${project.images[0]!.id}/embedding`;
    await service.json<EmbeddingView>('POST', path);
    await service.failure('POST', `${base}/images/${project.images[0]!.id}/predict`, {
      points: [{ x: 5, y: 5, label: 1 }],
      box: null,
      refine: null,
    });
    const view = service.workbench.project(project.id).embeddings.view(project.images[0]!.id);
    expect(view).toMatchObject({ status: 'failed', error: { code: 'file-damaged', path: join(folder, 'cut.png') } });
  });
});

describe('a micrograph that is gone', () => {
  it('is named, and is there again when it was put back', async () => {
    const [specimen, other] = await writeSpecimens(folder);
    const service = start();
    const { project, base } = await open(service);
    await service.workbench.project(project.id).lookAtImages();
    const { id } = project.images.find(({ name }) => name === specimen!.name)!;
    await rename(specimen!.path, join(folder, '..', 'elsewhere.png'));
    expect(await service.failure('GET', `${base}/images/${id}`)).toMatchObject({
      status: 404,
      code: 'file-missing',
      path: specimen!.path,
      remedy: expect.any(String),
    });
    const view = await service.json<ProjectView>('GET', base);
    expect(view.images.filter(({ problem }) => problem).map(({ name }) => name)).toEqual([specimen!.name]);
    const { id: otherId } = project.images.find(({ name }) => name === other!.name)!;
    expect((await service.json<MicrographView>('GET', `${base}/images/${otherId}`)).dtype).toBe('uint16');
    await rename(join(folder, '..', 'elsewhere.png'), specimen!.path);
    expect((await service.json<MicrographView>('GET', `${base}/images/${id}`)).widthPx).toBe(600);
    expect((await service.json<ProjectView>('GET', base)).images.every(({ problem }) => problem === null)).toBe(true);
  });

  it('stays in the list with its objects when the project is opened without it', async () => {
    await writeGreySpecimen(folder, 'a.png');
    await writeProject(folder, ['a.png'], 3);
    await rm(join(folder, 'a.png'));
    const service = start();
    const { project, base } = await open(service);
    await service.workbench.project(project.id).lookAtImages();
    const { images } = await service.json<ProjectView>('GET', base);
    expect(images).toMatchObject([{ name: 'a.png', objectCount: 3, problem: { code: 'file-missing' } }]);
    const { objects } = await service.json<{ objects: ObjectView[] }>('GET', `${base}/images/1/objects`);
    await service.json('POST', `${base}/edits`, { edit: { type: 'mergeObjects', ids: objects.map(({ id }) => id) } });
  });

  it('is told as changed when another picture has its name by now', async () => {
    await writeGreySpecimen(folder, 'a.png');
    await writeProject(folder, ['a.png'], 1);
    const service = start();
    const { project, base } = await open(service);
    await service.workbench.project(project.id).lookAtImages();
    const [other] = await writeSpecimens(dirname(folder));
    await rename(other!.path, join(folder, 'a.png'));
    expect((await service.json<MicrographView>('GET', `${base}/images/1`)).samples).toBe(3);
    const { notices } = await service.json<ProjectView>('GET', base);
    expect(notices).toMatchObject([{ level: 'warning', path: join(folder, 'a.png'), remedy: expect.any(String) }]);
    expect(notices[0]!.message).toContain('a.png was changed');
  });
});
