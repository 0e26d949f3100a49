import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeRle } from '../../../native-models/masks/rle.ts';
import type { Edit, ObjectView } from '../api/contract.ts';
import type { ProposalFacts } from '../api/proposals.ts';
import type { AutomaticRun, EditContext, NewProposal, Project } from './contract.ts';
import { openProject, repairProject } from './index.ts';
import { migrate, versionOf } from './schema.ts';
import { Sqlite } from './sqlite.ts';

const planeSize = 64;
const facts: ProposalFacts = {
  ...{ source: 'automatic', confidence: 0.7, touchesBorder: false },
  ...{ nesting: 0, parts: 1, overlap: 0.1 },
};
const plane = { c: null, z: 0, t: 0 };
const run: AutomaticRun = { sha256: 'x', displayRange: null, model: 'm 1 fp32', preset: 'cells' };
const noCandidates: EditContext = {
  candidate: () => {
    throw new Error('nobody asks for candidates here');
  },
};

let folder: string;
let file: string;
let project: Project;
let imageId: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lamella proposals ü-'));
  file = join(folder, 'project.lamella');
  project = await openProject(folder);
  const path = join(folder, 'a.png');
  const size = { widthPx: planeSize, heightPx: planeSize };
  project.addImages([
    {
      ...{ path, sha256: 'x', problem: null },
      facts: {
        ...{ path, format: 'PNG', ...size, dtype: 'uint8', samples: 1, channels: 1, z: 1, t: 1 },
        ...{ pixelSize: null, pixelUnit: null, pixelSizeSource: null },
      },
    },
  ]);
  imageId = project.images()[0]!.id;
});
afterEach(() => {
  project.close();
  rmSync(folder, { recursive: true, force: true });
});

function square(x: number, y: number, side = 4): NewProposal {
  const mask = { x, y, width: side, height: side, data: new Uint8Array(side * side).fill(1) };
  return {
    segmentation: encodeRle(mask, planeSize, planeSize),
    bbox: [x, y, side, side],
    areaPx: side * side,
    ...{ classId: 1, predictedIou: 0.8, stability: 0.9, facts },
  };
}

const propose = (proposals: NewProposal[], replaced: number[] = [], of: AutomaticRun | null = run) =>
  project.addProposals({ imageId, plane, model: 'm', proposals, replaced, run: of });
const proposed = (...proposals: NewProposal[]) => propose(proposals)!.objects.map(({ after }) => after!.id);
const apply = (edit: Edit) => project.apply(edit, noCandidates);
const states = () => project.objects(imageId).map(({ state }) => state);

async function reopened(): Promise<Project> {
  project.close();
  project = await openProject(folder);
  return project;
}

describe('proposals', () => {
  it('of a run are one step, with what was measured, and go and come back with it', async () => {
    const change = propose([square(1, 1), square(10, 10)])!;
    expect(change.label).toBe('propose 2 objects');
    expect(change.images[0]!.after).toMatchObject({ objectCount: 0, state: 'not-started' });
    const wanted: Partial<ObjectView> = {
      ...{ state: 'proposed', classId: 1, areaPx: 16, bbox: [1, 1, 4, 4], predictedIou: 0.8, stability: 0.9 },
      ...{ prompts: null, proposal: facts, model: 'm', hidden: false, locked: false },
    };
    expect(change.objects[0]!.after).toMatchObject(wanted);
    expect((await reopened()).objects(imageId)).toEqual(change.objects.map(({ after }) => after));
    expect(project.masks(imageId, null).map(({ mask }) => [mask.x, mask.y])).toEqual([
      [1, 1],
      [10, 10],
    ]);
    expect(project.automaticRun(imageId)).toEqual(run);

    project.undo();
    expect([project.objects(imageId), project.automaticRun(imageId)]).toEqual([[], null]);
    project.redo();
    expect(states()).toEqual(['proposed', 'proposed']);
    expect(project.automaticRun(imageId)).toEqual(run);
  });

  it('of the next run take the place of those that are named and still proposals', () => {
    const [first, second, third] = proposed(square(1, 1), square(10, 10), square(20, 20)) as [number, number, number];
    apply({ type: 'acceptProposals', ids: [second], classId: null });
    const again = { ...run, preset: 'grains', displayRange: [1, 2.5] as [number, number] };
    const change = propose([square(30, 30)], [first, second, third], again)!;
    expect(change.label).toBe('propose object');
    expect(states()).toEqual(['accepted', 'proposed']);
    expect(project.automaticRun(imageId)).toEqual(again);
    project.undo();
    expect(project.objects(imageId).map(({ id }) => id)).toEqual([first, second, third]);
    expect(project.automaticRun(imageId)).toEqual(run);
  });

  it('may be none, which is remembered and is no step', () => {
    expect(propose([])).toBeNull();
    expect(project.automaticRun(imageId)).toEqual(run);
    expect(project.history()).toEqual({ undo: null, redo: null });
  });

  it('are refused as a whole where the class is gone', () => {
    expect(() => propose([square(1, 1), { ...square(9, 9), classId: 7 }])).toThrow(/Class 7/);
    expect([project.objects(imageId), project.automaticRun(imageId)]).toEqual([[], null]);
  });
});

describe('deciding on proposals', () => {
  it('accepts them, with another class where one is given, and counts them then', () => {
    const ids = proposed(square(1, 1), square(10, 10));
    apply({ type: 'addClass', name: 'Pore', color: '#123456', key: null });
    expect(apply({ type: 'acceptProposals', ids: [ids[0]!], classId: 2 }).label).toBe('accept proposal');
    expect(apply({ type: 'acceptProposals', ids: [ids[1]!], classId: null }).images[0]!.after).toMatchObject({
      objectCount: 2,
      state: 'in-work',
    });
    expect(project.objects(imageId)).toMatchObject([
      { state: 'accepted', classId: 2, proposal: facts },
      { state: 'accepted', classId: 1, proposal: facts },
    ]);
    project.undo();
    expect(states()).toEqual(['accepted', 'proposed']);
  });

  it('rejects them, and they stay', () => {
    const ids = proposed(square(1, 1), square(10, 10), square(20, 20));
    const change = apply({ type: 'rejectProposals', ids: ids.slice(0, 2) });
    expect(change.label).toBe('reject 2 proposals');
    expect(states()).toEqual(['rejected', 'rejected', 'proposed']);
    expect(project.images()[0]).toMatchObject({ objectCount: 0, state: 'not-started' });
    expect(project.countObjects('rejected')).toEqual(new Map([[imageId, 2]]));
  });

  it.each(['acceptProposals', 'rejectProposals'] as const)('%s is refused for what is no open proposal', (type) => {
    const [open, accepted, rejected, locked] = proposed(...[1, 10, 20, 30].map((at) => square(at, at)));
    apply({ type: 'acceptProposals', ids: [accepted!], classId: null });
    apply({ type: 'rejectProposals', ids: [rejected!] });
    apply({ type: 'updateObjects', ids: [locked!], set: { locked: true } });
    const before = project.objects(imageId);
    for (const id of [accepted!, rejected!, locked!]) {
      expect(() => apply({ type, ids: [open!, id], classId: null })).toThrow(
        expect.objectContaining({ code: 'edit-refused' }) as Error,
      );
    }
    expect(project.objects(imageId)).toEqual(before);
  });

  it('merging accepts, cutting and another class do not', () => {
    const [a, b, c] = proposed(square(1, 1), square(3, 3), square(20, 20, 8)) as [number, number, number];
    apply({ type: 'updateObjects', ids: [c], set: { classId: 1 } });
    const [d] = proposed(square(20, 20)) as [number];
    apply({ type: 'subtractObjects', ids: [c], by: [d] });
    expect(project.object(c)).toMatchObject({ state: 'proposed', areaPx: 48, proposal: facts });
    apply({ type: 'mergeObjects', ids: [a, b] });
    expect(project.object(a)).toMatchObject({ state: 'accepted', proposal: null, predictedIou: null });
    expect(project.images()[0]).toMatchObject({ objectCount: 1, state: 'in-work' });
  });
});

describe('a project of the first format', () => {
  /** As the first Lamella wrote it: its tables, an object, and the step that made it. */
  function writeFirst(path: string): void {
    const db = new Sqlite(path, { readOnly: false });
    migrate(db, 1);
    const { counts } = square(5, 6).segmentation;
    const object = {
      ...{ id: 1, image_id: 1, c: null, z: 0, t: 0, class_id: 2, state: 'accepted', rle: counts },
      ...{ plane_height: 64, plane_width: 64, x: 5, y: 6, width: 4, height: 4, area_px: 16, mask_revision: 2 },
      ...{ hidden: 0, locked: 1, predicted_iou: 0.5, stability: 0.6, prompts: null, model: 'm', author: 'me' },
      ...{ created_at: '2026-01-01', attributes: null, comments: null },
    };
    const columns = Object.keys(object);
    db.transaction(() => {
      db.exec("INSERT INTO classes (name, color) VALUES ('Pore', '#123456')");
      db.exec("INSERT INTO images (path, position, width_px, height_px) VALUES ('a.png', 0, 64, 64)");
      db.run(
        `INSERT INTO objects (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
        Object.values(object),
      );
      const delta = [{ table: 'objects', id: 1, before: null, after: object }];
      db.run("INSERT INTO changes (kind, label, delta, at) VALUES ('edit', 'accept object', ?, '2026-01-01')", [
        JSON.stringify(delta),
      ]);
    });
    expect(versionOf(db)).toBe(1);
    db.close();
  }

  beforeEach(() => {
    project.close();
    rmSync(file);
    writeFirst(file);
  });
  afterEach(async () => {
    // For the end of each test, which closes a project.
    project = await openProject(folder);
  });

  it('keeps everything, can be undone, and takes proposals from then on', async () => {
    const opened = await openProject(folder);
    expect(opened.classes().map(({ name }) => name)).toEqual(['Object', 'Pore']);
    const [object] = opened.objects(1);
    expect(object).toMatchObject({ state: 'accepted', classId: 2, locked: true, bbox: [5, 6, 4, 4], proposal: null });
    expect(opened.images()).toMatchObject([{ name: 'a.png', objectCount: 1 }]);
    expect(opened.history()).toEqual({ undo: 'accept object', redo: null });
    opened.undo();
    expect(opened.objects(1)).toEqual([]);
    opened.redo();
    expect(opened.objects(1)).toEqual([{ ...object, maskRevision: expect.any(Number) }]);
    opened.addProposals({ imageId: 1, plane, model: 'm', proposals: [square(1, 1)], replaced: [], run });
    expect(opened.objects(1).map(({ state }) => state)).toEqual(['accepted', 'proposed']);
    expect(opened.automaticRun(1)).toEqual(run);
    opened.close();
  });

  it.each([
    ['as it is', (bytes: Buffer) => bytes],
    ['overwritten at the start', (bytes: Buffer) => bytes.fill(0x55, 0, 3000)],
  ])('is rescued %s', async (_, spoil) => {
    writeFileSync(file, spoil(readFileSync(file)));
    const { recovered } = await repairProject(folder);
    expect(recovered).toEqual({ images: 1, classes: 2, objects: 1, changes: 1 });
    const opened = await openProject(folder);
    expect(opened.objects(1)).toMatchObject([{ bbox: [5, 6, 4, 4], proposal: null }]);
    opened.close();
  });
});

describe('a damaged project', () => {
  it('keeps proposals and the runs of its images when it is rescued', async () => {
    propose([square(1, 1), square(10, 10)]);
    apply({ type: 'rejectProposals', ids: [1] });
    const before = project.objects(imageId);
    project.close();
    await repairProject(folder);
    project = await openProject(folder);
    expect(project.objects(imageId)).toEqual(before);
    expect(project.automaticRun(imageId)).toEqual(run);
  });

  it('keeps proposals when its list of tables is lost', async () => {
    propose([square(1, 1), square(10, 10)]);
    const before = project.objects(imageId);
    project.close();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0x55, 0, 3000));
    project = await openProject(folder);
    expect(project.objects(imageId)).toEqual(before);
    expect(project.automaticRun(imageId)).toEqual(run);
  });
});
