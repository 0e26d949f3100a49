import { reportFailure } from '../app/notify.tsx';
import type { PointerReading } from '../canvas/contract.ts';
import * as api from '../client/api.ts';
import { isAbort, toFailure } from '../client/failure.ts';
import { currentEmbedding, promptsRefused, useProject } from '../state/projectStore.ts';
import { usePrompt } from '../state/promptStore.ts';
import { setHoverPreview, useView } from '../state/viewStore.ts';
import { lookingAt } from './prompts.ts';

/** A pointer that stays so long means what is under it. */
const restMs = 120;

let asking = new AbortController();
let rest: ReturnType<typeof setTimeout> | undefined;

/** Shows what a click where the pointer rests would give, as long as nothing is prompted. */
export function previewAt(pointer: PointerReading | null): void {
  clearTimeout(rest);
  asking.abort();
  if (usePrompt.getState().preview) usePrompt.setState({ preview: null });
  if (pointer && wanted()) rest = setTimeout(() => void ask(pointer), restMs);
}

export function toggleHoverPreview(): void {
  const on = !useView.getState().hoverPreview;
  setHoverPreview(on);
  previewAt(on ? useView.getState().pointer : null);
}

/** Not before the image is prepared: a preview is no reason to make anybody wait. */
function wanted(): boolean {
  const { hoverPreview, tool } = useView.getState();
  if (!hoverPreview || tool !== 'prompt' || usePrompt.getState().status !== 'idle') return false;
  const project = useProject.getState();
  return promptsRefused(project) === null && currentEmbedding(project)?.status === 'ready';
}

async function ask({ x, y }: PointerReading): Promise<void> {
  const { project, records } = useProject.getState();
  if (!project || records.imageId === null || !wanted()) return;
  asking = new AbortController();
  const { signal } = asking;
  const points = [{ x: x + 0.5, y: y + 0.5, label: 1 as const }];
  try {
    const request = { points, box: null, refine: null, ...lookingAt() };
    const { header, masks } = await api.predict(project.id, records.imageId, request, signal);
    const [view] = header.candidates;
    const [mask] = masks;
    if (!signal.aborted && view && mask && wanted()) usePrompt.setState({ preview: { view, mask } });
  } catch (thrown) {
    if (signal.aborted || isAbort(thrown)) return;
    const failure = toFailure(thrown);
    // A prompt took its place: that one is answered.
    if (failure.code !== 'superseded' && failure.code !== 'cancelled') reportFailure(failure);
  }
}
