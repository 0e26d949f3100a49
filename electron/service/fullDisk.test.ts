import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChangeView, ImageView, MicrographView, ProjectView } from './api/contract.ts';
import { addClass, afterServices, folder, open, start, useFolderOfOwn } from './testing/folderOfOwn.ts';
import { lookAt } from './testing/lookAt.ts';
import { writeGreySpecimen } from './testing/specimens.ts';
import { writeProject } from './testing/writeProject.ts';

useFolderOfOwn();

/** A small disk of its own at `path`, where this machine lets us make one (Linux, root). */
function mountSmallDisk(path: string, options: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' }).status === 0;
}

function canMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'lamella-mount-'));
  const mounted = mountSmallDisk(place, 'size=1m');
  if (mounted) spawnSync('umount', [place], { stdio: 'ignore' });
  rmdirSync(place);
  return mounted;
}

describe.skipIf(process.platform !== 'linux' || !canMount())('a disk', () => {
  const disk = () => join(folder, 'disk');
  const filler = () => join(disk(), 'filler');

  async function makeDisk(options: string): Promise<void> {
    await mkdir(disk());
    expect(mountSmallDisk(disk(), options)).toBe(true);
    afterServices(() => spawnSync('umount', [disk()], { stdio: 'ignore' }));
    await mkdir(filler());
    await writeGreySpecimen(disk(), 'a.png');
    await writeGreySpecimen(filler(), 'later.png');
  }

  /** By its blocks, or by its entries: then not even SQLite's lock can be taken, as on most real file systems. */
  const kinds: [kind: string, options: string, fill: () => Promise<void>][] = [
    [
      'full of files',
      'size=2m',
      async () => {
        for (let bytes = 65_536; bytes >= 4096; bytes /= 2) {
          while (await writes(`${filler()}/${bytes}`, bytes));
        }
      },
    ],
    [
      'out of entries',
      'size=2m,nr_inodes=40',
      async () => {
        for (let number = 0; await writes(`${filler()}/${number}`, 0); number++);
      },
    ],
  ];

  /** Appends to a file; false when the disk is full. */
  async function writes(path: string, bytes: number): Promise<boolean> {
    try {
      await writeFile(path, Buffer.alloc(bytes, 1), { flag: 'a' });
      return true;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') return false;
      throw cause;
    }
  }

  it.each(kinds)(
    '%s: edits are refused, nothing is lost, and all works when there is space again',
    async (_kind, options, fill) => {
      await makeDisk(options);
      await writeProject(disk(), ['a.png'], 4);
      const service = start();
      const { project, base } = await open(service, disk());
      await service.workbench.project(project.id).lookAtImages();
      await service.json('POST', `${base}/edits`, addClass('Before'));
      await fill();

      const requests: [method: string, path: string, body?: unknown][] = [
        ['POST', `${base}/edits`, addClass('During')],
        ['POST', `${base}/undo`],
        ['PUT', `${base}/images/1/display`, { range: [0, 9] }],
        ['POST', `${base}/upload?name=b.png`, await readFile(join(disk(), 'a.png'))],
      ];
      for (const [method, path, body] of [...requests, ...requests]) {
        const failure = await service.failure(method, path, body);
        expect(failure).toMatchObject({ status: 507, code: 'disk-full', remedy: expect.stringContaining('Free') });
        expect(failure.path).toContain(disk());
      }
      const looked = await service.json<ProjectView>('GET', base);
      expect(looked).toMatchObject({ history: { undo: 'add class Before', redo: null }, images: [{ objectCount: 4 }] });
      await service.bytes('GET', `${base}/images/1/masks`);
      await service.bytes('GET', `${base}/images/1/tiles/0/0/0`);
      await service.json<MicrographView>('GET', `${base}/images/1`);

      // Not even a restart needs space; a file that came meanwhile has to wait.
      await service.send('DELETE', base);
      await rename(join(filler(), 'later.png'), join(disk(), 'later.png'));
      const reopened = (await open(service, disk())).project;
      expect(reopened.classes.map(({ name }) => name)).toEqual(['Object', 'Before']);
      expect(reopened.images.map(({ name }) => name)).toEqual(['a.png']);
      expect(reopened.notices).toMatchObject([{ level: 'warning', remedy: expect.stringContaining('Free') }]);
      expect(await service.failure('POST', `${base}/edits`, addClass('During'))).toMatchObject({ code: 'disk-full' });

      await rm(filler(), { recursive: true });
      expect((await service.json<ChangeView>('POST', `${base}/edits`, addClass('After'))).label).toBe(
        'add class After',
      );
      await service.json<ImageView>('POST', `${base}/upload?name=b.png`, await readFile(join(disk(), 'a.png')));
      await service.send('DELETE', base);
      const after = (await open(service, disk())).project;
      expect(after.classes.map(({ name }) => name)).toEqual(['Object', 'Before', 'After']);
      expect(after.images.map(({ name, objectCount }) => [name, objectCount])).toEqual([
        ['a.png', 4],
        ['b.png', 0],
        ['later.png', 0],
      ]);
      expect((await readdir(disk())).filter((name) => !name.endsWith('.png')).sort()).toEqual([
        'cache',
        'project.lamella',
        'project.lock',
      ]);
    },
  );

  it('that can only be read: its project is looked at', async () => {
    await makeDisk('size=2m');
    await rm(filler(), { recursive: true });
    await writeProject(disk(), ['a.png'], 2);
    expect(spawnSync('mount', ['-o', 'remount,ro', disk()]).status).toBe(0);
    expect(await lookAt(disk())).toEqual(['a.png', 'cache', 'project.lamella']);
  });

  it('full from the start lets no project begin, and leaves nothing of it behind', async () => {
    await makeDisk('size=1m');
    await kinds[0]![2]();
    const service = start();
    expect(await service.failure('POST', '/api/projects/open', { paths: [disk()] })).toMatchObject({
      code: 'disk-full',
      path: expect.stringContaining(disk()),
      remedy: expect.any(String),
    });
    await rm(filler(), { recursive: true });
    const { project } = await open(service, disk());
    expect(project).toMatchObject({ writable: true, notices: [], name: basename(disk()) });
  });
});
