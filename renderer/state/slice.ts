import type { ObjectView, PlaneAddress } from '../../electron/service/api/contract.ts';
import { type ProjectState, useProject } from './projectStore.ts';
import { remembered } from './remembered.ts';

/** Whatever channel: what is seen in one is there in the others. */
export function isSameSlice(a: PlaneAddress, b: PlaneAddress): boolean {
  return a.z === b.z && a.t === b.t;
}

const ofSlice = remembered((objects: ReadonlyMap<number, ObjectView>, z: number, t: number) => {
  const here = [...objects].filter(([, { plane }]) => plane.z === z && plane.t === t);
  return here.length === objects.size ? objects : new Map(here);
});

/** Objects of the slice on screen; the image's other slices have their own. */
export function objectsHere({ records, plane }: ProjectState): ReadonlyMap<number, ObjectView> {
  return ofSlice(records.objects, plane.z, plane.t);
}

/** {@link objectsHere} for a component that shows them. */
export function useObjectsHere(): ReadonlyMap<number, ObjectView> {
  return useProject(objectsHere);
}
