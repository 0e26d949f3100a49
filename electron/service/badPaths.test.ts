import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ProjectEvent, SessionView, TaskView } from './api/contract.ts';
import { addClass, dataFolder, folder, open, start, useFolderOfOwn } from './testing/folderOfOwn.ts';
import { lookAt } from './testing/lookAt.ts';
import { eventsOf, nextEvent } from './testing/serviceCalls.ts';
import { writeGreySpecimen } from './testing/specimens.ts';
import { writeProject } from './testing/writeProject.ts';

useFolderOfOwn();

describe('a path that is something else', () => {
  it('a file where a folder is wanted is named', async () => {
    const { path } = await writeGreySpecimen(folder, 'a.png');
    const service = start();
    const inside = join(path, 'deeper');
    expect(await service.failure('POST', '/api/projects/open', { paths: [inside] })).toMatchObject({
      code: 'file-missing',
      path: inside,
      remedy: expect.any(String),
    });
    await writeFile(join(folder, 'list.csv'), 'a;b');
    expect(await service.failure('POST', '/api/projects/open', { paths: [join(folder, 'list.csv')] })).toMatchObject({
      code: 'file-unsupported',
      path: join(folder, 'list.csv'),
      remedy: expect.stringContaining('TIFF'),
    });
    expect(await service.failure('POST', '/api/projects/open', { paths: [folder, path] })).toMatchObject({
      code: 'bad-request',
    });
  });

  it('an export into a file says so as a failed task', async () => {
    const { path } = await writeGreySpecimen(folder, 'a.png');
    await writeProject(folder, ['a.png'], 1);
    const service = start();
    const { base } = await open(service);
    const events = eventsOf(await service.send('GET', `${base}/events`));
    const output = join(path, 'out');
    await service.json<TaskView>('POST', `${base}/exports`, { format: 'labels', output, options: {} });
    const { task } = await nextEvent(
      events,
      (event): event is Extract<ProjectEvent, { type: 'task' }> =>
        event.type === 'task' && event.task.state !== 'running',
    );
    expect(task).toMatchObject({ state: 'failed', error: { path: output, remedy: expect.any(String) } });
  });

  it('a data folder that can’t be one keeps nobody from opening a project', async () => {
    await writeGreySpecimen(folder, 'a.png');
    const blocked = join(folder, '..', 'data.txt');
    await writeFile(blocked, '');
    const service = start(join(blocked, 'data'));
    const { project } = await open(service);
    expect(project.images).toHaveLength(1);
    expect((await service.json<SessionView>('GET', '/api/session')).recent).toEqual([]);
    expect(await service.failure('POST', '/api/projects/sample')).toMatchObject({
      code: 'file-missing',
      path: expect.stringContaining(blocked),
    });
    // The list of recent projects could not be kept: the log says so, nobody is stopped.
    expect(service.defects.splice(0).join()).toContain('recent');
  });
});

describe.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('a folder without rights', () => {
  it('that can’t be read is named', async () => {
    await chmod(folder, 0o000);
    const failure = await start().failure('POST', '/api/projects/open', { paths: [folder] });
    await chmod(folder, 0o700);
    expect(failure).toMatchObject({ status: 403, code: 'file-unreadable', remedy: expect.any(String) });
    expect(failure.path).toContain(folder);
  });

  it('that can’t be written has its project in the data folder, and the notice says where', async () => {
    await writeGreySpecimen(folder, 'a.png');
    await chmod(folder, 0o500);
    const service = start();
    const { project, base } = await open(service);
    expect(project.writable).toBe(true);
    expect(project.folder.startsWith(dataFolder)).toBe(true);
    expect(project.notices).toMatchObject([{ level: 'info', path: project.folder }]);
    await service.json('POST', `${base}/edits`, addClass('Pore'));
    await service.send('DELETE', base);
    expect((await open(service)).project.classes).toHaveLength(2);
    expect(await readdir(folder)).toEqual(['a.png']);
    await chmod(folder, 0o700);
  });

  it('with a project in it is opened for looking', async () => {
    await writeGreySpecimen(folder, 'a.png');
    await writeProject(folder, ['a.png'], 2);
    await chmod(folder, 0o500);
    expect(await lookAt(folder)).toEqual(['a.png', 'cache', 'project.lamella']);
    await chmod(folder, 0o700);
  });
});
