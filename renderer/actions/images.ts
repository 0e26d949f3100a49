import type { DisplayRange, EmbeddingView, PlaneAddress, PrepareRequest } from '../../electron/service/api/contract.ts';
import { reportFailure } from '../app/notify.tsx';
import * as api from '../client/api.ts';
import { isAbort, toFailure } from '../client/failure.ts';
import { keepChannelRange } from '../state/compositeStore.ts';
import { imageBeside, useImageList } from '../state/imageList.ts';
import { forgetMasks, keepMasks } from '../state/masks.ts';
import { noLine, useMeasuring } from '../state/measureStore.ts';
import { notePlane } from '../state/preparedPlanes.ts';
import { currentImage, firstPlane, isOpen, useProject } from '../state/projectStore.ts';
import { useProposals } from '../state/proposalStore.ts';
import { isSameSlice } from '../state/slice.ts';
import { useView } from '../state/viewStore.ts';
import { submitEdit } from './edits.ts';
import { inOrder } from './inOrder.ts';
import { rememberImage } from './lastImage.ts';
import { followModelLook } from './modelLook.ts';
import { dropPrompt } from './prompts.ts';

let loading = new AbortController();

/** Aborted when another image comes on screen. */
export function imageSignal(): AbortSignal {
  return loading.signal;
}

/** Shows an image: its plane, its objects with their masks, and puts its embedding at the head of the queue. */
export function selectImage(imageId: number): void {
  const project = useProject.getState().project;
  if (!project) return;
  loading.abort();
  loading = new AbortController();
  const { signal } = loading;
  dropPrompt();
  forgetMasks();
  useProject.setState(({ records }) => ({
    records: { ...records, imageId, objects: new Map() },
    micrograph: null,
    plane: firstPlane,
    imageFailure: null,
    displayRange: null,
    selection: [],
  }));
  useProposals.setState({ picked: [] });
  useMeasuring.setState(noLine);
  useView.setState({ pointer: null, pixel: null });
  rememberImage(project.folder, imageId);
  void loadMicrograph(project.id, imageId, signal);
  void requestEmbedding(project.id, imageId);
  void inOrder(() => loadObjects(project.id, imageId, signal));
}

/** Shows the image before (-1) or after (1) in the list as it is filtered and sorted. */
export function stepImage(step: -1 | 1): void {
  const { images, imageId } = useProject.getState().records;
  const next = imageBeside(images, useImageList.getState(), imageId, step);
  if (next) selectImage(next.id);
}

export function reloadImage(): void {
  const { imageId } = useProject.getState().records;
  if (imageId !== null) selectImage(imageId);
}

async function loadMicrograph(project: string, imageId: number, signal: AbortSignal): Promise<void> {
  try {
    const asked = eventsOf(imageId);
    const micrograph = await api.getMicrograph(project, imageId, firstPlane, signal);
    if (signal.aborted) return;
    useProject.setState({ micrograph, displayRange: micrograph.displayRange });
    followModelLook(micrograph.modelLook);
    putEmbedding(imageId, micrograph.embedding, asked);
  } catch (thrown) {
    if (!isAbort(thrown) && !signal.aborted) useProject.setState({ imageFailure: toFailure(thrown) });
  }
}

/** Objects and masks of the image on screen, as they are now. */
export async function loadObjects(project: string, imageId: number, signal: AbortSignal): Promise<void> {
  try {
    const [{ objects }, masks] = await Promise.all([
      api.getObjects(project, imageId, signal),
      api.getMasks(project, imageId, null, signal),
    ]);
    if (signal.aborted) return;
    keepMasks(masks);
    useProject.setState(({ records, selection }) => {
      const known = new Map(objects.map((object) => [object.id, object]));
      return {
        records: { ...records, objects: known },
        selection: selection.filter((id) => known.get(id)?.state === 'accepted'),
      };
    });
  } catch (thrown) {
    if (!isAbort(thrown)) reportFailure(thrown, reloadImage);
  }
}

/** Marks the image done, or takes the mark back. */
export function toggleDone(): void {
  const image = currentImage(useProject.getState());
  if (!image) return;
  const open = image.objectCount > 0 ? 'in-work' : 'not-started';
  void submitEdit({ type: 'setImageState', imageId: image.id, state: image.state === 'done' ? open : 'done' });
}

// ---------------------------------------------------------------- embedding

/** Events seen of each image, so that an answer which an event has overtaken is not taken for news. */
const embeddingEvents = new Map<number, number>();
const eventsOf = (imageId: number) => embeddingEvents.get(imageId) ?? 0;

/** Of an image on screen it is the plane on screen that counts, of others the first. */
export function receiveEmbedding(imageId: number, plane: PlaneAddress, embedding: EmbeddingView): void {
  notePlane(imageId, plane, embedding.status);
  const { records, plane: shown } = useProject.getState();
  const expected = imageId === records.imageId ? shown : firstPlane;
  if ((plane.c ?? 0) !== (expected.c ?? 0) || !isSameSlice(plane, expected)) return;
  embeddingEvents.set(imageId, eventsOf(imageId) + 1);
  putEmbedding(imageId, embedding, eventsOf(imageId));
}

function putEmbedding(imageId: number, embedding: EmbeddingView, asked: number): void {
  if (eventsOf(imageId) !== asked) return;
  useProject.setState(({ embeddings }) => ({ embeddings: new Map(embeddings).set(imageId, embedding) }));
}

async function requestEmbedding(project: string, imageId: number): Promise<void> {
  const asked = eventsOf(imageId);
  const { plane } = useProject.getState();
  try {
    const embedding = await api.startEmbedding(project, imageId, plane);
    if (isOpen(project) && useProject.getState().plane === plane) putEmbedding(imageId, embedding, asked);
  } catch (thrown) {
    if (!isOpen(project)) return;
    const { code, message, path, remedy } = toFailure(thrown);
    const error = { code: code === 'unreachable' ? ('internal' as const) : code, message };
    const where = { ...(path ? { path } : {}), ...(remedy ? { remedy } : {}) };
    putEmbedding(imageId, { status: 'failed', progress: null, error: { ...error, ...where }, encodeMs: null }, asked);
  }
}

export function startEmbedding(): void {
  const { project, records } = useProject.getState();
  if (project && records.imageId !== null) void requestEmbedding(project.id, records.imageId);
}

export async function cancelEmbedding(): Promise<void> {
  const { project, records, plane } = useProject.getState();
  const imageId = records.imageId;
  if (!project || imageId === null) return;
  const asked = eventsOf(imageId);
  try {
    const embedding = await api.cancelEmbedding(project.id, imageId, plane);
    if (isOpen(project.id) && useProject.getState().plane === plane) putEmbedding(imageId, embedding, asked);
  } catch (thrown) {
    reportFailure(thrown);
  }
}

/** The first slices, in the list's order, behind what is looked at. */
export async function prepareImages(imageIds: number[]): Promise<void> {
  await prepare({ imageIds });
}

/** All slices of the image on screen, in the channel on screen. */
export async function prepareSlices(): Promise<void> {
  const { records, plane } = useProject.getState();
  if (records.imageId !== null) await prepare({ imageIds: [records.imageId], slices: 'all', c: plane.c });
}

async function prepare(wanted: PrepareRequest): Promise<void> {
  const { project } = useProject.getState();
  if (!project) return;
  try {
    await api.prepareImages(project.id, wanted);
  } catch (thrown) {
    reportFailure(thrown);
  }
}

export async function stopPreparing(): Promise<void> {
  const { project } = useProject.getState();
  if (!project) return;
  try {
    await api.stopPreparing(project.id);
  } catch (thrown) {
    reportFailure(thrown);
  }
}

// ---------------------------------------------------------------- display range

/** Those not yet told to the service, by image and channel. */
const rangesToSave = new Map<string, ReturnType<typeof setTimeout>>();
/** A slider gives tens of ranges a second; the service is told the last one. */
const rangeDelayMs = 150;

/** Shows at once, tells the service when it rests. null: automatic contrast. */
export function setDisplayRange(range: DisplayRange | null): void {
  const { project, micrograph, plane } = useProject.getState();
  if (!project || !micrograph) return;
  useProject.setState({ displayRange: range ?? micrograph.autoRange });
  const channel = plane.c ?? 0;
  const key = `${micrograph.imageId} ${channel}`;
  clearTimeout(rangesToSave.get(key));
  const save = () => {
    rangesToSave.delete(key);
    api.setDisplay(project.id, micrograph.imageId, channel, range).catch(reportFailure);
  };
  rangesToSave.set(key, setTimeout(save, rangeDelayMs));
}

export function receiveDisplay(imageId: number, channel: number, displayRange: DisplayRange): void {
  const { micrograph, plane } = useProject.getState();
  if (micrograph?.imageId !== imageId) return;
  if ((plane.c ?? 0) === channel) useProject.setState({ displayRange });
  else keepChannelRange(channel, displayRange);
}
