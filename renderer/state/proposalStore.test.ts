import { describe, expect, it } from 'vitest';
import type { ImageState, ImageView } from '../../electron/service/api/contract.ts';
import { noRecords, type ProjectState, useProject } from './projectStore.ts';
import { imagesInScope, proposingRefused, similarRefused, useProposals } from './proposalStore.ts';

const image = (id: number, state: ImageState, more: Partial<ImageView> = {}): ImageView => ({
  id,
  name: `${id}.tif`,
  path: `/m/${id}.tif`,
  widthPx: 8,
  heightPx: 8,
  state,
  objectCount: 0,
  problem: null,
  ...more,
});

function project(images: ImageView[], imageId: number | null, more: Partial<ProjectState> = {}): ProjectState {
  return {
    ...useProject.getState(),
    project: { id: 'p', name: 'p', folder: '/m', writable: true, notices: [] },
    records: { ...noRecords, images, imageId },
    micrograph: {} as NonNullable<ProjectState['micrograph']>,
    classId: 1,
    ...more,
  };
}

const damaged = image(3, 'not-started', { problem: { code: 'file-damaged', message: 'damaged' } });
const four = [image(1, 'done'), image(2, 'in-work', { objectCount: 3 }), damaged, image(4, 'not-started')];

describe('where proposals are looked for', () => {
  it('is the image on screen, whatever its state', () => {
    expect(imagesInScope(project(four, 1), 'image')).toEqual([1]);
  });
  it('is every image that is not done and can be read, the one on screen first', () => {
    expect(imagesInScope(project(four, 4), 'open')).toEqual([4, 2]);
    expect(imagesInScope(project(four, 1), 'open')).toEqual([2, 4]);
    expect(imagesInScope(project([], null), 'open')).toEqual([]);
  });
});

describe('why nothing can be proposed', () => {
  const none = useProposals.getInitialState();
  const folder = { ...none, scope: 'open' as const };

  it('is told, or null', () => {
    expect(proposingRefused(project(four, 2), none)).toBeNull();
    expect(proposingRefused(project(four, 2, { micrograph: null }), none)).toBe('no-image');
    expect(proposingRefused(project(four, 2, { micrograph: null }), folder)).toBeNull();
    expect(proposingRefused(project([image(1, 'done')], 1), folder)).toBe('all-done');
    expect(proposingRefused(project(four, 2, { classId: null }), none)).toBe('no-class');
    expect(proposingRefused(project(four, 2), { ...none, starting: true })).toBe('running');
    const locked = { id: 'p', name: 'p', folder: '/m', writable: false, notices: [] };
    expect(proposingRefused(project(four, 2, { project: locked }), none)).toBe('read-only');
  });

  it('examples are needed for more of the same, a class is not', () => {
    expect(similarRefused(project(four, 2, { classId: null }), none)).toBeNull();
    expect(similarRefused(project([image(1, 'in-work')], 1), none)).toBe('no-examples');
  });
});
