import type { PredictRequest } from '../../electron/service/api/contract.ts';
import { notify, reportFailure } from '../app/notify.tsx';
import type { CanvasPrompt } from '../canvas/contract.ts';
import * as api from '../client/api.ts';
import { isAbort, toFailure } from '../client/failure.ts';
import { keepMask } from '../state/masks.ts';
import { promptsRefused, useProject } from '../state/projectStore.ts';
import { type Candidate, chosenCandidate, noPrompt, usePrompt } from '../state/promptStore.ts';
import { candidateToRefine, isEmptyPrompt } from '../state/refine.ts';
import { canvasHandle, useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';
import { submitEdit } from './edits.ts';
import { awaitPaint, markPrompt } from './marks.ts';

let asking = new AbortController();

/** The user added, moved or removed a prompt: the newest one is answered, requests before it are given up. */
export function changePrompt(next: CanvasPrompt): void {
  const state = usePrompt.getState();
  if (state.status === 'accepting' || promptsRefused(useProject.getState())) return;
  if (isEmptyPrompt(next)) return dropPrompt();
  markPrompt();
  const awaited = state.status === 'waiting' ? { refine: state.refine } : null;
  const refine = candidateToRefine(state.prompt, next, state.chosenId, awaited);
  usePrompt.setState({ prompt: next, refine, preview: null });
  void ask(next, refine);
}

/** Asks again with the prompt that failed. */
export function retryPrompt(): void {
  const { prompt, refine } = usePrompt.getState();
  if (!isEmptyPrompt(prompt)) void ask(prompt, refine);
}

async function ask(prompt: CanvasPrompt, refine: string | null): Promise<void> {
  const { project, records } = useProject.getState();
  if (!project || records.imageId === null) return;
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  usePrompt.setState({ status: 'waiting', failure: null, refine });
  try {
    const request = { ...prompt, refine, ...lookingAt() };
    const { header, masks } = await api.predict(project.id, records.imageId, request, signal);
    if (signal.aborted) return;
    const candidates = header.candidates.map((view, index): Candidate => ({ view, mask: masks[index]! }));
    awaitPaint(candidates.map(({ view }) => view.id));
    const { closeUp } = header;
    usePrompt.setState({ candidates, closeUp, chosenId: candidates[0]?.view.id ?? null, status: 'ready' });
  } catch (thrown) {
    if (signal.aborted || isAbort(thrown)) return;
    const failure = toFailure(thrown);
    if (failure.code === 'not-found' && refine !== null) {
      // Its logits went with the process that held them; the prompts alone still say what is meant.
      notify({ level: 'info', message: strings.prompt.refinedGone });
      return ask(prompt, null);
    }
    // A newer prompt from another window took this one's place: the prompt stays, the next click asks again.
    if (failure.code === 'superseded' || failure.code === 'cancelled') {
      usePrompt.setState(({ candidates }) => ({ status: candidates.length > 0 ? 'ready' : 'idle' }));
      return;
    }
    usePrompt.setState({ status: 'failed', failure, candidates: [], closeUp: null, chosenId: null });
    reportFailure(failure, failure.code === 'inference-failed' ? retryPrompt : undefined);
  }
}

/** The plane, the part of it that the window shows, and whether close-ups are wanted. */
export function lookingAt(): Pick<PredictRequest, 'plane' | 'view' | 'closeUps'> {
  const view = canvasHandle.current?.partInSight();
  const { closeUps } = useView.getState();
  return {
    plane: useProject.getState().plane,
    ...(view && view.x1 > view.x0 && view.y1 > view.y0 ? { view } : {}),
    ...(closeUps === null ? {} : { closeUps }),
  };
}

export function dropPrompt(): void {
  asking.abort();
  usePrompt.setState(noPrompt);
}

export function chooseCandidate(index: number): void {
  const { candidates, status } = usePrompt.getState();
  const wanted = candidates[index];
  if (wanted && status !== 'accepting') usePrompt.setState({ chosenId: wanted.view.id });
}

/** Chooses the next (1) or previous (-1) candidate, around the end. */
export function stepCandidate(step: -1 | 1): void {
  const { candidates, chosenId } = usePrompt.getState();
  const at = candidates.findIndex(({ view }) => view.id === chosenId);
  if (candidates.length > 0) chooseCandidate((at + step + candidates.length) % candidates.length);
}

/**
 * Saves the chosen candidate as an object of the current class. Until the service has committed it the candidate
 * stays marked as being saved; then the object stands in its place with the mask that is here already.
 */
export async function acceptCandidate(): Promise<void> {
  const { records, classId } = useProject.getState();
  const state = usePrompt.getState();
  const chosen = chosenCandidate(state);
  if (!chosen || state.status !== 'ready' || records.imageId === null) return;
  if (classId === null) return notify({ level: 'warning', message: strings.prompt.noClass });
  usePrompt.setState({ status: 'accepting' });
  const edit = { type: 'addObject', imageId: records.imageId, candidateId: chosen.view.id, classId } as const;
  const change = await submitEdit(edit, ({ objects }) => {
    for (const { after } of objects) if (after) keepMask(after.id, after.maskRevision, chosen.mask);
  });
  if (usePrompt.getState().chosenId !== chosen.view.id) return;
  if (change) usePrompt.setState(noPrompt);
  else usePrompt.setState({ status: 'ready' });
}
