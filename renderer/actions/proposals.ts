import type { AutomaticRequest, PropagationAxis, ProposalTaskView } from '../../electron/service/api/proposals.ts';
import { notify, reportFailure } from '../app/notify.tsx';
import * as api from '../client/api.ts';
import { toFailure } from '../client/failure.ts';
import { type ProjectState, useProject } from '../state/projectStore.ts';
import {
  type AskedProposals,
  imagesInScope,
  propagationRefused,
  type ProposalScope,
  proposingRefused,
  similarRefused,
  useProposals,
} from '../state/proposalStore.ts';
import { objectsByState } from '../state/review.ts';
import { objectsHere } from '../state/slice.ts';
import { strings } from '../strings.ts';

/** Automatic segmentation of the chosen images with the chosen preset, into the current class. */
export function propose(): void {
  const project = useProject.getState();
  const proposals = useProposals.getState();
  if (proposingRefused(project, proposals) || project.classId === null) return;
  const imageIds = imagesInScope(project, proposals.scope);
  const { preset, tilePx } = proposals;
  const plane = planeInScope(project, proposals.scope);
  void ask({
    type: 'automatic',
    request: { imageIds, ...plane, preset, tilePx, classId: project.classId, again: false },
  });
}

/** What looks like the selected objects, or like all accepted ones where none is selected. */
export function proposeSimilar(): void {
  const project = useProject.getState();
  const proposals = useProposals.getState();
  if (similarRefused(project, proposals)) return;
  const imageIds = imagesInScope(project, proposals.scope);
  const plane = planeInScope(project, proposals.scope);
  void ask({ type: 'similar', request: { imageIds, ...plane, exampleIds: [...project.selection] } });
}

/**
 * The selected objects, or all of the plane where none is selected, on the other planes along the axis; null: through
 * the slices where there are several, else through time.
 */
export function propagateObjects(axis: PropagationAxis | null): void {
  const project = useProject.getState();
  const { imageId } = project.records;
  if (imageId === null || propagationRefused(project, useProposals.getState(), axis)) return;
  const accepted = objectsByState(objectsHere(project)).accepted.map(({ id }) => id);
  const ids = accepted.filter((id) => project.selection.includes(id));
  const along = axis === null ? {} : { axis };
  void ask({ type: 'propagate', request: { imageId, ids: ids.length > 0 ? ids : accepted, ...along } });
}

/** One image is looked at as it is on screen, all are at their first planes. */
function planeInScope({ plane }: ProjectState, scope: ProposalScope): Pick<AutomaticRequest, 'plane'> {
  return scope === 'image' ? { plane } : {};
}

/** The stopped run, for the images that it did not come to. */
export function goOn(): void {
  const { asked } = useProposals.getState();
  if (asked?.asked.type === 'automatic') {
    void ask({ type: 'automatic', request: { ...asked.asked.request, again: false } });
  } else if (asked) void ask(asked.asked);
}

/** The last run once more, for all of its images. */
export function proposeAgain(): void {
  const { asked } = useProposals.getState();
  if (asked?.asked.type === 'automatic') {
    void ask({ type: 'automatic', request: { ...asked.asked.request, again: true } });
  } else if (asked) void ask(asked.asked);
}

async function ask(asked: AskedProposals): Promise<void> {
  const { project } = useProject.getState();
  const { starting, task: before } = useProposals.getState();
  if (!project || starting || before?.state === 'running') return;
  useProposals.setState({ starting: true, interrupted: false, tab: 'proposals' });
  try {
    const task = await start(project.id, asked);
    // The run's end may have been told before this answer.
    const { task: known } = useProposals.getState();
    const done = known?.id === task.id && known.state === 'done';
    useProposals.setState({ asked: { taskId: task.id, asked, done } });
    receiveProposalTask(task);
  } catch (thrown) {
    reportFailure(thrown);
  } finally {
    useProposals.setState({ starting: false });
  }
}

function start(project: string, asked: AskedProposals): Promise<ProposalTaskView> {
  if (asked.type === 'automatic') return api.proposeAutomatic(project, asked.request);
  return asked.type === 'similar' ? api.proposeSimilar(project, asked.request) : api.propagate(project, asked.request);
}

export async function cancelProposals(): Promise<void> {
  const { project } = useProject.getState();
  const { task } = useProposals.getState();
  if (!project || task?.state !== 'running') return;
  try {
    receiveProposalTask(await api.cancelProposalTask(project.id, task.id));
  } catch (thrown) {
    reportFailure(thrown);
  }
}

/** Progress and outcome; an answer that an event has overtaken must not make a finished run go on. */
export function receiveProposalTask(task: ProposalTaskView): void {
  const { task: known, asked, tab } = useProposals.getState();
  const ended = task.state !== 'running';
  const stale = known?.id === task.id && known.state !== 'running';
  if (stale && !ended) return;
  const done = asked && asked.taskId === task.id && task.state === 'done' ? { asked: { ...asked, done: true } } : {};
  useProposals.setState({ task, ...done });
  if (stale || !ended || tab === 'proposals') return;
  if (task.state === 'done' && task.result) {
    notify({ level: 'info', message: strings.proposals.outcome(task.result) });
  }
  if (task.error) notify({ level: 'error', ...task.error });
}

/** The run that was on when the page was left or the connection was lost. */
export async function lookAtProposalTask(): Promise<void> {
  const { project } = useProject.getState();
  const { task, asked } = useProposals.getState();
  const id = task?.state === 'running' ? task.id : task === null && asked && !asked.done ? asked.taskId : null;
  if (!project || id === null) return;
  try {
    receiveProposalTask(await api.getProposalTask(project.id, id));
  } catch (thrown) {
    if (toFailure(thrown).code !== 'not-found') return reportFailure(thrown);
    // The service was started anew and its tasks are gone; what was asked for is still known and can go on.
    useProposals.setState({ task: null, interrupted: asked !== null && !asked.done });
  }
}

/** The outcome has been seen. */
export function forgetRun(): void {
  useProposals.setState(({ asked }) => ({
    task: null,
    interrupted: false,
    asked: asked && { ...asked, done: true },
  }));
}
