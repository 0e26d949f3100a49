import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidateCount, chooseTokens, type TokenMask } from './chooseTokens.ts';

const cells = 64;
const threshold = 0.5;
const extent = { columns: 8, rows: 8, stride: 8 };

/** Few distinct masks, some nearly equal: 63 of 64 cells alike is an IoU of 0.984 or of less for small masks. */
const logits = fc
  .record({ from: fc.constantFrom(0, 0, 20), to: fc.constantFrom(20, 62, 63, 64), foreground: fc.constantFrom(1, 9) })
  .map(({ from, to, foreground }) =>
    Float32Array.from({ length: cells }, (_, i) => (i >= from && i < to ? foreground : threshold)),
  );

const tokensOf = (count: number): fc.Arbitrary<TokenMask[]> =>
  fc
    .array(fc.record({ predictedIou: fc.integer({ min: -2, max: 100 }).map((percent) => percent / 100), logits }), {
      minLength: count,
      maxLength: count,
    })
    .map((all) => all.map((each, token) => ({ token, ...each })));

const fourTokens = tokensOf(4);

function iou(a: TokenMask, b: TokenMask): number {
  const indices = Array.from({ length: cells }, (_, i) => i);
  const inA = new Set(indices.filter((i) => a.logits[i]! > threshold));
  const inB = new Set(indices.filter((i) => b.logits[i]! > threshold));
  const either = new Set([...inA, ...inB]).size;
  return either === 0 ? 1 : indices.filter((i) => inA.has(i) && inB.has(i)).length / either;
}

function expectBestFirst(chosen: readonly TokenMask[]): void {
  chosen.slice(1).forEach((each, i) => expect(each.predictedIou).toBeLessThanOrEqual(chosen[i]!.predictedIou));
}

const tokenNumbers = (chosen: readonly TokenMask[]) => chosen.map(({ token }) => token).sort();

describe('candidates', () => {
  it('of an ambiguous prompt are the three multi-mask tokens, best predicted IoU first', () => {
    fc.assert(
      fc.property(fourTokens, (tokens) => {
        const chosen = chooseTokens(tokens, true, threshold, extent);
        expect(tokenNumbers(chosen)).toEqual([1, 2, 3]);
        expectBestFirst(chosen);
      }),
    );
  });

  it('agree with the clicks before they are thought good', () => {
    fc.assert(
      fc.property(
        fourTokens,
        fc.array(
          fc.record({ cell: fc.integer({ min: 0, max: cells - 1 }), label: fc.constantFrom(0 as const, 1 as const) }),
        ),
        fc.boolean(),
        (tokens, clicks, ambiguous) => {
          const against = ({ logits }: TokenMask) =>
            clicks.filter(({ cell, label }) => (logits[cell]! > threshold ? 1 : 0) !== label).length;
          const chosen = chooseTokens(tokens, ambiguous, threshold, extent, clicks);
          chosen.slice(1).forEach((each, i) => {
            const before = chosen[i]!;
            expect(against(before)).toBeLessThanOrEqual(against(each));
            if (against(before) === against(each)) {
              expect(each.predictedIou).toBeLessThanOrEqual(before.predictedIou);
            }
          });
        },
      ),
    );
  });

  it('of any other prompt are distinct masks, best first, and what is left out repeats one or is the worst', () => {
    fc.assert(
      fc.property(fourTokens, (tokens) => {
        const chosen = chooseTokens(tokens, false, threshold, extent);
        expectBestFirst(chosen);
        expect(chosen.length).toBeGreaterThan(0);
        expect(chosen.length).toBeLessThanOrEqual(candidateCount);
        chosen.forEach((a, i) => chosen.slice(i + 1).forEach((b) => expect(iou(a, b)).toBeLessThanOrEqual(0.95)));
        for (const left of tokens.filter((each) => !chosen.includes(each))) {
          const repeats = chosen.some((kept) => kept.predictedIou >= left.predictedIou && iou(kept, left) > 0.95);
          if (repeats) continue;
          // Four distinct masks: the worst multi-mask token has to go.
          expect(chosen).toHaveLength(candidateCount);
          expect(left.token).toBeGreaterThan(0);
          const multi = chosen.filter(({ token }) => token > 0);
          multi.forEach((kept) => expect(kept.predictedIou).toBeGreaterThanOrEqual(left.predictedIou));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('keep the single-mask token, however poor, when four distinct masks compete', () => {
    const tokens = [0.1, 0.9, 0.8, 0.7].map((predictedIou, token): TokenMask => {
      const quarter = Float32Array.from({ length: cells }, (_, i) => (Math.floor(i / 16) === token ? 9 : -9));
      return { token, predictedIou, logits: quarter };
    });
    expect(chooseTokens(tokens, false, threshold, extent).map(({ token }) => token)).toEqual([1, 2, 0]);
  });

  it('that differ in the padding alone are one', () => {
    const inPadding = (value: number) => Float32Array.from({ length: cells }, (_, i) => (i < 16 ? 9 : value));
    const tokens = [0.5, 0.6, 0.7, 0.8].map((predictedIou, token) => {
      return { token, predictedIou, logits: inPadding(token % 2 ? 9 : -9) };
    });
    const upperQuarter = { ...extent, rows: 2 };
    expect(chooseTokens(tokens, false, threshold, upperQuarter).map(({ token }) => token)).toEqual([3]);
  });

  it('of a decoder with one token are this token', () => {
    fc.assert(
      fc.property(tokensOf(1), fc.boolean(), (tokens, ambiguous) => {
        expect(chooseTokens(tokens, ambiguous, threshold, extent)).toEqual(tokens);
      }),
    );
  });

  it('leave the tokens as they came', () => {
    fc.assert(
      fc.property(fourTokens, fc.boolean(), (tokens, ambiguous) => {
        const before = structuredClone(tokens);
        chooseTokens(tokens, ambiguous, threshold, extent);
        expect(tokens).toEqual(before);
      }),
    );
  });
});
