import type { ChangeView, Edit } from '../../electron/service/api/contract.ts';
import { notify, reportFailure } from '../app/notify.tsx';
import * as api from '../client/api.ts';
import { isAbort, toFailure } from '../client/failure.ts';
import { applyChange, changedMasks, imageElsewhere } from '../state/changes.ts';
import { keepMasks, maskOf } from '../state/masks.ts';
import { isOpen, useProject } from '../state/projectStore.ts';
import { useProposals } from '../state/proposalStore.ts';
import { isSameSlice } from '../state/slice.ts';
import { canvasHandle } from '../state/viewStore.ts';
import { strings } from '../strings.ts';
import { imageSignal, selectImage } from './images.ts';
import { inOrder } from './inOrder.ts';
import { resync } from './live.ts';
import { showPlane } from './planes.ts';

/** Settles when every edit that was sent has been answered. */
let answered: Promise<unknown> = Promise.resolve();

/**
 * Sends one edit after those before it. `acknowledged` runs when the service has committed it, before the page shows
 * it. Gives null when it was refused or failed; that has been shown by then.
 */
export function submitEdit(edit: Edit, acknowledged?: (change: ChangeView) => void): Promise<ChangeView | null> {
  return submit((project) => api.sendEdit(project, edit), acknowledged);
}

/** Takes back the last edit; when it was made on another image, goes there. */
export async function undo(): Promise<void> {
  if (useProject.getState().records.history.undo !== null) showWhereItHappened(await submit(api.undo));
}

export async function redo(): Promise<void> {
  if (useProject.getState().records.history.redo !== null) showWhereItHappened(await submit(api.redo));
}

function showWhereItHappened(change: ChangeView | null): void {
  if (!change) return;
  const elsewhere = imageElsewhere(change, useProject.getState().records.imageId);
  if (elsewhere !== null) selectImage(elsewhere);
  else {
    showSliceOf(change);
    comeBackTo(change);
  }
  notify({ level: 'info', message: strings.edits.done(change.label) });
}

/** The slice that the change was made on, where none of it is on the one on screen. */
function showSliceOf({ objects }: ChangeView): void {
  const planes = objects.flatMap(({ before, after }) => (after ?? before)?.plane ?? []);
  const { plane } = useProject.getState();
  const [first] = planes;
  if (first && !planes.some((one) => isSameSlice(one, plane))) showPlane({ z: first.z, t: first.t });
}

/** A decision that was taken back is made anew next. */
function comeBackTo({ objects }: ChangeView): void {
  const back = objects.flatMap(({ before, after }) =>
    before && before.state !== 'proposed' && after?.state === 'proposed' ? [after] : [],
  );
  if (back.length !== 1) return;
  useProposals.setState({ picked: [back[0]!.id] });
  canvasHandle.current?.keepInSight(back[0]!.bbox);
}

async function submit(
  send: (project: string) => Promise<ChangeView>,
  acknowledged?: (change: ChangeView) => void,
): Promise<ChangeView | null> {
  const project = useProject.getState().project;
  if (!project) return null;
  useProject.setState(({ editsUnderWay }) => ({ editsUnderWay: editsUnderWay + 1 }));
  const answer = answered.then(() => send(project.id));
  answered = answer.catch(() => null);
  try {
    const change = await answer;
    acknowledged?.(change);
    useProject.setState({ saveFailure: null });
    void inOrder(() => apply(change, project.id));
    return change;
  } catch (thrown) {
    const failure = toFailure(thrown);
    // A refused edit leaves nothing unsaved; any other failure means that what the user did is not on disk.
    if (failure.code !== 'edit-refused') useProject.setState({ saveFailure: failure });
    reportFailure(failure);
    return null;
  } finally {
    useProject.setState(({ editsUnderWay }) => ({ editsUnderWay: editsUnderWay - 1 }));
  }
}

/** A change told by the event stream: another window's, or our own before its answer is here. */
export function receiveChange(change: ChangeView): void {
  const { project } = useProject.getState();
  if (!project) return;
  void inOrder(async () => {
    await answered;
    await apply(change, project.id);
  });
}

/** Shows a change together with its masks, so that nothing flickers in between. */
async function apply(change: ChangeView, project: string): Promise<void> {
  const { records } = useProject.getState();
  if (!isOpen(project) || change.seq <= records.seq) return;
  if (change.seq > records.seq + 1) return resync();
  const imageId = records.imageId;
  if (imageId !== null) {
    const missing = changedMasks(change, imageId).filter(({ id, maskRevision }) => !maskOf(id, maskRevision));
    if (missing.length > 0) {
      await fetchMasks(
        project,
        imageId,
        missing.map(({ id }) => id),
      );
    }
  }
  if (!isOpen(project)) return;
  useProject.setState((state) => {
    const next = applyChange(state.records, change);
    const selection = state.selection.filter((id) => next.objects.get(id)?.state === 'accepted');
    const classId = next.classes.some(({ id }) => id === state.classId) ? state.classId : (next.classes[0]?.id ?? null);
    return {
      records: next,
      classId,
      selection: selection.length === state.selection.length ? state.selection : selection,
    };
  });
}

async function fetchMasks(project: string, imageId: number, ids: readonly number[]): Promise<void> {
  const signal = imageSignal();
  try {
    const frame = await api.getMasks(project, imageId, ids, signal);
    if (!signal.aborted) keepMasks(frame);
  } catch (thrown) {
    // Another image is on screen by now: its own load brings its masks.
    if (!isAbort(thrown)) throw thrown;
  }
}
