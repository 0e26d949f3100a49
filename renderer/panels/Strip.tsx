import { usePrompt } from '../state/promptStore.ts';
import { usePicked } from '../state/proposalStore.ts';
import { CandidateStrip } from './CandidateStrip.tsx';
import { ReviewStrip } from './ReviewStrip.tsx';

/** Under the micrograph: the prompt's candidates, or, while there is no prompt, the proposal under review. */
export function Strip() {
  const idle = usePrompt((state) => state.status === 'idle');
  const picked = usePicked();
  return idle && picked.length > 0 ? <ReviewStrip picked={picked} /> : <CandidateStrip />;
}
