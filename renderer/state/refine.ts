import type { CanvasPrompt } from '../canvas/contract.ts';

/**
 * Which candidate's low-res logits go in with the next prompt.
 * - One point more than before, everything else as it was: the click corrects what is on screen, so the chosen
 *   candidate is refined. While an answer is still awaited, the click joins that request (`awaited`).
 * - Anything else (first prompt, a point or box moved or removed, a new box): a fresh prediction from all prompts that
 *   remain, because earlier logits still carry what was just changed.
 */
export function candidateToRefine(
  before: CanvasPrompt,
  after: CanvasPrompt,
  chosen: string | null,
  awaited: { refine: string | null } | null,
): string | null {
  if (!addsOnePoint(before, after)) return null;
  return awaited ? awaited.refine : chosen;
}

function addsOnePoint(before: CanvasPrompt, after: CanvasPrompt): boolean {
  return (
    after.points.length === before.points.length + 1 &&
    JSON.stringify(after.box) === JSON.stringify(before.box) &&
    before.points.every((point, index) => {
      const same = after.points[index]!;
      return point.x === same.x && point.y === same.y && point.label === same.label;
    })
  );
}

export const emptyPrompt: CanvasPrompt = { points: [], box: null };

export function isEmptyPrompt(prompt: CanvasPrompt): boolean {
  return prompt.points.length === 0 && prompt.box === null;
}
