import { useMemo } from 'react';
import { create } from 'zustand';
import type { ObjectView } from '../../electron/service/api/contract.ts';
import type {
  AutomaticPreset,
  AutomaticRequest,
  PropagateRequest,
  PropagationAxis,
  ProposalTaskView,
  SimilarRequest,
} from '../../electron/service/api/proposals.ts';
import { noFilter, type ProposalFilter } from './proposalFilter.ts';
import { currentImage, type ProjectState, promptsRefused, useProject } from './projectStore.ts';
import { objectsByState, type Review, reviewOf } from './review.ts';
import { objectsHere } from './slice.ts';

export type ProposalScope = 'image' | 'open';

/** What the service was asked for, so that a stopped run can go on and a finished one be done again. */
export type AskedProposals =
  | { type: 'automatic'; request: AutomaticRequest }
  | { type: 'similar'; request: SimilarRequest }
  | { type: 'propagate'; request: PropagateRequest };

export interface AskedRun {
  taskId: string;
  asked: AskedProposals;
  /** It came to its end: there is nothing to go on with. */
  done: boolean;
}

/** Kept for each project, see actions/proposalSettings.ts. */
export interface ProposalSettings {
  preset: AutomaticPreset;
  /** Side of the tiles that are looked at one by one, pixels; null: the whole image at once. */
  tilePx: number | null;
  /** The image on screen, or all that are not done. */
  scope: ProposalScope;
  filter: ProposalFilter;
  /** What the right pane shows. */
  tab: 'objects' | 'proposals';
  /** The last run that was asked for in this window. */
  asked: AskedRun | null;
}

export interface ProposalState extends ProposalSettings {
  /** The run that is on or was the last one. */
  task: ProposalTaskView | null;
  /** Sent, and no task yet. */
  starting: boolean;
  /** The service knows nothing any more of the run that was asked for, and it was not seen to end. */
  interrupted: boolean;
  /** Proposals that the next decision is about; the last one is the current one. */
  picked: readonly number[];
  /** Decided here and not yet acknowledged: the review does not come back to them. */
  deciding: ReadonlySet<number>;
}

/** What tiles may be. */
export const tileSides: readonly number[] = [512, 1024, 2048];

export const defaultSettings: ProposalSettings = {
  preset: 'particles',
  tilePx: null,
  scope: 'image',
  filter: noFilter,
  tab: 'objects',
  asked: null,
};

/** Not kept. */
export const noRun = { task: null, starting: false, interrupted: false, picked: [], deciding: new Set<number>() };

export const useProposals = create<ProposalState>()(() => ({ ...defaultSettings, ...noRun }));

/** Pixels of the specimen on screen: of the plane without its info bar. */
export function planePxOf(state: ProjectState): number {
  const { widthPx, heightPx } = state.micrograph ?? currentImage(state) ?? { widthPx: 0, heightPx: 0 };
  return Math.max(1, widthPx * (state.micrograph?.dataBar?.y ?? heightPx));
}

/** The proposals of the image on screen, filtered. */
export function currentReview(): Review {
  const project = useProject.getState();
  return reviewOf(objectsHere(project), useProposals.getState().filter, planePxOf(project));
}

/** {@link currentReview} for a component that shows it. */
export function useReview(): Review {
  const objects = useProject(objectsHere);
  const planePx = useProject(planePxOf);
  const filter = useProposals((state) => state.filter);
  return reviewOf(objects, filter, planePx);
}

/** Those that are picked and shown, in order of picking. */
export function pickedProposals(): ObjectView[] {
  return pickedOf(currentReview(), useProposals.getState().picked);
}

/** {@link pickedProposals} for a component that shows them. */
export function usePicked(): ObjectView[] {
  const review = useReview();
  const picked = useProposals((state) => state.picked);
  return useMemo(() => pickedOf(review, picked), [review, picked]);
}

function pickedOf({ shown }: Review, picked: readonly number[]): ObjectView[] {
  if (picked.length === 0) return [];
  const byId = new Map(shown.map((proposal) => [proposal.id, proposal]));
  return picked.flatMap((id) => byId.get(id) ?? []);
}

/** Of one image or of all that are not done and can be read; the image on screen comes first. */
export function imagesInScope({ records: { images, imageId } }: ProjectState, scope: ProposalScope): number[] {
  const first = imageId === null ? [] : [imageId];
  if (scope === 'image') return first;
  const open = images.filter(({ state, problem }) => state !== 'done' && !problem).map(({ id }) => id);
  return [...first.filter((id) => open.includes(id)), ...open.filter((id) => id !== imageId)];
}

export type ProposalRefusal =
  | NonNullable<ReturnType<typeof promptsRefused>>
  | 'no-class'
  | 'all-done'
  | 'running'
  | 'no-examples';

/** Why nothing can be proposed at the moment, or null. */
export function proposingRefused(
  project: ProjectState,
  { scope, task, starting }: ProposalState,
): ProposalRefusal | null {
  if (starting || task?.state === 'running') return 'running';
  const refused = promptsRefused(project);
  if (refused && (refused !== 'no-image' || scope === 'image')) return refused;
  if (project.classId === null) return 'no-class';
  return imagesInScope(project, scope).length === 0 ? 'all-done' : null;
}

/** The same for following objects along an axis; null: along either. */
export function propagationRefused(
  project: ProjectState,
  { task, starting }: ProposalState,
  axis: PropagationAxis | null,
): boolean {
  const busy = starting || task?.state === 'running' || promptsRefused(project) !== null;
  const { z = 1, t = 1 } = project.micrograph ?? {};
  const planes = axis === null ? Math.max(z, t) : { z, t }[axis];
  return busy || planes <= 1 || objectsByState(objectsHere(project)).accepted.length === 0;
}

/** The same for proposals after the example of accepted objects. */
export function similarRefused(project: ProjectState, proposals: ProposalState): ProposalRefusal | null {
  const refused = proposingRefused(project, proposals);
  if (refused && refused !== 'no-class') return refused;
  return project.records.images.some(({ objectCount }) => objectCount > 0) ? null : 'no-examples';
}
