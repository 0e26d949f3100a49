import type { AutomaticProgress } from '../automatic/generateMasks.ts';
import { type Mask, maskArea } from '../masks/mask.ts';
import { encodeRle } from '../masks/rle.ts';
import type { ImageEmbedding } from '../predictor/embedding.ts';
import { maskOfLogits, upscaling } from '../predictor/maskOfLogits.ts';
import type { Predictor } from '../predictor/predictor.ts';
import { lowResExtent, type Point } from '../predictor/spaces.ts';
import { stabilityScore } from '../predictor/stability.ts';
import { holds } from './background.ts';
import { candidatePoints } from './candidatePoints.ts';
import type { SimilarModel, SimilarProposal, SimilarRun } from './contract.ts';
import { DistinctMasks } from './distinctMasks.ts';
import { featureMap } from './featureMap.ts';
import { type Judgement, judgeMask } from './judgeMask.ts';

/** What answers the clicks. */
export type SimilarPredictor = Pick<Predictor, 'predictBatch' | 'maxBatch' | 'model'>;

/**
 * Less sure than this, and it is no proposal. With lamella-v2 and five examples, F1 at IoU 0.5 on three of the nuclei's val
 * images (one of them with two sets of examples) is 0.74, 0.77, 0.74 and 0.75 at 0.6, 0.7, 0.75 and 0.8.
 */
const leastConfidence = 0.7;
/** Ratings that a good mask of a small model has at least; below, nothing was cut out. */
const leastPredictedIou = 0.45;
const leastStability = 0.4;
/** Most clicks on a plane: beyond, a search takes longer than people wait. */
const mostClicks = 400;
/** Clicks whose masks all hold a place. */
const enoughClicks = 2;
const usualBatch = 16;

interface Found extends Judgement {
  mask: Mask;
  predictedIou: number;
  stability: number;
  point: Point;
}

/**
 * The objects on a plane that are like the examples that `learned` comes from, surest first: clicks where the embedding
 * looks like them, of each click's answers the one that fits best, each object once, nothing that is known. Deterministic;
 * another size of batch may give other clicks, since what was found in the batches before needs none.
 * @yields after each batch: who runs it may do something else in between, or stop.
 * @throws the signal's reason, between two batches; RangeError where the embedding is of another model than the
 * examples'.
 */
export async function* similarSteps(
  predictor: SimilarPredictor,
  embedding: ImageEmbedding,
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
  learned: SimilarModel,
  { known, signal, pointsPerBatch = usualBatch }: SimilarRun,
): AsyncGenerator<AutomaticProgress, SimilarProposal[]> {
  signal?.throwIfAborted();
  if (learned.classes.length === 0) return [];
  const { maskSize, maskThreshold, maskResample } = predictor.model.description;
  const { transform } = embedding;
  const map = featureMap(embedding, learned.levels);
  const tables = upscaling(transform, maskSize, maskResample);
  const extent = lowResExtent(transform, maskSize);
  const points = candidatePoints(map, learned, known);
  const size = Math.max(1, Math.min(pointsPerBatch, predictor.maxBatch));
  const found: Found[] = [];
  let [at, decoded] = [0, 0];
  while (at < points.length && decoded < mostClicks) {
    signal?.throwIfAborted();
    const batch: Point[] = [];
    for (; at < points.length && batch.length < size; at++) if (isOpen(points[at]!, found)) batch.push(points[at]!);
    if (batch.length === 0) break;
    decoded += batch.length;
    const answers = await predictor.predictBatch(embedding, batch);
    for (const [i, point] of batch.entries()) {
      let best: Found | null = null;
      for (const { logits, predictedIou } of answers[i]!) {
        if (!(predictedIou >= leastPredictedIou)) continue;
        const stability = stabilityScore(logits, extent, maskThreshold);
        if (!(stability >= leastStability)) continue;
        const part = maskOfLogits(logits, tables, maskThreshold);
        if (part.width === 0) continue;
        const mask = { ...part, x: part.x + transform.origin.x, y: part.y + transform.origin.y };
        const judged = judgeMask(map, learned, mask);
        if (judged.confidence < leastConfidence || (best && judged.confidence <= best.confidence)) continue;
        best = { ...judged, mask, predictedIou, stability, point };
      }
      if (best) found.push(best);
    }
    yield { fraction: Math.max(at / points.length, Math.min(1, decoded / mostClicks)), masks: found.length };
  }
  return distinct(found, known).map(({ mask, ...proposal }) => ({
    segmentation: encodeRle(mask, heightPx, widthPx),
    ...proposal,
  }));
}

/** Whether a place is worth a click still: what enough clicks have found alike needs no further one. */
function isOpen(point: Point, found: readonly Found[]): boolean {
  let times = 0;
  for (const { mask } of found) if (holds(mask, point) && ++times === enoughClicks) return false;
  return true;
}

/** Surest first, where the model's own rating of its mask has a say: of two answers for one object the better cut stays. */
function distinct(found: readonly Found[], known: readonly Mask[]): Found[] {
  const worth = ({ confidence, predictedIou }: Found) => confidence * Math.max(0, predictedIou);
  const masks = new DistinctMasks(known);
  return [...found]
    .sort((a, b) => worth(b) - worth(a) || maskArea(b.mask) - maskArea(a.mask))
    .filter(({ mask }) => masks.take(mask))
    .sort((a, b) => b.confidence - a.confidence);
}
