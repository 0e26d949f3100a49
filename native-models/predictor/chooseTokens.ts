import type { LowResExtent } from './spaces.ts';

/** What the decoder gave for one mask token. */
export interface TokenMask {
  /** 0: the single mask; 1..3: whole, part, sub-part, in no fixed order. */
  token: number;
  predictedIou: number;
  /** [lowSide, lowSide] */
  logits: Float32Array;
}

/** Most candidates that are shown. */
export const candidateCount = 3;

/** A candidate whose low-res mask agrees with a better one to more than this IoU shows nothing new. */
const sameMaskIou = 0.95;

/** A click as the low-res logits see it. */
export interface LowResClick {
  /** Index of its cell in the logits. */
  cell: number;
  /** 1 positive, 0 negative. */
  label: 0 | 1;
}

/**
 * Candidates: those first that contradict the fewest clicks (a positive one outside, a negative one inside), of these the
 * best predicted IoU. A click is what a person knows; a predicted IoU is a guess.
 *
 * For an ambiguous prompt (one click) these are the three multi-mask tokens, as SAM shows them. For any other prompt
 * SAM takes the single-mask token alone, which it was trained to use there; here that token stands beside the
 * multi-mask ones, and what repeats a candidate before it is left out. The single-mask token is never the one that has
 * to go for lack of room.
 */
export function chooseTokens(
  tokens: readonly TokenMask[],
  ambiguous: boolean,
  threshold: number,
  extent: LowResExtent,
  clicks: readonly LowResClick[] = [],
): TokenMask[] {
  const contradicted = new Map(
    tokens.map((each) => [
      each,
      clicks.filter(({ cell, label }) => each.logits[cell]! > threshold !== (label === 1)).length,
    ]),
  );
  const best = (a: TokenMask, b: TokenMask) =>
    contradicted.get(a)! - contradicted.get(b)! || b.predictedIou - a.predictedIou;
  if (ambiguous && tokens.length > 1) {
    return tokens
      .filter(({ token }) => token > 0)
      .sort(best)
      .slice(0, candidateCount);
  }
  const kept: TokenMask[] = [];
  for (const candidate of [...tokens].sort(best)) {
    if (!kept.some((better) => lowResIou(better.logits, candidate.logits, threshold, extent) > sameMaskIou)) {
      kept.push(candidate);
    }
  }
  while (kept.length > candidateCount) {
    const worst = kept.findLastIndex(({ token }) => token > 0);
    kept.splice(worst, 1);
  }
  return kept;
}

/** IoU of two low-res masks in the part that the plane reaches; 1 where both are empty there. */
function lowResIou(
  a: Float32Array,
  b: Float32Array,
  threshold: number,
  { rows, columns, stride }: LowResExtent,
): number {
  let both = 0;
  let either = 0;
  for (let y = 0; y < rows; y++) {
    const end = y * stride + columns;
    for (let at = y * stride; at < end; at++) {
      const inA = a[at]! > threshold;
      const inB = b[at]! > threshold;
      if (inA || inB) either++;
      if (inA && inB) both++;
    }
  }
  return either === 0 ? 1 : both / either;
}
