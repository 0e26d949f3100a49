import type { ObjectView } from '../../electron/service/api/contract.ts';
import { useProject } from '../state/projectStore.ts';
import { usePrompt } from '../state/promptStore.ts';
import { currentReview, pickedProposals, useProposals } from '../state/proposalStore.ts';
import { nextInReview, stepInReview } from '../state/review.ts';
import { canvasHandle } from '../state/viewStore.ts';
import { submitEdit } from './edits.ts';
import { inOrder } from './inOrder.ts';
import { chooseClass, selectObjects, withRange } from './selection.ts';

/** Makes the next (1) or the one before (-1) the current proposal. */
export function stepProposal(step: -1 | 1): void {
  pick(stepInReview(order(), pickedProposals().at(-1)?.id ?? null, step));
}

/** Ids in order of review, without those whose decision is on its way. */
function order(): number[] {
  const { deciding } = useProposals.getState();
  return currentReview().shown.flatMap(({ id }) => (deciding.has(id) ? [] : [id]));
}

/** The view follows only where it must: a jump at every decision would cost more than it gives. */
function pick(id: number | null): void {
  selectObjects(id === null ? [] : [id], 'replace');
  const proposal = id === null ? undefined : useProject.getState().records.objects.get(id);
  if (proposal) canvasHandle.current?.keepInSight(proposal.bbox);
}

/** Picks what stands between the proposal picked last and this one in the order of review. */
export function pickRange(id: number): void {
  const listed = currentReview().shown.map((proposal) => proposal.id);
  selectObjects(withRange(useProposals.getState().picked, id, listed), 'replace');
}

/** `classId` null: with the class that they were proposed for. */
export function acceptPicked(classId: number | null = null): void {
  acceptProposals(pickedProposals(), classId);
}

export function acceptProposals(proposals: readonly ObjectView[], classId: number | null = null): void {
  void decide(proposals, (ids) => ({ type: 'acceptProposals', ids, classId }) as const);
}

export function rejectProposals(proposals: readonly ObjectView[]): void {
  void decide(proposals, (ids) => ({ type: 'rejectProposals', ids }) as const);
}

export const rejectPicked = () => rejectProposals(pickedProposals());
export const acceptShown = () => acceptProposals(currentReview().shown);
export const rejectHidden = () => rejectProposals(currentReview().hidden);

/** Comes to the next proposal at once; when the decision could not be saved, comes back. */
async function decide(
  proposals: readonly ObjectView[],
  editOf: (ids: number[]) => Parameters<typeof submitEdit>[0],
): Promise<void> {
  const before = useProposals.getState();
  const ids = proposals.map(({ id }) => id).filter((id) => !before.deciding.has(id));
  if (ids.length === 0) return;
  const next = nextInReview(order(), new Set(ids));
  useProposals.setState({ deciding: new Set([...before.deciding, ...ids]) });
  const wasUnderReview = before.picked.some((id) => ids.includes(id));
  if (wasUnderReview) pick(next);
  const change = await submitEdit(editOf(ids));
  // Not before the records have the change, or the review would come back to what is decided.
  await inOrder(async () => {
    useProposals.setState(({ deciding }) => ({ deciding: new Set([...deciding].filter((id) => !ids.includes(id))) }));
  });
  if (!change && wasUnderReview) selectObjects(ids, 'replace');
}

/** A class's key decides a proposal that is under review; else, also during a prompt, it is as choosing the class. */
export function pressClassKey(classId: number): void {
  const { project } = useProject.getState();
  const underReview = usePrompt.getState().status === 'idle' && pickedProposals().length > 0;
  if (project?.writable && underReview) acceptPicked(classId);
  else chooseClass(classId);
}
