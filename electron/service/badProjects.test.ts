import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import sqlite3 from 'node-sqlite3-wasm';
import { describe, expect, it } from 'vitest';
import type { MicrographView, ObjectView, ProjectView } from './api/contract.ts';
import { addClass, folder, open, start, useFolderOfOwn } from './testing/folderOfOwn.ts';
import { readFrame } from './testing/serviceCalls.ts';
import { writeGreySpecimen } from './testing/specimens.ts';
import { writeProject } from './testing/writeProject.ts';

useFolderOfOwn();

describe('a project file that is damaged', () => {
  const objectCount = 60;
  const file = () => join(folder, 'project.lamella');

  async function fill(): Promise<void> {
    for (const name of ['a.png', 'b.png']) await writeGreySpecimen(folder, name);
    await writeProject(folder, ['a.png', 'b.png'], objectCount);
  }

  function overwrite(from: number, length: number): void {
    const bytes = readFileSync(file());
    bytes.fill(0xa5, from, from + length);
    writeFileSync(file(), bytes);
  }

  function ask(sql: string, values: number[] = []): Record<string, unknown> {
    const db = new sqlite3.Database(file(), { readOnly: true });
    const row = db.get(sql, values) as Record<string, unknown>;
    db.close();
    return row;
  }

  function overwriteTable(table: string): void {
    const { rootpage } = ask(`SELECT rootpage FROM sqlite_master WHERE name = '${table}'`);
    overwrite(((rootpage as number) - 1) * 4096, 4096);
  }

  const half = () => Math.floor(readFileSync(file()).length / 8192) * 4096;
  const damages: [how: string, damage: () => void, rescued: [least: number, most: number]][] = [
    ['overwritten in the middle', () => overwrite(half(), 4096), [objectCount / 2, objectCount]],
    ['overwritten at its start', () => overwrite(0, 4096), [objectCount, objectCount]],
    ['overwritten in its header', () => overwrite(0, 100), [objectCount, objectCount]],
    ['overwritten where its images stand', () => overwriteTable('images'), [objectCount, objectCount]],
    ['overwritten where its classes stand', () => overwriteTable('classes'), [objectCount, objectCount]],
    ['cut short', () => truncateSync(file(), readFileSync(file()).length - 10_000), [objectCount / 2, objectCount]],
    ['a text by now', () => writeFileSync(file(), 'Notes of Tuesday\n'.repeat(999)), [0, 0]],
    ['empty by now', () => truncateSync(file(), 0), [0, 0]],
  ];

  it.each(damages)(
    '%s: is kept aside as it is and opened as far as it can be read',
    async (_how, damage, [least, most]) => {
      await fill();
      damage();
      const damaged = readFileSync(file());
      const service = start();
      const { project, base } = await open(service);
      expect(project).toMatchObject({ writable: true, notices: [{ level: 'warning', path: file() }] });
      expect(project.images.map(({ name }) => name)).toEqual(['a.png', 'b.png']);

      const copies = readdirSync(folder).filter((name) => name.includes('damaged'));
      expect(copies).toHaveLength(1);
      expect(project.notices[0]!.remedy).toContain(copies[0]!);
      expect(readFileSync(join(folder, copies[0]!)).equals(damaged)).toBe(true);

      const counts = project.images.map(({ objectCount }) => objectCount).reduce((sum, count) => sum + count, 0);
      expect(counts).toBeGreaterThanOrEqual(least);
      expect(counts).toBeLessThanOrEqual(most);
      expect(project.notices[0]!.message).toContain(`${counts} objects`);
      for (const { id, objectCount } of project.images) {
        const frame = await service.bytes('GET', `${base}/images/${id}/masks`);
        const { header } = readFrame<{ objects: { bbox: [number, number, number, number] }[] }>(frame, ({ objects }) =>
          objects.map(({ bbox }) => bbox),
        );
        expect(header.objects).toHaveLength(objectCount);
        expect((await service.json<MicrographView>('GET', `${base}/images/${id}`)).widthPx).toBe(600);
      }
      await service.json('POST', `${base}/edits`, addClass('After'));
      await service.json('POST', `${base}/undo`);
      await service.json('POST', `${base}/redo`);
      expect((await service.send('DELETE', base)).status).toBe(204);
      const again = (await open(service)).project;
      expect(again.notices).toEqual([]);
      expect(again.classes.at(-1)!.name).toBe('After');
      expect(readFileSync(join(folder, copies[0]!)).equals(damaged)).toBe(true);
    },
  );

  it('within a mask: names the object, shows the others, and lets it be deleted', async () => {
    await fill();
    const bytes = readFileSync(file());
    const service = start();
    const { project, base } = await open(service);
    const { objects } = await service.json<{ objects: ObjectView[] }>('GET', `${base}/images/1/objects`);
    await service.send('DELETE', base);
    // The text of the first mask is in the file once as a row; overwriting it changes no page's structure.
    const text = ask('SELECT rle FROM objects WHERE id = ?', [objects[0]!.id]).rle as string;
    const at = bytes.indexOf(text);
    expect(at).toBeGreaterThan(0);
    for (let from = at; from >= 0; from = bytes.indexOf(text, from + 1)) bytes.fill('~', from, from + text.length);
    writeFileSync(file(), bytes);

    await open(service);
    const broken = await service.failure('GET', `${base}/images/1/masks`);
    expect(broken).toMatchObject({ code: 'project-damaged', path: file(), remedy: expect.stringContaining('Delete') });
    expect(broken.message).toContain(`object ${objects[0]!.id}`);
    const others = objects.slice(1).map(({ id }) => id);
    await service.bytes('GET', `${base}/images/1/masks?ids=${others.join(',')}`);
    await service.json('POST', `${base}/edits`, { edit: { type: 'deleteObjects', ids: [objects[0]!.id] } });
    await service.bytes('GET', `${base}/images/1/masks`);
    expect(project.notices).toEqual([]);
  });
});

describe('two workbenches on one project', () => {
  it('the second one looks, is told who has it, and can change it when the first has closed it', async () => {
    await writeGreySpecimen(folder, 'a.png');
    await writeProject(folder, ['a.png'], 2);
    const [first, second] = [start(), start(join(folder, '..', 'other data'))];
    const { base } = await open(first);
    const { project } = await open(second);
    expect(project.writable).toBe(false);
    expect(project.notices).toHaveLength(1);
    expect(project.notices[0]!.message).toContain(hostname());
    expect(project.notices[0]!.message).toContain(String(process.pid));
    expect(project.notices[0]!.remedy).toContain('project.lock');

    await first.json('POST', `${base}/edits`, { edit: { type: 'deleteObjects', ids: [1] } });
    const { objects } = await second.json<{ objects: ObjectView[] }>('GET', `${base}/images/1/objects`);
    expect(objects.map(({ id }) => id)).toEqual([2]);
    await second.bytes('GET', `${base}/images/1/masks`);
    expect((await second.json<MicrographView>('GET', `${base}/images/1`)).widthPx).toBe(600);
    await second.bytes('GET', `${base}/images/1/thumbnail`);

    const refusals: [method: string, path: string, body?: unknown][] = [
      ['POST', `${base}/edits`, addClass('x')],
      ['POST', `${base}/undo`],
      ['PUT', `${base}/images/1/display`, { range: [0, 9] }],
      ['POST', `${base}/upload?name=b.png`, await readFile(join(folder, 'a.png'))],
      ['POST', `${base}/images`, { paths: [folder] }],
    ];
    for (const [method, path, body] of refusals) {
      expect(await second.failure(method, path, body)).toMatchObject({
        status: 423,
        code: 'project-locked',
        path: folder,
        remedy: expect.any(String),
      });
    }
    // Closing the one that only looks leaves the other one's lock alone.
    await second.send('DELETE', base);
    await first.json('POST', `${base}/undo`);
    expect((await open(second)).project.writable).toBe(false);
    await second.send('DELETE', base);
    await first.send('DELETE', base);
    const now = (await open(second)).project;
    expect(now).toMatchObject({ writable: true, notices: [] });
    expect(now.images[0]!.objectCount).toBe(2);
  });

  it('a reader that was killed while it read holds up the writer for a moment only', async () => {
    await writeGreySpecimen(folder, 'a.png');
    const service = start();
    const { project, base } = await open(service);
    await service.workbench.project(project.id).lookAtImages();
    // What a process leaves that dies within a statement.
    await mkdir(join(folder, 'project.lamella.lock'));
    await service.json('POST', `${base}/edits`, addClass('Pore'));
    expect((await service.json<ProjectView>('GET', base)).classes).toHaveLength(2);
  });
});
