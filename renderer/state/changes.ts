import type {
  Changed,
  ChangeView,
  ClassView,
  HistoryView,
  ImageView,
  ObjectView,
} from '../../electron/service/api/contract.ts';

/** What the page knows of a project's records: everything but objects is whole, objects are those of one image. */
export interface ProjectRecords {
  /** Number of the last change that is contained. */
  seq: number;
  history: HistoryView;
  classes: readonly ClassView[];
  images: readonly ImageView[];
  /** The image whose objects are here; null: none. */
  imageId: number | null;
  objects: ReadonlyMap<number, ObjectView>;
}

/** The records after `change`. Applying a change that is contained already changes nothing but `seq`. */
export function applyChange(records: ProjectRecords, change: ChangeView): ProjectRecords {
  return {
    ...records,
    seq: change.seq,
    history: change.history,
    classes: applyToList(records.classes, change.classes, byId),
    images: applyToList(records.images, change.images, byName),
    objects: applyToObjects(records.objects, change.objects, records.imageId),
  };
}

/** Puts in or replaces one image (it was added, or a look at its file changed what is known). */
export function putImage(images: readonly ImageView[], image: ImageView): readonly ImageView[] {
  return applyToList(images, [{ before: null, after: image }], byName);
}

function applyToObjects(
  objects: ReadonlyMap<number, ObjectView>,
  changes: readonly Changed<ObjectView>[],
  imageId: number | null,
): ReadonlyMap<number, ObjectView> {
  const here = changes.filter((change) => (change.after ?? change.before)?.imageId === imageId);
  if (here.length === 0) return objects;
  const next = new Map(objects);
  for (const { before, after } of here) {
    if (after) next.set(after.id, after);
    else if (before) next.delete(before.id);
  }
  return next;
}

function applyToList<T extends { id: number }>(
  list: readonly T[],
  changes: readonly Changed<T>[],
  order: (a: T, b: T) => number,
): readonly T[] {
  if (changes.length === 0) return list;
  const next = [...list];
  for (const { before, after } of changes) {
    const at = next.findIndex((item) => item.id === (after ?? before)?.id);
    if (after && at >= 0) next[at] = after;
    else if (after) {
      const place = next.findIndex((item) => order(after, item) < 0);
      next.splice(place < 0 ? next.length : place, 0, after);
    } else if (at >= 0) next.splice(at, 1);
  }
  return next;
}

const naturalOrder = new Intl.Collator('en', { numeric: true });
const byId = (a: { id: number }, b: { id: number }) => a.id - b.id;
const byName = (a: ImageView, b: ImageView) => naturalOrder.compare(a.name, b.name) || a.id - b.id;

/** Objects of this image whose masks a change brings or alters. */
export function changedMasks(change: ChangeView, imageId: number): ObjectView[] {
  return change.objects.flatMap(({ before, after }) =>
    after && after.imageId === imageId && before?.maskRevision !== after.maskRevision ? [after] : [],
  );
}

/** The image that a change is about when it does not concern `imageId`, so that undo can go there; else null. */
export function imageElsewhere(change: ChangeView, imageId: number | null): number | null {
  const touched = [
    ...change.objects.map(({ before, after }) => (after ?? before)?.imageId),
    ...(change.objects.length === 0 ? change.images.map(({ before, after }) => (after ?? before)?.id) : []),
  ].filter((id) => id !== undefined);
  return touched.length === 0 || touched.some((id) => id === imageId) ? null : touched[0]!;
}
