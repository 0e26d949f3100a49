import type { Mask } from '../masks/mask.ts';
import type { LabelImage } from './labelObjects.ts';

/** A proposal and an object that are taken for the same thing. */
export interface Match {
  proposal: number;
  label: number;
  iou: number;
}

/** IoU of each proposal with each object that it shares pixels with. O(pixels of the proposals' windows). */
export function overlapsOf(
  proposals: readonly Mask[],
  { widthPx, data }: LabelImage,
  areas: ReadonlyMap<number, number>,
) {
  return proposals.flatMap((mask, proposal): Match[] => {
    const shared = new Map<number, number>();
    let areaPx = 0;
    for (let j = 0; j < mask.height; j++) {
      for (let i = 0; i < mask.width; i++) {
        if (!mask.data[j * mask.width + i]) continue;
        areaPx++;
        const label = data[(mask.y + j) * widthPx + mask.x + i]!;
        if (label !== 0) shared.set(label, (shared.get(label) ?? 0) + 1);
      }
    }
    return [...shared].flatMap(([label, both]) => {
      const objectPx = areas.get(label);
      return objectPx === undefined ? [] : [{ proposal, label, iou: both / (areaPx + objectPx - both) }];
    });
  });
}

/** Greedy one-to-one matching: the pair with the highest IoU first; of equal ones the earlier. */
export function matchGreedily(overlaps: readonly Match[]): Match[] {
  const proposals = new Set<number>();
  const labels = new Set<number>();
  return [...overlaps]
    .sort((a, b) => b.iou - a.iou)
    .filter(({ proposal, label }) => {
      if (proposals.has(proposal) || labels.has(label)) return false;
      proposals.add(proposal);
      labels.add(label);
      return true;
    });
}
