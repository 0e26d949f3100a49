import { useMeasuring } from '../state/measureStore.ts';
import { usePrompt } from '../state/promptStore.ts';
import { usePicked } from '../state/proposalStore.ts';
import { useView } from '../state/viewStore.ts';
import { CandidateStrip } from './CandidateStrip.tsx';
import { ReviewStrip } from './ReviewStrip.tsx';
import { RulerStrip } from './RulerStrip.tsx';

/**
 * Under the micrograph: the prompt's candidates, or, while there is no prompt, the proposal under review or the line
 * that is measured; with the ruler in hand the line comes first.
 */
export function Strip() {
  const idle = usePrompt((state) => state.status === 'idle');
  const picked = usePicked();
  const line = useMeasuring((state) => state.line);
  const measuring = useView((state) => state.tool === 'ruler');
  if (idle && line && (measuring || picked.length === 0)) return <RulerStrip line={line} />;
  return idle && picked.length > 0 ? <ReviewStrip picked={picked} /> : <CandidateStrip />;
}
