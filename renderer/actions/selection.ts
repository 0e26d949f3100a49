import { canvasHandle } from '../state/viewStore.ts';
import { useProject } from '../state/projectStore.ts';
import { submitEdit } from './edits.ts';

/** Selects objects; 'toggle' adds those that are not selected and takes out those that are. */
export function selectObjects(ids: readonly number[], mode: 'replace' | 'toggle'): void {
  useProject.setState(({ selection }) => {
    if (mode === 'replace') return { selection: [...ids] };
    const kept = selection.filter((id) => !ids.includes(id));
    return { selection: [...kept, ...ids.filter((id) => !selection.includes(id))] };
  });
}

/** Selects what stands between the object selected last and this one in the list. */
export function selectRange(id: number, listed: readonly number[]): void {
  const { selection } = useProject.getState();
  const from = listed.indexOf(selection.at(-1) ?? id);
  const to = listed.indexOf(id);
  const between = from <= to ? listed.slice(from, to + 1) : listed.slice(to, from + 1).reverse();
  useProject.setState({ selection: [...selection, ...between.filter((one) => !selection.includes(one))] });
}

export function selectAll(): void {
  useProject.setState(({ records }) => ({ selection: [...records.objects.keys()].sort((a, b) => a - b) }));
}

export function clearSelection(): void {
  useProject.setState({ selection: [] });
}

function selected() {
  const { selection, records } = useProject.getState();
  return selection.flatMap((id) => records.objects.get(id) ?? []);
}

export function mergeSelected(): void {
  const ids = selected().map(({ id }) => id);
  if (ids.length >= 2) void submitEdit({ type: 'mergeObjects', ids });
}

/** Takes the objects selected later out of the one selected first. */
export function subtractSelected(): void {
  const [first, ...others] = selected().map(({ id }) => id);
  if (first !== undefined && others.length > 0) {
    void submitEdit({ type: 'subtractObjects', ids: [first], by: others });
  }
}

export function deleteSelected(): void {
  const ids = selected().map(({ id }) => id);
  if (ids.length > 0) void submitEdit({ type: 'deleteObjects', ids });
}

/** Hides (locks) all that are selected; when all are hidden (locked) already, shows (unlocks) them. */
export function toggleSelected(flag: 'hidden' | 'locked'): void {
  const objects = selected();
  if (objects.length === 0) return;
  const set = { [flag]: !objects.every((object) => object[flag]) };
  void submitEdit({ type: 'updateObjects', ids: objects.map(({ id }) => id), set });
}

/** Makes it the current class; with objects selected it becomes theirs. */
export function chooseClass(classId: number): void {
  useProject.setState({ classId });
  const ids = selected().flatMap((object) => (object.classId === classId ? [] : [object.id]));
  if (ids.length > 0) void submitEdit({ type: 'updateObjects', ids, set: { classId } });
}

export function revealSelected(): void {
  const boxes = selected().map(({ bbox }) => bbox);
  if (boxes.length === 0) return;
  const left = Math.min(...boxes.map(([x]) => x));
  const top = Math.min(...boxes.map(([, y]) => y));
  const right = Math.max(...boxes.map(([x, , width]) => x + width));
  const bottom = Math.max(...boxes.map(([, y, , height]) => y + height));
  canvasHandle.current?.reveal([left, top, right - left, bottom - top]);
}
