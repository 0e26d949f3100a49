import type { TokenMask } from './chooseTokens.ts';

/**
 * SAM-HQ's answer: the logits of its own token are added to those of the mask that SAM would give, the single one, or
 * for an ambiguous prompt the best of the others by predicted IoU (segment_anything/modeling/mask_decoder_hq.py). The
 * other masks stay beside it as SAM's own.
 */
export function addHqToken(tokens: readonly TokenMask[], hqToken: number, ambiguous: boolean): TokenMask[] {
  const hq = tokens.find(({ token }) => token === hqToken);
  const sam = tokens.filter(({ token }) => token !== hqToken);
  const answers = sam.filter(({ token }) => (ambiguous ? token > 0 : token === 0));
  const [first, ...others] = answers;
  if (!hq || !first) return sam;
  const best = others.reduce((a, b) => (b.predictedIou > a.predictedIou ? b : a), first);
  return sam.map((each) =>
    each === best ? { ...each, logits: each.logits.map((value, cell) => value + hq.logits[cell]!) } : each,
  );
}
