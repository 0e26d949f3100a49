import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Mask } from '../../../native-models/masks/mask.ts';
import { maskIou, uniteMasks } from '../../../native-models/masks/mask.ts';
import type { Edit, MicrographFacts } from '../api/contract.ts';
import { isLamellaError, LamellaError } from '../errors.ts';
import type { AcceptedCandidate, EditContext, Project } from './contract.ts';
import { openProject, repairProject } from './index.ts';

const planeSize = 64;
const facts = (path: string): MicrographFacts => ({
  path,
  format: 'PNG',
  widthPx: planeSize,
  heightPx: planeSize,
  dtype: 'uint8',
  samples: 1,
  channels: 1,
  z: 1,
  t: 1,
  pixelSize: null,
  pixelUnit: null,
  pixelSizeSource: null,
});

function rectangle(x: number, y: number, width: number, height: number): Mask {
  return { x, y, width, height, data: new Uint8Array(width * height).fill(1) };
}

/** Candidates named 'x,y,w,h' on the image given. */
function candidatesOn(imageId: number): EditContext {
  return {
    candidate(id): AcceptedCandidate {
      const [x, y, width, height] = id.split(',').map(Number) as [number, number, number, number];
      if (![x, y, width, height].every(Number.isInteger)) throw new LamellaError('not-found', `no candidate ${id}`);
      return {
        imageId,
        plane: { c: null, z: 0, t: 0 },
        mask: rectangle(x, y, width, height),
        predictedIou: 0.9,
        stability: 0.95,
        prompts: { model: 'test', steps: [{ points: [{ x, y, label: 1 }], box: null, candidate: 0 }] },
        model: 'test',
      };
    },
  };
}

let folder: string;
let open: Project[];

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'lamella-project-')), 'Schliffe für Prüfung 试样');
  mkdirSync(folder);
  open = [];
});

afterEach(() => {
  for (const project of open) project.close();
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

async function opened(options?: { readOnly?: boolean }): Promise<Project> {
  const project = await openProject(folder, options);
  open.push(project);
  return project;
}

function closed(project: Project): void {
  project.close();
  open = open.filter((other) => other !== project);
}

function withImages(project: Project, names = ['a10.png', 'a9.png']): number[] {
  project.addImages(
    names.map((name) => ({ path: join(folder, name), sha256: 'x', facts: facts(name), problem: null })),
  );
  return project.images().map(({ id }) => id);
}

/** Everything that edits can change. */
function contentOf(project: Project): unknown {
  return {
    classes: project.classes(),
    images: project.images(),
    objects: project
      .images()
      .map(({ id }) => project.masks(id, null).map(({ view, mask }) => ({ ...view, maskRevision: 0, mask }))),
  };
}

const refusal = (code: string) => expect.objectContaining({ code });

describe('a project', () => {
  it('keeps images in natural order, objects, masks and prompts across reopening', async () => {
    const project = await opened();
    const [first] = withImages(project);
    expect(project.images().map(({ name }) => name)).toEqual(['a9.png', 'a10.png']);
    const classId = project.classes()[0]!.id;
    const change = project.apply(
      { type: 'addObject', imageId: first!, candidateId: '3,4,5,6', classId },
      candidatesOn(first!),
    );
    expect(change.objects[0]!.after).toMatchObject({ bbox: [3, 4, 5, 6], areaPx: 30, predictedIou: 0.9 });
    expect(change.images[0]).toMatchObject({
      before: { state: 'not-started', objectCount: 0 },
      after: { state: 'in-work', objectCount: 1 },
    });
    const before = contentOf(project);
    closed(project);
    const again = await opened();
    expect(contentOf(again)).toEqual(before);
    expect(again.objects(first!)[0]!.prompts?.steps[0]?.points).toEqual([{ x: 3, y: 4, label: 1 }]);
    expect(again.history()).toEqual({ undo: 'accept object', redo: null });
  });

  it('merges to the union, subtracts, and refuses what would leave nothing or touches locked objects', async () => {
    const project = await opened();
    const [image] = withImages(project);
    const context = candidatesOn(image!);
    const classId = project.classes()[0]!.id;
    const add = (candidateId: string) =>
      project.apply({ type: 'addObject', imageId: image!, candidateId, classId }, context).objects[0]!.after!.id;
    const [a, b, c] = [add('0,0,10,10'), add('5,5,10,10'), add('6,6,2,2')];
    project.apply({ type: 'subtractObjects', ids: [b], by: [c] }, context);
    expect(project.object(b).areaPx).toBe(96);
    project.apply({ type: 'mergeObjects', ids: [a, b] }, context);
    expect(() => project.object(b)).toThrow(refusal('not-found'));
    const [merged] = project.masks(image!, [a]);
    const cut = rectangle(5, 5, 10, 10);
    cut.data[1 * 10 + 1] = cut.data[1 * 10 + 2] = cut.data[2 * 10 + 1] = cut.data[2 * 10 + 2] = 0;
    expect(maskIou(merged!.mask, uniteMasks([rectangle(0, 0, 10, 10), cut]))).toBe(1);
    expect(() => project.apply({ type: 'subtractObjects', ids: [c], by: [a] }, context)).toThrow(
      refusal('edit-refused'),
    );
    project.apply({ type: 'updateObjects', ids: [a], set: { locked: true } }, context);
    for (const edit of [
      { type: 'deleteObjects', ids: [a] },
      { type: 'mergeObjects', ids: [a, c] },
      { type: 'updateObjects', ids: [a], set: { classId } },
    ] satisfies Edit[]) {
      expect(() => project.apply(edit, context)).toThrow(refusal('edit-refused'));
    }
    expect(project.history().undo).toBe('lock object');
  });

  it('keeps class names and keys apart, and the last class', async () => {
    const project = await opened();
    withImages(project);
    const context = candidatesOn(0);
    const own = project.classes()[0]!;
    expect(() => project.apply({ type: 'removeClass', id: own.id, moveTo: null }, context)).toThrow(
      refusal('edit-refused'),
    );
    project.apply({ type: 'addClass', name: 'Pore', color: '#AA0000', key: 'p' }, context);
    expect(project.classes()[1]).toMatchObject({ name: 'Pore', color: '#aa0000', key: 'p' });
    for (const edit of [
      { type: 'addClass', name: 'pORE', color: '#000000', key: null },
      { type: 'addClass', name: 'Grain', color: '#000000', key: 'p' },
      { type: 'updateClass', id: own.id, set: { key: '2' } },
    ] satisfies Edit[]) {
      expect(() => project.apply(edit, context)).toThrow(refusal('edit-refused'));
    }
  });

  it('gives everything back by undo and forward again by redo, also when reopened in between', async () => {
    const small = fc.integer({ min: 0, max: 40 });
    const size = fc.integer({ min: 1, max: 20 });
    const action = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), at: fc.tuple(small, small, size, size), image: fc.nat(1) }),
      fc.record({
        kind: fc.constantFrom(
          'merge' as const,
          'subtract' as const,
          'delete' as const,
          'hide' as const,
          'lock' as const,
          'class' as const,
          'addClass' as const,
          'removeClass' as const,
          'done' as const,
        ),
        a: fc.nat(30),
        b: fc.nat(30),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 25 }), async (actions) => {
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder);
        let project = await opened();
        const images = withImages(project);
        const start = contentOf(project);
        let edits = 0;
        let names = 0;
        for (const step of actions) {
          const ids = images.flatMap((id) => project.objects(id).map((object) => object.id));
          const classes = project.classes().map(({ id }) => id);
          const pick = (n: number) => ids[n % ids.length] ?? 1;
          const edit: Edit =
            step.kind === 'add'
              ? {
                  type: 'addObject',
                  imageId: images[step.image]!,
                  candidateId: step.at.join(','),
                  classId: classes[0]!,
                }
              : step.kind === 'merge'
                ? { type: 'mergeObjects', ids: [pick(step.a), pick(step.b)] }
                : step.kind === 'subtract'
                  ? { type: 'subtractObjects', ids: [pick(step.a)], by: [pick(step.b)] }
                  : step.kind === 'delete'
                    ? { type: 'deleteObjects', ids: [pick(step.a)] }
                    : step.kind === 'addClass'
                      ? { type: 'addClass', name: `class ${names++}`, color: '#123456', key: null }
                      : step.kind === 'removeClass'
                        ? {
                            type: 'removeClass',
                            id: classes[step.a % classes.length]!,
                            moveTo: classes[step.b % classes.length]!,
                          }
                        : step.kind === 'done'
                          ? { type: 'setImageState', imageId: images[step.a % 2]!, state: 'done' }
                          : {
                              type: 'updateObjects',
                              ids: [pick(step.a)],
                              set:
                                step.kind === 'hide'
                                  ? { hidden: true }
                                  : step.kind === 'lock'
                                    ? { locked: step.b % 2 === 0 }
                                    : { classId: classes[step.b % classes.length]! },
                            };
          try {
            project.apply(edit, candidatesOn(edit.type === 'addObject' ? edit.imageId : 0));
            edits++;
          } catch (error) {
            if (!isLamellaError(error) || (error.code !== 'edit-refused' && error.code !== 'not-found')) throw error;
          }
        }
        const end = contentOf(project);
        for (let i = 0; i < edits; i++) project.undo();
        expect(contentOf(project)).toEqual(start);
        expect(project.history().undo).toBeNull();
        closed(project);
        project = await opened();
        for (let i = 0; i < edits; i++) project.redo();
        expect(contentOf(project)).toEqual(end);
        expect(() => project.redo()).toThrow(refusal('edit-refused'));
        closed(project);
      }),
      { numRuns: 15 },
    );
  });

  it('gives a mask a new revision whenever it changes, by undo too', async () => {
    const project = await opened();
    const [image] = withImages(project);
    const context = candidatesOn(image!);
    const classId = project.classes()[0]!.id;
    for (const candidateId of ['0,0,9,9', '4,4,9,9']) {
      project.apply({ type: 'addObject', imageId: image!, candidateId, classId }, context);
    }
    const [a, b] = project.objects(image!);
    const revisions = [a!.maskRevision];
    revisions.push(
      project.apply({ type: 'subtractObjects', ids: [a!.id], by: [b!.id] }, context).objects[0]!.after!.maskRevision,
    );
    revisions.push(project.undo().objects[0]!.after!.maskRevision);
    revisions.push(project.redo().objects[0]!.after!.maskRevision);
    expect(new Set(revisions).size).toBe(4);
  });
});

describe('two openers', () => {
  it('lets the second one look only, and change again once the first has closed', async () => {
    const writer = await opened();
    withImages(writer);
    const reader = await opened();
    expect(reader.writable).toBe(false);
    expect(reader.notices[0]?.message).toContain('open elsewhere');
    expect(reader.images()).toHaveLength(2);
    expect(() => reader.undo()).toThrow(refusal('project-locked'));
    closed(reader);
    closed(writer);
    expect((await opened()).writable).toBe(true);
  });

  it('reads for an export while another one writes', async () => {
    withImages(await opened());
    expect((await opened({ readOnly: true })).images()).toHaveLength(2);
  });
});

describe('a damaged project file', () => {
  async function filled(): Promise<string> {
    const project = await opened();
    const [image] = withImages(project);
    const context = candidatesOn(image!);
    const classId = project.classes()[0]!.id;
    for (let i = 0; i < 60; i++) {
      project.apply(
        { type: 'addObject', imageId: image!, candidateId: `${i % 40},${i % 30},${1 + (i % 20)},7`, classId },
        context,
      );
    }
    closed(project);
    return join(folder, 'project.lamella');
  }

  const damages: [string, (file: string) => void][] = [
    ['cut short', (file) => truncateSync(file, Math.floor(readFileSync(file).length * 0.6))],
    ['emptied', (file) => truncateSync(file, 0)],
    [
      'overwritten in the middle',
      (file) => {
        const bytes = readFileSync(file);
        bytes.fill(0xa5, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 4096);
        writeFileSync(file, bytes);
      },
    ],
    [
      'overwritten at the start',
      (file) => {
        const bytes = readFileSync(file);
        bytes.fill(0xa5, 0, 4096);
        writeFileSync(file, bytes);
      },
    ],
    ['replaced by other content', (file) => writeFileSync(file, 'not a database at all, '.repeat(99))],
  ];

  for (const [how, damage] of damages) {
    it(`${how}: is copied aside as it is and opened as far as it can be read`, async () => {
      const file = await filled();
      damage(file);
      const damaged = readFileSync(file);
      const project = await opened();
      expect(project.writable).toBe(true);
      expect(project.notices[0]?.message).toContain('damaged');
      const copy = readdirSync(folder).find((name) => name.startsWith('project.damaged-'));
      expect(readFileSync(join(folder, copy!)).equals(damaged)).toBe(true);
      const ids = withImages(project);
      expect(ids).toHaveLength(2);
      project.apply({ type: 'addClass', name: 'new', color: '#111111', key: null }, candidatesOn(ids[0]!));
      closed(project);
      expect((await opened()).notices).toEqual([]);
    });
  }

  it('gives back every object whose page is whole', async () => {
    const file = await filled();
    const bytes = readFileSync(file);
    // The change log lies behind the objects: cutting the last pages leaves the objects readable.
    truncateSync(file, bytes.length - 4096);
    const project = await opened();
    expect(project.images()).toHaveLength(2);
    expect(project.objects(project.images()[0]!.id).length).toBeGreaterThan(0);
  });

  it('can be repaired by hand, and a newer format is refused untouched', async () => {
    const file = await filled();
    const report = await repairProject(folder);
    expect(report.recovered).toEqual({ images: 2, classes: 1, objects: 60, changes: 60 });
    const project = await opened();
    expect(project.objects(project.images()[0]!.id)).toHaveLength(60);
    closed(project);
    const { Database } = await import('node-sqlite3-wasm');
    const db = new Database(file);
    db.run("UPDATE meta SET value = '99' WHERE key = 'format_version'");
    db.close();
    const before = readFileSync(file);
    await expect(openProject(folder)).rejects.toThrow(/newer Lamella/);
    expect(readFileSync(file).equals(before)).toBe(true);
    copyFileSync(file, join(folder, 'kept'));
  });
});
