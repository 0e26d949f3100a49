import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findDamage } from './damage.ts';
import { openProject, repairProject } from './index.ts';
import { Sqlite } from './sqlite.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lamella damage ü-'));
  file = join(folder, 'project.lamella');
  const project = await openProject(folder);
  const [image] = project.addImages([{ path: join(folder, 'a.png'), sha256: null, facts: null, problem: null }]);
  const mask = { x: 2, y: 3, width: 4, height: 5, data: new Uint8Array(20).fill(1) };
  const candidate = {
    ...{ imageId: image!.id, plane: { c: null, z: 0, t: 0 }, mask },
    ...{ predictedIou: 0.9, stability: 0.9, prompts: { model: 'm', steps: [] } },
  };
  project.updateImage(image!.id, {
    sha256: '0'.repeat(64),
    facts: {
      ...{ path: join(folder, 'a.png'), format: 'PNG', widthPx: 20, heightPx: 20, dtype: 'uint8', samples: 1 },
      ...{ channels: 1, z: 1, t: 1, pixelSize: null, pixelUnit: null, pixelSizeSource: null },
    },
    problem: null,
  });
  const classId = project.classes()[0]!.id;
  for (let count = 0; count < 3; count++) {
    project.apply(
      { type: 'addObject', imageId: image!.id, candidateId: 'c', classId },
      { candidate: () => ({ ...candidate, model: 'm' }) },
    );
  }
  project.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function edit(sql: string): void {
  const db = new Sqlite(file, { readOnly: false });
  db.exec(sql);
  db.close();
}

describe('a closer look at a project', () => {
  it('finds nothing wrong with a sound one, and leaves it as it is', () => {
    const [bytes, names] = [readFileSync(file), readdirSync(folder)];
    expect(findDamage(file)).toEqual([]);
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(readdirSync(folder)).toEqual(names);
  });

  it.each([
    ['emptied', 0],
    ['cut short', 20_000],
  ])('sees that it was %s', (_, length) => {
    truncateSync(file, length);
    expect(findDamage(file)).not.toEqual([]);
  });

  it('sees masks that cannot be read, which repair then leaves out', async () => {
    edit("UPDATE objects SET rle = 'oops' WHERE id = 2");
    expect(findDamage(file)).toEqual([expect.stringContaining('1 objects')]);
    expect(await repairProject(folder)).toMatchObject({ recovered: { objects: 2 }, unreadableMasks: 1 });
    expect(findDamage(file)).toEqual([]);
  });

  it('sees entries that an index lacks', () => {
    edit(`
      PRAGMA writable_schema = ON;
      UPDATE sqlite_master SET sql = 'CREATE INDEX objects_of_class ON objects (area_px)' WHERE name = 'objects_of_class';
    `);
    expect(findDamage(file).join(' ')).toContain('objects_of_class');
  });

  it('takes a newer format for no damage', () => {
    edit("UPDATE meta SET value = '99' WHERE key = 'format_version'");
    expect(() => findDamage(file)).toThrow(expect.objectContaining({ code: 'project-damaged', path: file }) as Error);
    expect(() => findDamage(file)).toThrow(/newer Lamella/);
  });

  it('does not touch one that is open elsewhere, and finds none where there is none', async () => {
    const project = await openProject(folder);
    expect(() => findDamage(file)).toThrow(expect.objectContaining({ code: 'project-locked' }) as Error);
    project.close();
    expect(() => findDamage(join(folder, 'nix', 'project.lamella'))).toThrow(
      expect.objectContaining({ code: 'file-missing' }) as Error,
    );
  });
});
