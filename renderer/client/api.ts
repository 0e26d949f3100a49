import type {
  Bbox,
  ChangeView,
  DisplayRange,
  Edit,
  EmbeddingView,
  ExportRequest,
  ImageView,
  LineProfile,
  MicrographView,
  ModelLook,
  ObjectView,
  PlaneAddress,
  PixelSizeRequest,
  PrepareRequest,
  PredictRequest,
  ProjectView,
  SessionView,
  TaskView,
} from '../../electron/service/api/contract.ts';
import type {
  AddModelRequest,
  ModelPrecision,
  ModelsView,
  ModelTaskView,
  ModelUploadView,
} from '../../electron/service/api/models.ts';
import type {
  AutomaticRequest,
  PropagateRequest,
  ProposalTaskView,
  SimilarRequest,
} from '../../electron/service/api/proposals.ts';
import type { DevicePreference, SettingsView } from '../../electron/service/api/settings.ts';
import type { ErrorBody } from '../../electron/service/errors.ts';
import { strings } from '../strings.ts';
import { isAbort, ServiceFailure } from './failure.ts';
import { decodeMasksFrame, decodePredictFrame, type MasksFrame, type PredictFrame } from './frames.ts';

/** Above this many, one request for all of the image's masks is shorter than their ids in an address. */
const maxIdsInAddress = 200;

/**
 * The routes of electron/service/api/routes.md, one function each.
 * All throw ServiceFailure; an aborted one throws the AbortError of fetch.
 */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (cause) {
    if (isAbort(cause)) throw cause;
    throw new ServiceFailure(
      { code: 'unreachable', message: strings.failure.unreachable, remedy: strings.failure.unreachableRemedy },
      cause,
    );
  }
  if (!response.ok) throw await readFailure(response);
  return response;
}

async function readFailure(response: Response): Promise<ServiceFailure> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as { error: ErrorBody };
    return new ServiceFailure(error);
  } catch (cause) {
    // Not the service's own answer (a proxy, a crash page): its status is all there is to tell.
    return new ServiceFailure({ code: 'internal', message: strings.failure.status(response.status) }, cause);
  }
}

async function json<T>(path: string, init: RequestInit = {}): Promise<T> {
  return (await (await request(path, init)).json()) as T;
}

function body(method: 'POST' | 'PUT', value: unknown, signal?: AbortSignal): RequestInit {
  const headers = { 'content-type': 'application/json' };
  return { method, headers, body: JSON.stringify(value), ...(signal ? { signal } : {}) };
}

const projectPath = (project: string) => `/api/projects/${encodeURIComponent(project)}`;
const imagePath = (project: string, image: number) => `${projectPath(project)}/images/${image}`;
export const eventsPath = (project: string) => `${projectPath(project)}/events`;
export const thumbnailPath = (project: string, image: number) => `${imagePath(project, image)}/thumbnail`;
export const tilePath = (project: string, image: number, plane: PlaneAddress, level: number, tx: number, ty: number) =>
  `${imagePath(project, image)}/tiles/${level}/${tx}/${ty}?${planeQuery(plane)}`;

function planeQuery({ c, z, t }: PlaneAddress): string {
  return `${c === null ? '' : `c=${c}&`}z=${z}&t=${t}`;
}

export const getSession = () => json<SessionView>('/api/session');
export const openProject = (paths: string[]) => json<ProjectView>('/api/projects/open', body('POST', { paths }));
export const openSample = () => json<ProjectView>('/api/projects/sample', { method: 'POST' });
export const openInbox = (name: string) => json<ProjectView>('/api/projects/inbox', body('POST', { name }));
export const getProject = (project: string) => json<ProjectView>(projectPath(project));

export const addImages = (project: string, paths: string[]) =>
  json<ProjectView>(`${projectPath(project)}/images`, body('POST', { paths }));

export const uploadImage = (project: string, file: File) =>
  json<ImageView>(`${projectPath(project)}/upload?name=${encodeURIComponent(file.name)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: file,
  });

/** Its contrast and embedding are those of the plane. */
export const getMicrograph = (project: string, image: number, plane: PlaneAddress, signal: AbortSignal) =>
  json<MicrographView>(`${imagePath(project, image)}?${planeQuery(plane)}`, { signal });

export const getPixel = (project: string, image: number, plane: PlaneAddress, x: number, y: number) =>
  json<{ values: number[] }>(`${imagePath(project, image)}/pixel?x=${x}&y=${y}&${planeQuery(plane)}`);

export const setDisplay = (project: string, image: number, channel: number, range: DisplayRange | null) =>
  json<{ displayRange: DisplayRange }>(`${imagePath(project, image)}/display?c=${channel}`, body('PUT', { range }));

export async function setModelLook(project: string, image: number, look: ModelLook | null): Promise<void> {
  await request(`${imagePath(project, image)}/model-look`, body('PUT', { look }));
}

/** Picture of what the encoder is given of a plane, or of a part of it. */
export async function getModelInput(
  project: string,
  image: number,
  plane: PlaneAddress,
  part: Bbox | null,
  signal: AbortSignal,
): Promise<Blob> {
  const query = `${planeQuery(plane)}${part ? `&part=${part.join(',')}` : ''}`;
  return (await request(`${imagePath(project, image)}/model-input?${query}`, { signal })).blob();
}

export const setPixelSize = (project: string, image: number, plane: PlaneAddress, wanted: PixelSizeRequest) =>
  json<MicrographView>(`${imagePath(project, image)}/pixel-size?${planeQuery(plane)}`, body('PUT', wanted));

export const getProfile = (
  project: string,
  image: number,
  plane: PlaneAddress,
  { x0, y0, x1, y1 }: Record<'x0' | 'y0' | 'x1' | 'y1', number>,
) => json<LineProfile>(`${imagePath(project, image)}/profile?x0=${x0}&y0=${y0}&x1=${x1}&y1=${y1}&${planeQuery(plane)}`);

export const startEmbedding = (project: string, image: number, plane: PlaneAddress) =>
  json<EmbeddingView>(`${imagePath(project, image)}/embedding?${planeQuery(plane)}`, { method: 'POST' });

export async function prepareImages(project: string, wanted: PrepareRequest): Promise<void> {
  await request(`${projectPath(project)}/embeddings`, body('POST', wanted));
}

export async function stopPreparing(project: string): Promise<void> {
  await request(`${projectPath(project)}/embeddings`, { method: 'DELETE' });
}

export const cancelEmbedding = (project: string, image: number, plane: PlaneAddress) =>
  json<EmbeddingView>(`${imagePath(project, image)}/embedding?${planeQuery(plane)}`, { method: 'DELETE' });

export async function predict(
  project: string,
  image: number,
  prompt: PredictRequest,
  signal: AbortSignal,
): Promise<PredictFrame> {
  const response = await request(`${imagePath(project, image)}/predict`, body('POST', prompt, signal));
  return decodePredictFrame(await response.arrayBuffer());
}

export const getObjects = (project: string, image: number, signal: AbortSignal) =>
  json<{ objects: ObjectView[] }>(`${imagePath(project, image)}/objects`, { signal });

/** Masks of these objects, or of all of the image. */
export async function getMasks(
  project: string,
  image: number,
  ids: readonly number[] | null,
  signal: AbortSignal,
): Promise<MasksFrame> {
  const query = ids && ids.length <= maxIdsInAddress ? `?ids=${ids.join(',')}` : '';
  const response = await request(`${imagePath(project, image)}/masks${query}`, { signal });
  return decodeMasksFrame(await response.arrayBuffer());
}

const modelPath = (name: string) => `/api/models/${encodeURIComponent(name)}`;
export const modelEventsPath = '/api/models/events';
export const getModels = () => json<ModelsView>('/api/models');
export const addModel = (wanted: AddModelRequest) => json<ModelTaskView>('/api/models/add', body('POST', wanted));
export const chooseModel = (name: string) => json<ModelsView>('/api/models/chosen', body('PUT', { name }));
export const removeModel = (name: string) => json<ModelsView>(modelPath(name), { method: 'DELETE' });
export const verifyModel = (name: string) => json<ModelTaskView>(`${modelPath(name)}/verify`, { method: 'POST' });
export const downloadModel = (name: string, precision: ModelPrecision) =>
  json<ModelTaskView>(`/api/models/catalogue/${encodeURIComponent(name)}/download`, body('POST', { precision }));
export const cancelModelTask = (task: string) =>
  json<ModelTaskView>(`/api/models/tasks/${encodeURIComponent(task)}`, { method: 'DELETE' });

/** `upload`: the id of before, for a further file of the same model. */
export const uploadModelFile = (file: File, upload: string | null, signal: AbortSignal) =>
  json<ModelUploadView>(
    `/api/models/uploads?name=${encodeURIComponent(file.name)}${upload === null ? '' : `&upload=${upload}`}`,
    { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: file, signal },
  );

export const getSettings = () => json<SettingsView>('/api/settings');
export const changeSettings = (wanted: DevicePreference) => json<SettingsView>('/api/settings', body('PUT', wanted));
export const retryDevices = () => json<SettingsView>('/api/settings/retry', { method: 'POST' });

export const sendEdit = (project: string, edit: Edit) =>
  json<ChangeView>(`${projectPath(project)}/edits`, body('POST', { edit }));
export const undo = (project: string) => json<ChangeView>(`${projectPath(project)}/undo`, { method: 'POST' });
export const redo = (project: string) => json<ChangeView>(`${projectPath(project)}/redo`, { method: 'POST' });

export const startExport = (project: string, wanted: ExportRequest) =>
  json<TaskView>(`${projectPath(project)}/exports`, body('POST', wanted));
export const getTask = (project: string, task: string) =>
  json<TaskView>(`${projectPath(project)}/tasks/${encodeURIComponent(task)}`);
export const cancelTask = (project: string, task: string) =>
  json<TaskView>(`${projectPath(project)}/tasks/${encodeURIComponent(task)}`, { method: 'DELETE' });

const proposalTaskPath = (project: string, task: string) =>
  `${projectPath(project)}/proposal-tasks/${encodeURIComponent(task)}`;
export const proposeAutomatic = (project: string, wanted: AutomaticRequest) =>
  json<ProposalTaskView>(`${projectPath(project)}/automatic`, body('POST', wanted));
export const proposeSimilar = (project: string, wanted: SimilarRequest) =>
  json<ProposalTaskView>(`${projectPath(project)}/similar`, body('POST', wanted));
export const propagate = (project: string, wanted: PropagateRequest) =>
  json<ProposalTaskView>(`${projectPath(project)}/propagate`, body('POST', wanted));
export const getProposalTask = (project: string, task: string) =>
  json<ProposalTaskView>(proposalTaskPath(project, task));
export const cancelProposalTask = (project: string, task: string) =>
  json<ProposalTaskView>(proposalTaskPath(project, task), { method: 'DELETE' });
