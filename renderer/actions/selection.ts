import { useProject } from '../state/projectStore.ts';
import { currentReview, pickedProposals, useProposals } from '../state/proposalStore.ts';
import { objectsByState } from '../state/review.ts';
import { objectsHere } from '../state/slice.ts';
import { canvasHandle } from '../state/viewStore.ts';
import { submitEdit } from './edits.ts';

/**
 * Selects objects, and picks proposals for review: the two are kept apart. 'toggle' adds those that are not selected
 * and takes out those that are.
 */
export function selectObjects(ids: readonly number[], mode: 'replace' | 'toggle'): void {
  const { objects } = useProject.getState().records;
  const isProposed = (id: number) => objects.get(id)?.state === 'proposed';
  const select = (before: readonly number[], chosen: readonly number[]) => {
    if (mode === 'replace') return chosen;
    return [...before.filter((id) => !chosen.includes(id)), ...chosen.filter((id) => !before.includes(id))];
  };
  useProject.setState(({ selection }) => ({
    selection: select(
      selection,
      ids.filter((id) => !isProposed(id)),
    ),
  }));
  useProposals.setState(({ picked }) => ({ picked: select(picked, ids.filter(isProposed)) }));
}

/** Selects what stands between the object selected last and this one in the list. */
export function selectRange(id: number, listed: readonly number[]): void {
  useProject.setState(({ selection }) => ({ selection: withRange(selection, id, listed) }));
}

/** `selected`, and what stands in the list from the last of them to `id`. */
export function withRange(selected: readonly number[], id: number, listed: readonly number[]): number[] {
  const from = listed.indexOf(selected.at(-1) ?? id);
  const to = listed.indexOf(id);
  const between = from <= to ? listed.slice(from, to + 1) : listed.slice(to, from + 1).reverse();
  return [...selected, ...between.filter((one) => !selected.includes(one))];
}

/** All objects, or all proposals that are shown: what the right pane lists. */
export function selectAll(): void {
  const { accepted } = objectsByState(objectsHere(useProject.getState()));
  const listed = useProposals.getState().tab === 'proposals' ? currentReview().shown : accepted;
  selectObjects(
    listed.map(({ id }) => id),
    'replace',
  );
}

export function clearSelection(): void {
  selectObjects([], 'replace');
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

/** Brings the selected objects and the picked proposals into view. */
export function revealSelected(): void {
  const boxes = [...selected(), ...pickedProposals()].map(({ bbox }) => bbox);
  if (boxes.length === 0) return;
  const left = Math.min(...boxes.map(([x]) => x));
  const top = Math.min(...boxes.map(([, y]) => y));
  const right = Math.max(...boxes.map(([x, , width]) => x + width));
  const bottom = Math.max(...boxes.map(([, y, , height]) => y + height));
  canvasHandle.current?.reveal([left, top, right - left, bottom - top]);
}
