import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import sqlite3 from 'node-sqlite3-wasm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildCommandLine } from '../cli/testing.ts';
import type { ChangeView, ClassView, Edit, ImageView, ObjectView, SessionView } from './api/contract.ts';
import type { EditContext, Project } from './project/contract.ts';
import { openProject } from './project/index.ts';
import { writeGreySpecimen } from './testing/specimens.ts';
import { makeFolder } from './testing/startService.ts';
import { writeProject } from './testing/writeProject.ts';

const noCandidates: EditContext = {
  candidate: (id) => {
    throw new Error(`No edit here accepts a candidate (${id})`);
  },
};

let commandLine: string;
let folder: string;
let remove: () => Promise<void>;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  commandLine = await buildCommandLine();
  ({ folder, remove } = await makeFolder());
  await writeGreySpecimen(folder, 'a.png');
  await writeGreySpecimen(folder, 'b.png');
  await writeProject(folder, ['a.png', 'b.png'], 120);
});
afterEach(() => {
  for (const host of running) host.kill('SIGKILL');
});
afterAll(() => remove());

/** `lamella serve` as people run it, on the project. */
async function startHost() {
  const child = spawn(process.execPath, [commandLine, 'serve', folder, '--port', '0', '--no-open'], {
    env: { ...process.env, LAMELLA_DATA: join(folder, '..', 'data') },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  running.add(child);
  const exited = once(child, 'exit').finally(() => running.delete(child));
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(() => {
      throw new Error('The host ended before it printed its address');
    }),
  ])) as [string];
  const address = new URL(/http\S+/.exec(line)![0]);
  const send = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${address.origin}${path}`, {
      method,
      headers: { authorization: `Bearer ${address.searchParams.get('token')}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const { projectId } = await send<SessionView>('GET', '/api/session');
  return {
    pid: child.pid!,
    edit: (edit: Edit) => send<ChangeView>('POST', `/api/projects/${projectId}/edits`, { edit }),
    async killed() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** What every window must hold after the changes it was told of: the same rows that the project must give again. */
class Told {
  readonly objects: Map<number, ObjectView>;
  readonly classes: Map<number, ClassView>;
  readonly states: Map<number, ImageView['state']>;
  edits = 0;

  constructor(project: Project) {
    this.objects = new Map(objectsOf(project).map((object) => [object.id, object]));
    this.classes = new Map(project.classes().map((view) => [view.id, view]));
    this.states = new Map(project.images().map(({ id, state }) => [id, state]));
  }

  add(change: ChangeView): void {
    this.edits++;
    for (const { before, after } of change.objects) put(this.objects, before, after);
    for (const { before, after } of change.classes) put(this.classes, before, after);
    for (const { after } of change.images) this.states.set(after!.id, after!.state);
  }

  get content() {
    return {
      objects: [...this.objects.values()].sort((a, b) => a.id - b.id).map(withoutRevision),
      classes: [...this.classes.values()].sort((a, b) => a.id - b.id),
      states: [...this.states],
    };
  }
}

function put<T extends { id: number }>(rows: Map<number, T>, before: T | null, after: T | null): void {
  if (after) rows.set(after.id, after);
  else rows.delete(before!.id);
}

/** An undo gives the mask back under a new revision. */
function withoutRevision(object: ObjectView): ObjectView {
  return { ...object, maskRevision: 0 };
}

function objectsOf(project: Project): ObjectView[] {
  return project.images().flatMap(({ id }) => project.objects(id));
}

/** The edit that comes n-th, of every kind that needs no model. */
function nextEdit(told: Told, n: number): Edit {
  const [first, second] = [...told.objects.values()].filter(({ imageId }) => imageId === 1 + (n % 2)) as [
    ObjectView,
    ObjectView,
  ];
  const color = `#${(n * 7919).toString(16).padStart(6, '0').slice(-6)}`;
  const edits: Edit[] = [
    { type: 'addClass', name: `Phase ${told.classes.size + 1} β`, color, key: null },
    { type: 'updateObjects', ids: [first.id, second.id], set: { classId: [...told.classes.keys()].at(-1)! } },
    { type: 'mergeObjects', ids: [first.id, second.id] },
    { type: 'updateObjects', ids: [first.id], set: { hidden: !first.hidden } },
    { type: 'updateClass', id: [...told.classes.keys()].at(-1)!, set: { color } },
    { type: 'setImageState', imageId: 1 + (n % 2), state: n % 4 < 2 ? 'done' : 'in-work' },
    { type: 'deleteObjects', ids: [second.id] },
  ];
  return edits[n % edits.length]!;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe.skipIf(process.platform === 'win32')('a service that is killed in the middle of a hundred edits', () => {
  const moments: [when: string, acknowledged: number, comes: (answer: Promise<unknown>) => Promise<void>][] = [
    ['as soon as the next edit was sent', 17, async () => undefined],
    ['while the next edit is being written', 53, (answer) => journalIsThere(answer)],
    ['while another edit is being written', 88, (answer) => journalIsThere(answer)],
    ['when the next edit was answered, and another was sent', 40, async (answer) => void (await answer)],
  ];

  /** SQLite's journal lies beside the project from the first write of a transaction to its commit. */
  async function journalIsThere(answer: Promise<unknown>): Promise<void> {
    const state = { answered: false };
    const end = () => {
      state.answered = true;
    };
    void answer.then(end, end);
    while (!state.answered && !existsSync(join(folder, 'project.lamella-journal'))) await turn();
  }

  it.each(moments)('%s after %i acknowledged ones has lost none of them', async (_when, acknowledged, comes) => {
    const before = await openProject(folder);
    const told = new Told(before);
    const startSeq = before.seq();
    before.close();

    const host = await startHost();
    while (told.edits < acknowledged) told.add(await host.edit(nextEdit(told, told.edits)));
    const unheard = host.edit(nextEdit(told, told.edits));
    const outcome = unheard.then(
      (change) => told.add(change),
      // The connection broke before the answer: whether the edit is there is open.
      () => undefined,
    );
    await comes(unheard);
    if (told.edits > acknowledged) void host.edit(nextEdit(told, told.edits)).catch(() => undefined);
    await host.killed();
    await outcome;

    expect(existsSync(join(folder, 'project.lock'))).toBe(true);
    // Killed within a transaction, SQLite's own lock is left behind; not every kill hits one.
    mkdirSync(join(folder, 'project.lamella.lock'), { recursive: true });

    const project = await openProject(folder);
    expect(project).toMatchObject({ writable: true, notices: [] });
    const more = project.seq() - startSeq - told.edits;
    expect([0, 1]).toContain(more);
    const whole = new Told(project).content;
    // An edit that nobody heard of is there as a whole or not at all.
    if (more === 1) project.undo();
    expect(new Told(project).content).toEqual(told.content);
    if (more === 1) project.redo();
    expect(new Told(project).content).toEqual(whole);

    for (let edits = 0; edits < 10; edits++) project.undo();
    for (let edits = 0; edits < 10; edits++) project.redo();
    expect(new Told(project).content).toEqual(whole);
    const masks = project.images().flatMap(({ id }) => project.masks(id, null));
    expect(masks.map(({ mask }) => mask.data.reduce((sum, value) => sum + value, 0))).toEqual(
      masks.map(({ view }) => view.areaPx),
    );
    project.apply({ type: 'addClass', name: `After ${acknowledged}`, color: '#000000', key: null }, noCandidates);
    project.close();

    expect(readdirSync(folder).sort()).toEqual(['a.png', 'b.png', 'cache', 'project.lamella']);
    const db = new sqlite3.Database(join(folder, 'project.lamella'), { readOnly: true });
    expect(db.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    db.close();
  });
});
