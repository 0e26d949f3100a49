import { create } from 'zustand';
import type { Bbox, CandidateView } from '../../electron/service/api/contract.ts';
import type { CanvasPrompt, MaskWindow } from '../canvas/contract.ts';
import type { ServiceFailure } from '../client/failure.ts';
import { emptyPrompt } from './refine.ts';

export interface Candidate {
  view: CandidateView;
  mask: MaskWindow;
}

/** The prompt under work and its candidates; none of it is saved until a candidate is accepted. */
export interface PromptState {
  prompt: CanvasPrompt;
  /** Candidate whose logits went in with the prompt. */
  refine: string | null;
  /** Best first. While `status` is 'waiting' they still answer the prompt before. */
  candidates: Candidate[];
  chosenId: string | null;
  /** The part of the plane that the model looked at closely for the candidates; null: at the whole. */
  closeUp: Bbox | null;
  /** 'accepting': sent to be saved, not yet acknowledged. */
  status: 'idle' | 'waiting' | 'ready' | 'failed' | 'accepting';
  failure: ServiceFailure | null;
  /** What a click where the pointer rests would give; only while nothing is prompted. */
  preview: Candidate | null;
}

export const noPrompt: PromptState = {
  prompt: emptyPrompt,
  refine: null,
  candidates: [],
  chosenId: null,
  closeUp: null,
  status: 'idle',
  failure: null,
  preview: null,
};

export const usePrompt = create<PromptState>()(() => noPrompt);

export function chosenCandidate(state: PromptState): Candidate | null {
  return state.candidates.find(({ view }) => view.id === state.chosenId) ?? null;
}
