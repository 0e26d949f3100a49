import { beforeEach, expect, it } from 'vitest';
import { forgetPlanes, notePlane, planesWaiting, preparedOf, usePreparedPlanes } from './preparedPlanes.ts';

beforeEach(forgetPlanes);

const counts = () => usePreparedPlanes.getState().counts;
const slice = (z: number, c: number | null = null) => ({ c, z, t: 0 });

it('counts the planes of each channel that wait and that are ready', () => {
  for (const z of [0, 1, 2]) notePlane(7, slice(z), 'queued');
  notePlane(7, slice(0), 'encoding');
  notePlane(7, slice(0), 'ready');
  notePlane(7, slice(1), 'encoding');
  notePlane(7, slice(0, 1), 'queued');
  notePlane(8, slice(0), 'failed');
  expect(preparedOf(counts(), 7, 0)).toEqual({ waiting: 2, ready: 1 });
  expect(preparedOf(counts(), 7, 1)).toEqual({ waiting: 1, ready: 0 });
  expect(preparedOf(counts(), 8, null)).toEqual({ waiting: 0, ready: 0 });
  expect(planesWaiting(counts())).toBe(3);
});

it('takes back what waits no longer, and tells nobody of progress alone', () => {
  notePlane(7, slice(0), 'queued');
  const before = counts();
  notePlane(7, slice(0), 'encoding');
  expect(counts()).toBe(before);
  notePlane(7, slice(0), 'none');
  expect(planesWaiting(counts())).toBe(0);
});
