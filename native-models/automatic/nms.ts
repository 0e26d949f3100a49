import type { InclusiveBox } from './inclusiveBox.ts';

/** IoU of two boxes by the differences of their coordinates; 0 where both are without extent. */
export function boxIou(a: InclusiveBox, b: InclusiveBox): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both);
}

/**
 * Greedy non-maximum suppression: by falling score, of equal ones the earlier first, each box stays that has an IoU of
 * at most `threshold` with all that stayed before (torchvision.ops.nms).
 * @returns indices of what stays, best first. O(boxes × what stays).
 */
export function suppressOverlaps(
  boxes: readonly InclusiveBox[],
  scores: readonly number[],
  threshold: number,
): number[] {
  const byScore = Array.from(boxes.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const kept: number[] = [];
  for (const index of byScore) {
    const box = boxes[index]!;
    if (kept.every((better) => !(boxIou(boxes[better]!, box) > threshold))) kept.push(index);
  }
  return kept;
}
