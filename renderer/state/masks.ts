import type { MasksFrame } from '../client/frames.ts';
import type { MaskWindow } from '../canvas/contract.ts';

interface KeptMask {
  revision: number;
  window: MaskWindow;
}

/** Masks of the image on screen, by object. They stay outside React: components read them by id and revision. */
const kept = new Map<number, KeptMask>();

/** The mask at this revision; null when it has not come yet. */
export function maskOf(id: number, revision: number): MaskWindow | null {
  const mask = kept.get(id);
  return mask && mask.revision === revision ? mask.window : null;
}

export function keepMask(id: number, revision: number, window: MaskWindow): void {
  kept.set(id, { revision, window });
}

export function keepMasks(frame: MasksFrame): void {
  frame.header.objects.forEach(({ id, maskRevision }, index) => {
    keepMask(id, maskRevision, frame.masks[index]!);
  });
}

/** Another image is shown. */
export function forgetMasks(): void {
  kept.clear();
}
