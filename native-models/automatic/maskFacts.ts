import { boxesMeet, type MaskRuns, partsOf, sharedArea } from './maskRuns.ts';

/** What people filter proposals by. */
export interface MaskFacts {
  /** It reaches the border of the plane. */
  touchesBorder: boolean;
  /** Other masks that hold this one to more than 0.9 of its area. */
  nesting: number;
  /** 8-connected parts. */
  parts: number;
  /** Largest share of its area that one other mask covers which does not hold it and is not held by it, 0..1. */
  overlap: number;
}

/** A mask that has more than this share of its area in another is held by it. */
const heldShare = 0.9;

/** Facts of each of the masks of one plane among the others. Only masks whose boxes meet are compared. */
export function maskFacts(masks: readonly MaskRuns[]): MaskFacts[] {
  const facts = masks.map((mask) => ({
    touchesBorder: touchesBorder(mask),
    nesting: 0,
    parts: partsOf(mask),
    overlap: 0,
  }));
  const byLeft = Array.from(masks.keys()).sort((a, b) => masks[a]!.bbox[0] - masks[b]!.bbox[0]);
  for (const [place, first] of byLeft.entries()) {
    const { bbox } = masks[first]!;
    const right = bbox[0] + bbox[2];
    for (let next = place + 1; next < byLeft.length; next++) {
      const second = byLeft[next]!;
      if (masks[second]!.bbox[0] >= right) break;
      if (!boxesMeet(bbox, masks[second]!.bbox)) continue;
      const [larger, smaller] = masks[first]!.areaPx >= masks[second]!.areaPx ? [first, second] : [second, first];
      noteShared(masks, facts, larger, smaller);
    }
  }
  return facts;
}

/** The smaller of two is held by the larger, never the other way round: of two that are alike, one counts as held. */
function noteShared(masks: readonly MaskRuns[], facts: MaskFacts[], larger: number, smaller: number): void {
  const shared = sharedArea(masks[larger]!, masks[smaller]!);
  if (shared === 0) return;
  if (shared > heldShare * masks[smaller]!.areaPx) {
    facts[smaller]!.nesting++;
    return;
  }
  for (const each of [larger, smaller]) {
    facts[each]!.overlap = Math.max(facts[each]!.overlap, shared / masks[each]!.areaPx);
  }
}

function touchesBorder({ bbox: [x, y, width, height], planeWidth, planeHeight }: MaskRuns): boolean {
  return x === 0 || y === 0 || x + width === planeWidth || y + height === planeHeight;
}
