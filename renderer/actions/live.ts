import type { ProjectEvent, SessionView, TaskView } from '../../electron/service/api/contract.ts';
import { notify, reportFailure } from '../app/notify.tsx';
import * as api from '../client/api.ts';
import { followEvents } from '../client/events.ts';
import type { ServiceFailure } from '../client/failure.ts';
import { putImage } from '../state/changes.ts';
import { imageEventsSeen, newestImages, noteImageEvent } from '../state/imageNews.ts';
import { forgetPlanes } from '../state/preparedPlanes.ts';
import { isOpen, useProject } from '../state/projectStore.ts';
import { receiveChange } from './edits.ts';
import { imageSignal, loadObjects, receiveDisplay, receiveEmbedding, startEmbedding } from './images.ts';
import { inOrder } from './inOrder.ts';
import { receivePixelSizes } from './measuring.ts';
import { receiveModelLook } from './modelLook.ts';
import { openPaths } from './projects.ts';
import { lookAtProposalTask, receiveProposalTask } from './proposals.ts';

let unfollow = () => {};
/** Session events seen, so that an answer which one of them has overtaken is not taken for news. */
let sessionEvents = 0;

/** Follows the open project's events; what came before the stream was open is fetched. */
export function follow(project: string): void {
  unfollow();
  unfollow = followEvents<ProjectEvent>(api.eventsPath(project), {
    onOpen() {
      useProject.setState({ connected: true });
      // The stream begins with every plane that has an embedding or waits for one.
      forgetPlanes();
      void inOrder(resync);
    },
    onEvent: receiveEvent,
    onLost,
  });
}

export function stopFollowing(): void {
  unfollow();
}

function onLost(failure: ServiceFailure): void {
  useProject.setState({ connected: false });
  const { project } = useProject.getState();
  // The service was started anew and does not know the project any more: it is opened again.
  if (failure.code === 'not-found' && project) void openPaths([project.folder]);
}

function receiveEvent(event: ProjectEvent): void {
  switch (event.type) {
    case 'change':
      return receiveChange(event.change);
    case 'embedding':
      return receiveEmbedding(event.imageId, event.plane, event.embedding);
    case 'image':
      noteImageEvent(event.image.id);
      return useProject.setState(({ records }) => ({
        records: { ...records, images: putImage(records.images, event.image) },
      }));
    case 'display':
      return receiveDisplay(event.imageId, event.channel, event.displayRange);
    case 'model-look':
      receiveModelLook(event.imageId, event.look);
      // At once, so that the next prompt need not wait for it.
      if (event.imageId === useProject.getState().records.imageId) startEmbedding();
      return;
    case 'pixel-size':
      return receivePixelSizes(event.imageIds);
    case 'session':
      return receiveSession(event);
    case 'notice':
      return notify(event.notice);
    case 'task':
      return receiveTask(event.task);
    case 'proposal-task':
      return receiveProposalTask(event.task);
  }
}

/** Which model runs where, and whether it does. */
export function receiveSession(event: Pick<SessionView, 'activeModel' | 'device' | 'inference'>): void {
  sessionEvents++;
  const { activeModel, device, inference } = event;
  useProject.setState(({ session }) => ({ session: session && { ...session, activeModel, device, inference } }));
}

/** An answer that an event has overtaken must not make a finished task run again. */
export function receiveTask(task: TaskView): void {
  useProject.setState(({ task: known }) =>
    known?.id === task.id && known.state !== 'running' && task.state === 'running' ? {} : { task },
  );
}

/** Fetches what the stream can't tell: everything since the last change that is known. */
export async function resync(): Promise<void> {
  const { project, task } = useProject.getState();
  if (!project) return;
  const eventsBefore = sessionEvents;
  const imageEventsBefore = imageEventsSeen();
  const [view, session] = await Promise.all([api.getProject(project.id), api.getSession()]);
  if (!isOpen(project.id)) return;
  const { records } = useProject.getState();
  if (sessionEvents === eventsBefore) useProject.setState({ session });
  if (task?.state === 'running') api.getTask(project.id, task.id).then(receiveTask, reportFailure);
  void lookAtProposalTask();
  const { seq, classes, history, writable, notices } = view;
  useProject.setState((state) => {
    const images = newestImages(view.images, state.records.images, imageEventsBefore);
    return {
      project: state.project && { ...state.project, writable, notices },
      records: { ...state.records, seq, classes, images, history },
    };
  });
  if (seq === records.seq) return;
  if (records.imageId !== null) await loadObjects(project.id, records.imageId, imageSignal());
}
