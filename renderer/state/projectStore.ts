import { create } from 'zustand';
import type {
  DisplayRange,
  EmbeddingView,
  ImageView,
  MicrographView,
  Notice,
  PlaneAddress,
  SessionView,
  TaskView,
} from '../../electron/service/api/contract.ts';
import type { ServiceFailure } from '../client/failure.ts';
import type { ProjectRecords } from './changes.ts';

export interface OpenProject {
  id: string;
  name: string;
  folder: string;
  writable: boolean;
  notices: Notice[];
}

/** Everything here is what the service has acknowledged; transient things live in promptStore and viewStore. */
export interface ProjectState {
  /** 'starting': nothing is known yet; 'opening': a project is on its way. */
  phase: 'starting' | 'unreachable' | 'welcome' | 'opening' | 'open';
  /** Why the service could not be reached at the start. */
  startFailure: ServiceFailure | null;
  session: SessionView | null;
  project: OpenProject | null;
  records: ProjectRecords;
  /** The image on screen; null while it loads or when it can't be shown. */
  micrograph: MicrographView | null;
  /** The plane on screen. */
  plane: PlaneAddress;
  imageFailure: ServiceFailure | null;
  displayRange: DisplayRange | null;
  embeddings: ReadonlyMap<number, EmbeddingView>;
  /** In order of choosing: the first one survives a merge, and what is subtracted is taken out of it. */
  selection: readonly number[];
  /** Class of the next accepted object. */
  classId: number | null;
  /** Edits sent and not yet acknowledged. */
  editsUnderWay: number;
  /** Why the last edit was not saved; cleared by the next that is. */
  saveFailure: ServiceFailure | null;
  /** Whether the event stream is open. */
  connected: boolean;
  /** The export that runs or was run last. */
  task: TaskView | null;
}

export const firstPlane: PlaneAddress = { c: null, z: 0, t: 0 };

export const noRecords: ProjectRecords = {
  seq: 0,
  history: { undo: null, redo: null },
  classes: [],
  images: [],
  imageId: null,
  objects: new Map(),
};

export const useProject = create<ProjectState>()(() => ({
  phase: 'starting',
  startFailure: null,
  session: null,
  project: null,
  records: noRecords,
  micrograph: null,
  plane: firstPlane,
  imageFailure: null,
  displayRange: null,
  embeddings: new Map(),
  selection: [],
  classId: null,
  editsUnderWay: 0,
  saveFailure: null,
  connected: true,
  task: null,
}));

/** Whether what was asked of this project is still of interest: ids of images are the same in every project. */
export const isOpen = (projectId: string): boolean => useProject.getState().project?.id === projectId;

/** Names the image on screen, among those of all projects that this window has shown. */
export const imageKey = ({ project, records }: ProjectState): string => `${project?.id} ${records.imageId}`;

export function currentImage(state: ProjectState): ImageView | null {
  return state.records.images.find((image) => image.id === state.records.imageId) ?? null;
}

export function currentEmbedding(state: ProjectState): EmbeddingView | null {
  const id = state.records.imageId;
  return id === null ? null : (state.embeddings.get(id) ?? null);
}

/** Why no prompt can be made at the moment, or null. */
export function promptsRefused(state: ProjectState): 'no-image' | 'read-only' | 'no-model' | null {
  if (!state.micrograph) return 'no-image';
  if (!state.project?.writable) return 'read-only';
  // A process that ended after it had opened the model is started again by the next prompt.
  const { inference, activeModel } = state.session ?? {};
  return inference?.state === 'failed' && !activeModel ? 'no-model' : null;
}
