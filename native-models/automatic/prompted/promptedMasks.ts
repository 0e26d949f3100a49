import { type Mask, maskIou, trimMask } from '../../masks/mask.ts';
import { encodeRle } from '../../masks/rle.ts';
import type { TokenMask } from '../../predictor/chooseTokens.ts';
import type { ImageEmbedding } from '../../predictor/embedding.ts';
import { maskOfLogits, type Upscaling, upscaling } from '../../predictor/maskOfLogits.ts';
import type { PixelPlane, ValueRange } from '../../predictor/pixels.ts';
import type { Predictor } from '../../predictor/predictor.ts';
import type { Point } from '../../predictor/spaces.ts';
import { type FoundMask, recordOf } from '../foundMask.ts';
import type { AutomaticProgress, AutomaticRun } from '../generateMasks.ts';
import { inclusiveBox } from '../inclusiveBox.ts';
import { ModelDecoder } from '../modelDecoder.ts';
import type { MaskRecord } from '../record.ts';
import { removeSmallRegions } from '../smallRegions.ts';
import { stabilityOfImage } from '../stabilityOfImage.ts';
import type { GivenPrompt } from './givenPrompt.ts';

/** What answers points and boxes. */
export type PromptedPredictor = Pick<Predictor, 'encodeImage' | 'predictBatch' | 'predictBoxes' | 'maxBatch' | 'model'>;

export interface PromptedMasks {
  /** In the prompts' order; a prompt that nothing answers has none. */
  records: MaskRecord[];
  prompts: number;
  /** Earlier masks that stand as they were, because no answer was the same object. */
  kept: number;
  /** Milliseconds inside the encoder. */
  encodeMs: number;
}

/** An answer that meets the earlier mask with less than this IoU is another object. */
const sameObjectIou = 0.5;
/** Distance of the stability's cuts from the mask's own, in logits. */
const stabilityOffset = 1;
/** Islands and holes of fewer pixels are no part of an object that somebody pointed out. */
const minRegionAreaPx = 10;

/**
 * One mask for each prompt: of a box the answer of the token that is trained for it, of a click the best rated one, and
 * where an earlier mask is known, the one that is most like it (clean-up of another program's segmentation by prompting
 * with it: micro-sam, Archit et al. 2025, Nature Methods 22, "instance segmentation from prompts"). Earlier masks that no
 * answer resembles stay: a clean-up loses nothing.
 * @param valueRange sample values that become black and white.
 * @yields after each batch.
 * @throws the signal's reason, between two batches.
 */
export async function* promptedMasks(
  predictor: PromptedPredictor,
  plane: PixelPlane,
  valueRange: ValueRange,
  prompts: readonly GivenPrompt[],
  { signal }: Pick<AutomaticRun, 'signal'> = {},
): AsyncGenerator<AutomaticProgress, PromptedMasks> {
  signal?.throwIfAborted();
  const started = performance.now();
  const embedding = await predictor.encodeImage(plane, valueRange);
  const encodeMs = performance.now() - started;
  const { maskSize, maskThreshold, maskResample } = predictor.model.description;
  const tables = upscaling(embedding.transform, maskSize, maskResample);
  const size = new ModelDecoder(predictor, plane, valueRange).maxBatch;
  const found: (FoundMask | null)[] = Array.from(prompts, () => null);
  let [done, masks, kept] = [0, 0, 0];
  for (const batch of batchesOf(prompts, size)) {
    signal?.throwIfAborted();
    const answers = await answersOf(
      predictor,
      embedding,
      batch.map((at) => prompts[at]!),
    );
    for (const [i, at] of batch.entries()) {
      const prompt = prompts[at]!;
      const best = bestAnswer(answers[i]!, prompt.earlier, tables, maskThreshold);
      if (best) {
        found[at] = foundMask(best.mask, prompt, plane, {
          predictedIou: best.token.predictedIou,
          stability: stabilityOfImage(best.token.logits, tables, maskThreshold, stabilityOffset),
        });
      } else if (prompt.earlier) {
        found[at] = foundMask(prompt.earlier, prompt, plane, { predictedIou: 0, stability: 0 });
        kept++;
      }
      if (found[at]) masks++;
    }
    done += batch.length;
    yield { fraction: done / prompts.length, masks };
  }
  const records = found.flatMap((each) => (each ? [recordOf(each)] : []));
  return { records, prompts: prompts.length, kept, encodeMs };
}

/** Indices of prompts of one kind, at most `size` at a time: a batch's prompts have the same number of tokens. */
function batchesOf(prompts: readonly GivenPrompt[], size: number): number[][] {
  const kinds = new Map<string, number[]>();
  for (const [at, { point, box }] of prompts.entries()) {
    const kind = `${point !== null} ${box !== null}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), at]);
  }
  return [...kinds.values()].flatMap((of) =>
    Array.from({ length: Math.ceil(of.length / size) }, (_, batch) => of.slice(batch * size, (batch + 1) * size)),
  );
}

/** @param prompts of one kind. */
async function answersOf(
  predictor: PromptedPredictor,
  embedding: ImageEmbedding,
  prompts: readonly GivenPrompt[],
): Promise<TokenMask[][]> {
  const boxed = prompts.flatMap(({ box, point }) => (box ? [{ box, point }] : []));
  if (boxed.length > 0) return predictor.predictBoxes(embedding, boxed);
  return predictor.predictBatch(
    embedding,
    prompts.flatMap(({ point }) => (point ? [point] : [])),
  );
}

function bestAnswer(
  tokens: readonly TokenMask[],
  earlier: Mask | null,
  tables: Upscaling,
  maskThreshold: number,
): { token: TokenMask; mask: Mask } | null {
  // A box says which object is meant: the single-mask token answers it, if there is one.
  const single = tokens.filter(({ token }) => token === 0);
  const asked = earlier === null && single.length > 0 ? single : tokens;
  const answers = asked
    .map((token) => ({ token, mask: maskOfLogits(token.logits, tables, maskThreshold) }))
    .filter(({ mask }) => mask.width > 0)
    .map((answer) => ({ ...answer, worth: earlier ? maskIou(answer.mask, earlier) : answer.token.predictedIou }))
    .sort((a, b) => b.worth - a.worth);
  const [best] = answers;
  return best && (earlier === null || best.worth >= sameObjectIou) ? best : null;
}

function foundMask(
  cut: Mask,
  { point, box }: GivenPrompt,
  { widthPx, heightPx }: PixelPlane,
  scores: Pick<FoundMask, 'predictedIou' | 'stability'>,
): FoundMask | null {
  const mask = trimMask(removeSmallRegions(cut, widthPx, heightPx, minRegionAreaPx));
  if (mask.width === 0) return null;
  return {
    rle: encodeRle(mask, heightPx, widthPx),
    box: inclusiveBox(mask),
    point: point ?? middleOf(box!),
    crop: [0, 0, widthPx, heightPx],
    ...scores,
  };
}

function middleOf({ x0, y0, x1, y1 }: NonNullable<GivenPrompt['box']>): Point {
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2 };
}
