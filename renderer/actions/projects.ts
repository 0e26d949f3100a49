import type { ProjectView } from '../../electron/service/api/contract.ts';
import { notify, reportFailure } from '../app/notify.tsx';
import * as api from '../client/api.ts';
import { toFailure } from '../client/failure.ts';
import { host } from '../client/host.ts';
import { imageEventsSeen, newestImages } from '../state/imageNews.ts';
import { isOpen, noRecords, useProject } from '../state/projectStore.ts';
import { useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';
import { selectImage } from './images.ts';
import { inOrder } from './inOrder.ts';
import { lastImageOf } from './lastImage.ts';
import { follow, stopFollowing } from './live.ts';
import { enterMeasuring } from './measuring.ts';
import { dropPrompt } from './prompts.ts';
import { enterProposals } from './proposalSettings.ts';

/** Counts openings, so that the last one asked for is the one shown. */
let opening = 0;

/** First thing the page does: the project that is open already, else the sample at the very first start. */
export async function start(): Promise<void> {
  useProject.setState({ phase: 'starting', startFailure: null });
  try {
    const session = await api.getSession();
    useProject.setState({ session });
    const { projectId } = session;
    if (projectId !== null) return await open(() => api.getProject(projectId));
    if (session.recent.length === 0) return await openSample();
    useProject.setState({ phase: 'welcome' });
  } catch (thrown) {
    useProject.setState({ phase: 'unreachable', startFailure: toFailure(thrown) });
  }
}

/** A folder of micrographs, a project, or files. */
export const openPaths = (paths: string[]) => open(() => api.openProject(paths));
export const openSample = () => open(() => api.openSample());

/** Shows that it is opening from this very moment on; when it fails, what was open before comes back. */
async function open(ask: () => Promise<ProjectView>): Promise<void> {
  const turn = ++opening;
  useProject.setState({ phase: 'opening' });
  try {
    const view = await ask();
    if (turn === opening) enter(view);
  } catch (thrown) {
    if (turn !== opening) return;
    useProject.setState(({ project }) => ({ phase: project ? 'open' : 'welcome' }));
    reportFailure(thrown);
  }
}

function enter(view: ProjectView): void {
  const { id, name, folder, writable, notices, seq, classes, images, history } = view;
  stopFollowing();
  dropPrompt();
  useProject.setState({
    phase: 'open',
    project: { id, name, folder, writable, notices },
    records: { ...noRecords, seq, classes, images, history },
    micrograph: null,
    imageFailure: null,
    embeddings: new Map(),
    selection: [],
    classId: classes[0]?.id ?? null,
    saveFailure: null,
    task: null,
  });
  enterProposals(folder);
  enterMeasuring(folder);
  document.title = strings.app.title(name);
  follow(id);
  const last = lastImageOf(folder);
  const first = images.find((image) => image.id === last) ?? images.find((image) => !image.problem) ?? images[0];
  if (first) selectImage(first.id);
}

export async function openFolderDialog(): Promise<void> {
  if (!host) return useView.setState({ dialog: 'open' });
  const folder = await host.openFolderDialog();
  if (folder !== null) await openPaths([folder]);
}

export async function openFilesDialog(): Promise<void> {
  if (!host) return useView.setState({ dialog: 'open' });
  const files = await host.openFilesDialog();
  if (files.length > 0) await openPaths(files);
}

/** Adds files to the open project, or opens them when none is. */
export async function addPaths(paths: string[]): Promise<void> {
  const { project } = useProject.getState();
  if (!project) return openPaths(paths);
  await showImages(project.id, () => api.addImages(project.id, paths));
}

/** A browser gives content, not paths: the files are copied into the open project or a new one in the data folder. */
export async function uploadFiles(files: readonly File[]): Promise<void> {
  if (files.length === 0) return;
  if (!useProject.getState().project) {
    await open(() => api.openInbox(strings.open.inboxName(new Date())));
  }
  const { project } = useProject.getState();
  if (!project) return;
  let firstId: number | null = null;
  for (const [index, file] of files.entries()) {
    notify({ level: 'info', message: strings.open.uploading(index + 1, files.length, file.name) });
    try {
      const { id } = await api.uploadImage(project.id, file);
      firstId ??= id;
    } catch (thrown) {
      reportFailure(thrown);
    }
  }
  await showImages(project.id, () => api.getProject(project.id));
  if (firstId !== null && isOpen(project.id)) selectImage(firstId);
}

/** Shows the answered list of images, in order with the changes and with what events have told in the meantime. */
function showImages(project: string, ask: () => Promise<Pick<ProjectView, 'images'>>): Promise<void> {
  return inOrder(async () => {
    const seenWhenAsked = imageEventsSeen();
    const answer = await ask();
    if (!isOpen(project)) return;
    useProject.setState(({ records }) => ({
      records: { ...records, images: newestImages(answer.images, records.images, seenWhenAsked) },
    }));
  });
}
