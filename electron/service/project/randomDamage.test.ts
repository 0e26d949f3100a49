import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isLamellaError } from '../errors.ts';
import { writeProject } from '../testing/writeProject.ts';
import type { EditContext, Project } from './contract.ts';
import { openProject } from './index.ts';

let folder: string;
let whole: Buffer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lamella-damage-'));
  await writeProject(folder, ['a.png', 'b.png'], 60);
  whole = readFileSync(join(folder, 'project.lamella'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const noCandidates: EditContext = {
  candidate: (id) => {
    throw new Error(`No candidate is accepted here (${id})`);
  },
};

/** Everything a window asks for when it opens a project. Masks of single objects may be lost, nothing else may fail. */
function lookAtAll(project: Project): void {
  project.classes();
  project.history();
  for (const { id } of project.images()) {
    project.image(id);
    for (const object of project.objects(id)) {
      try {
        project.masks(id, [object.id]);
      } catch (cause) {
        if (!isLamellaError(cause) || cause.code !== 'project-damaged') throw cause;
      }
    }
  }
}

it('wherever a project file is overwritten, it opens, keeps what was there aside, and can be worked on', async () => {
  const damage = fc.record({
    at: fc.nat(),
    length: fc.constantFrom(4, 40, 400, 4096),
    bytes: fc.oneof(fc.constantFrom(0, 0xa5, 0xff), fc.constant('random' as const)),
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ at, length, bytes, seed }) => {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      const damaged = Buffer.from(whole);
      const from = at % (damaged.length - length);
      for (let i = 0; i < length; i++) {
        damaged[from + i] = bytes === 'random' ? Math.imul(seed + i, 0x9e3779b1) >>> 24 : bytes;
      }
      writeFileSync(join(folder, 'project.lamella'), damaged);

      const project = await openProject(folder);
      lookAtAll(project);
      project.apply({ type: 'addClass', name: 'After', color: '#000000', key: null }, noCandidates);
      project.undo();
      const copy = readdirSync(folder).find((name) => name.startsWith('project.damaged-'));
      expect(copy !== undefined).toBe(project.notices.length > 0);
      if (copy !== undefined) expect(readFileSync(join(folder, copy)).equals(damaged)).toBe(true);
      project.close();
    }),
    { numRuns: 20 },
  );
});
