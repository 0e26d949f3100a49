import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSpecimenProject, type SpecimenProject } from '../testing/specimenProject.ts';
import type { RunningService } from '../testing/startService.ts';

let made: SpecimenProject;
let service: RunningService;
let base: string;

beforeAll(async () => {
  made = await openSpecimenProject();
  ({ service, base } = made);
});
afterAll(() => made.close());

describe('a request that is wrong', () => {
  const point = { x: 1, y: 1, label: 1 };
  const cases: [why: string, method: string, path: string, body: unknown, status: number, code: string][] = [
    ['no JSON', 'POST', '/api/projects/open', '{"paths": [', 400, 'bad-request'],
    ['no body', 'POST', '/api/projects/open', undefined, 400, 'bad-request'],
    ['a field missing', 'POST', '/api/projects/open', {}, 400, 'bad-request'],
    ['nothing named', 'POST', '/api/projects/open', { paths: [] }, 400, 'bad-request'],
    ['part of a path', 'POST', '/api/projects/open', { paths: ['images/a.png'] }, 400, 'bad-request'],
    ['a NUL in a path', 'POST', '/api/projects/open', { paths: ['/tmp/a\0b'] }, 400, 'bad-request'],
    ['an absent path', 'POST', '/api/projects/open', { paths: ['/no such folder/at all'] }, 404, 'file-missing'],
    ['too large', 'POST', '/api/projects/open', `"${'x'.repeat(5_000_000)}"`, 400, 'bad-request'],
    ['an unknown project', 'GET', '/api/projects/000000000000', undefined, 404, 'not-found'],
    ['an unknown project to edit', 'POST', '/api/projects/000000000000/undo', undefined, 404, 'not-found'],
    ['an unknown route', 'GET', '/api/nothing', undefined, 404, 'not-found'],
    ['another method', 'PUT', '/api/session', undefined, 404, 'not-found'],
    ['an unknown image', 'GET', ':p/images/99', undefined, 404, 'not-found'],
    ['an unknown image to prepare', 'POST', ':p/images/99/embedding', undefined, 404, 'not-found'],
    ['an image that is no number', 'GET', ':p/images/1e1', undefined, 400, 'bad-request'],
    ['a number beyond all', 'GET', `:p/images/${'9'.repeat(30)}`, undefined, 400, 'bad-request'],
    ['a tile outside', 'GET', ':p/images/1/tiles/0/2/0', undefined, 404, 'not-found'],
    ['a level that is not there', 'GET', ':p/images/1/tiles/2/0/0', undefined, 404, 'not-found'],
    ['a plane that is not there', 'GET', ':p/images/1/tiles/0/0/0?z=1', undefined, 404, 'not-found'],
    ['a pixel outside', 'GET', ':p/images/1/pixel?x=600&y=0', undefined, 404, 'not-found'],
    ['a pixel between', 'GET', ':p/images/1/pixel?x=1.5&y=0', undefined, 400, 'bad-request'],
    ['a pixel before', 'GET', ':p/images/1/pixel?x=-1&y=0', undefined, 400, 'bad-request'],
    ['half a pixel', 'GET', ':p/images/1/pixel?x=1', undefined, 400, 'bad-request'],
    ['an empty range', 'PUT', ':p/images/1/display', { range: [5, 5] }, 400, 'bad-request'],
    ['no range', 'PUT', ':p/images/1/display', {}, 400, 'bad-request'],
    ['no prompt', 'POST', ':p/images/1/predict', { points: [], box: null, refine: null }, 400, 'bad-request'],
    [
      'a box inside out',
      'POST',
      ':p/images/1/predict',
      { points: [], box: { x0: 9, y0: 0, x1: 1, y1: 5 }, refine: null },
      400,
      'bad-request',
    ],
    [
      'a label of another kind',
      'POST',
      ':p/images/1/predict',
      { points: [{ ...point, label: 2 }], box: null, refine: null },
      400,
      'bad-request',
    ],
    [
      'more points than are taken',
      'POST',
      ':p/images/1/predict',
      { points: Array.from({ length: 257 }, () => point), box: null, refine: null },
      400,
      'bad-request',
    ],
    [
      'a candidate to refine that is gone',
      'POST',
      ':p/images/1/predict',
      { points: [point], box: null, refine: 'x' },
      404,
      'not-found',
    ],
    ['ids that are none', 'GET', ':p/images/1/masks?ids=1,,2', undefined, 400, 'bad-request'],
    ['masks of an unknown image', 'GET', ':p/images/99/masks', undefined, 404, 'not-found'],
    ['an unknown edit', 'POST', ':p/edits', { edit: { type: 'paint' } }, 400, 'bad-request'],
    [
      'a candidate that is gone',
      'POST',
      ':p/edits',
      { edit: { type: 'addObject', imageId: 1, candidateId: 'x', classId: 1 } },
      404,
      'not-found',
    ],
    ['one object to merge', 'POST', ':p/edits', { edit: { type: 'mergeObjects', ids: [1] } }, 400, 'bad-request'],
    ['unknown objects', 'POST', ':p/edits', { edit: { type: 'deleteObjects', ids: [987] } }, 404, 'not-found'],
    ['nothing to set', 'POST', ':p/edits', { edit: { type: 'updateObjects', ids: [1], set: {} } }, 400, 'bad-request'],
    [
      'a colour that is none',
      'POST',
      ':p/edits',
      { edit: { type: 'addClass', name: 'x', color: 'red', key: null } },
      400,
      'bad-request',
    ],
    ['the last class', 'POST', ':p/edits', { edit: { type: 'removeClass', id: 1, moveTo: null } }, 409, 'edit-refused'],
    ['a name that no file has', 'POST', ':p/upload?name=..', 'x', 400, 'bad-request'],
    ['an unknown format', 'POST', ':p/exports', { format: 'pascal', output: null, options: {} }, 400, 'bad-request'],
    ['half an output', 'POST', ':p/exports', { format: 'coco', output: 'out', options: {} }, 400, 'bad-request'],
    ['an unknown task', 'GET', ':p/tasks/1', undefined, 404, 'not-found'],
  ];

  it.each(cases)('%s is answered with what is wrong', async (_why, method, path, body, status, code) => {
    const failure = await service.failure(method, path.replace(':p', base), body);
    expect(failure).toMatchObject({ status, code });
    expect(failure.message).not.toBe('');
  });

  it('names the field', async () => {
    const { message } = await service.failure('POST', `${base}/images/1/predict`, { points: [{ x: 1, y: 'a' }] });
    expect(message).toMatch(/body\.points\.0\.y.*body\.points\.0\.label.*body\.box/s);
  });

  it('is no defect of the service', () => {
    expect(service.defects).toEqual([]);
  });
});
