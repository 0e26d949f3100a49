import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSpecimenProject, type SpecimenProject } from '../../testing/specimenProject.ts';
import { type Specimen, writeGreySpecimen } from '../../testing/specimens.ts';
import type { RunningService } from '../../testing/startService.ts';
import type { ImageView, MicrographView, ProjectView, SessionView } from '../contract.ts';

let made: SpecimenProject;
let service: RunningService;
let dataFolder: string;
let folder: string;
let specimens: readonly Specimen[];
let project: ProjectView;

beforeAll(async () => {
  made = await openSpecimenProject();
  ({ service, dataFolder, folder, specimens, project } = made);
});
afterAll(() => made.close());

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

describe('a folder whose images lie in subfolders', () => {
  it('brings these in by folder, but no annotations; what comes into a subfolder later is not added by itself', async () => {
    const root = join(folder, '..', 'Proben');
    const put = async (...path: string[]) => {
      await mkdir(join(root, ...path.slice(0, -1)), { recursive: true });
      await writeGreySpecimen(join(root, ...path.slice(0, -1)), path.at(-1)!);
    };
    await put('Tag 10', 'a.png');
    await put('Tag 2', 'b.png');
    await put('Tag 2', 'tief', 'c.png');
    await put('Tag 2', 'masks', 'b.png');
    await put('.versteckt', 'd.png');
    await put('1', '2', '3', '4', 'e.png');
    const open = () => service.json<ProjectView>('POST', '/api/projects/open', { paths: [root] });
    const { images, notices } = await open();
    expect(images.map(({ name }) => name)).toEqual(['Tag 2/b.png', 'Tag 2/tief/c.png', 'Tag 10/a.png']);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatchObject({
      level: 'warning',
      message: expect.stringMatching(/3 images of 3 subfolders.*Left out: Tag 2.masks/),
    });
    await put('Export', 'images', 'a.png');
    expect((await open()).images).toHaveLength(3);
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
