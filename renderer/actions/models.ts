import type { AddModelRequest, ModelEvent, ModelsView, ModelTaskView } from '../../electron/service/api/models.ts';
import { notify, reportFailure } from '../app/notify.tsx';
import * as api from '../client/api.ts';
import { followEvents } from '../client/events.ts';
import { isAbort, toFailure } from '../client/failure.ts';
import { host } from '../client/host.ts';
import { useModels } from '../state/modelStore.ts';
import { useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';
import { receiveSession } from './live.ts';
import { groupModelFiles, type ModelFiles } from './modelFiles.ts';

const text = strings.models;
let unfollow: (() => void) | null = null;
let upload = new AbortController();

export function openModels(): void {
  useView.setState({ dialog: 'models' });
  follow();
}

/** What ended has been seen; what runs goes on and is told when it ends. */
export function closeModels(): void {
  useView.setState({ dialog: null });
  useModels.setState({ outcome: null });
  restWhenIdle();
}

/** The models' own events, while somebody looks or something runs: a browser has few connections to give. */
function follow(): void {
  unfollow ??= followEvents<ModelEvent>(api.modelEventsPath, {
    onOpen: () => void refreshModels(),
    onEvent: receive,
    onLost: (failure) => useModels.setState({ failure }),
  });
}

function restWhenIdle(): void {
  const { tasks, uploading } = useModels.getState();
  if (useView.getState().dialog === 'models' || tasks.length > 0 || uploading !== null) return;
  unfollow?.();
  unfollow = null;
}

export async function refreshModels(): Promise<void> {
  try {
    show(await api.getModels());
  } catch (thrown) {
    useModels.setState({ failure: toFailure(thrown) });
  }
}

/** Tasks of the answer are those that run now: one that ended while the stream was lost is told by its absence. */
function show(view: ModelsView): void {
  useModels.setState({ view, failure: null, tasks: view.tasks });
}

function receive(event: ModelEvent): void {
  switch (event.type) {
    case 'models':
      return void refreshModels();
    case 'session':
      return receiveSession(event);
    case 'task':
      return receiveTask(event.task);
  }
}

/** Tasks that have ended; the answer that started one of them may come after the event. */
const endedTasks = new Set<string>();

function receiveTask(task: ModelTaskView): void {
  const others = useModels.getState().tasks.filter(({ id }) => id !== task.id);
  if (task.state === 'running') {
    if (!endedTasks.has(task.id)) useModels.setState({ tasks: [...others, task] });
    return;
  }
  if (endedTasks.has(task.id)) return;
  endedTasks.add(task.id);
  useModels.setState({ tasks: others, outcome: task });
  if (useView.getState().dialog !== 'models') tell(task);
  restWhenIdle();
}

/** For those who have closed the dialog. */
function tell(task: ModelTaskView): void {
  if (task.error) return notify({ level: 'error', ...task.error, message: `${task.title}: ${task.error.message}` });
  if (task.result?.type === 'added') notify({ level: 'info', message: text.added(task.result.name) });
  if (task.result?.type === 'verified') {
    const { name, ok } = task.result.report;
    notify({ level: ok ? 'info' : 'error', message: ok ? text.verified(name) : text.notVerified(name) });
  }
}

/** Starts a task; a request that is refused at once is told where people look: in the dialog, else as a notice. */
async function start(ask: () => Promise<ModelTaskView>): Promise<void> {
  useModels.setState({ outcome: null });
  follow();
  try {
    receiveTask(await ask());
  } catch (thrown) {
    reportFailure(thrown);
  }
}

export const verifyModel = (name: string) => start(() => api.verifyModel(name));
export const addModel = (wanted: AddModelRequest) => start(() => api.addModel(wanted));
export const downloadModel = (name: string) => start(() => api.downloadModel(name, useModels.getState().precision));

export async function chooseModel(name: string): Promise<void> {
  await change(() => api.chooseModel(name));
}

export async function removeModel(name: string): Promise<void> {
  await change(() => api.removeModel(name));
}

async function change(ask: () => Promise<ModelsView>): Promise<void> {
  try {
    show(await ask());
  } catch (thrown) {
    reportFailure(thrown);
    await refreshModels();
  }
}

export async function cancelModelTask(task: string): Promise<void> {
  try {
    receiveTask(await api.cancelModelTask(task));
  } catch (thrown) {
    reportFailure(thrown);
  }
}

/** Files that were dropped or picked: by their paths where the host tells them, else by sending their content. */
export async function addModelFiles(files: readonly File[], name: string | null = null): Promise<void> {
  const groups = groupModelFiles(files);
  openModels();
  for (const group of groups) {
    const wanted = { name: groups.length === 1 ? name : null, precision: useModels.getState().precision };
    if (host) {
      const { pathForFile } = host;
      const path = pathForFile(group.files.find((file) => !/data$/i.test(file.name)) ?? group.files[0]!);
      const configPath = group.config ? pathForFile(group.config) : null;
      await addModel({ ...wanted, path, upload: null, configPath });
    } else await sendAndAdd(group, wanted);
  }
}

async function sendAndAdd(
  { files, config }: ModelFiles<File>,
  wanted: Pick<AddModelRequest, 'name' | 'precision'>,
): Promise<void> {
  upload = new AbortController();
  let id: string | null = null;
  try {
    for (const file of config ? [...files, config] : files) {
      useModels.setState({ uploading: file.name, outcome: null });
      ({ upload: id } = await api.uploadModelFile(file, id, upload.signal));
    }
  } catch (thrown) {
    if (!isAbort(thrown)) reportFailure(thrown);
    return;
  } finally {
    useModels.setState({ uploading: null });
    restWhenIdle();
  }
  await addModel({ ...wanted, path: null, upload: id, configPath: null });
}

export function cancelUpload(): void {
  upload.abort();
}

/** The path that was chosen in the native dialog; null when it was dismissed. */
export async function browseForModel(): Promise<string | null> {
  try {
    return (await host?.openModelDialog()) ?? null;
  } catch (thrown) {
    reportFailure(thrown);
    return null;
  }
}
