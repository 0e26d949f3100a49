import { type Mask, trimMask } from '../masks/mask.ts';
import { masksElsewhere } from './background.ts';
import { classify, type Sample, trainClassifier } from './classifier.ts';
import type { Classifier, ExamplePlane, SimilarLevel, SimilarModel } from './contract.ts';
import { type FeatureMap, featureMap, levelsOf, toUnitLength } from './featureMap.ts';
import { cosine, poolFeatures } from './poolFeatures.ts';
import { shapeOf, shapeRanges } from './shape.ts';

/** What is measured of one mask. */
interface Measured {
  /** Those of poolFeatures.ts, then those of shape.ts. */
  features: number[];
  shape: number[];
  /** Unit features at the coarsest level. */
  coarse: Float32Array;
}

interface Accepted extends Measured {
  classId: number;
}

/** Share of the places elsewhere that is taken for background: those least like what was accepted. */
const backgroundShare = 1 / 3;
/** Times that the classifier's own word on the places elsewhere is taken for their background. */
const rounds = 2;
/** Weight of a rejected object, where a place elsewhere has 1: it was looked at. */
const rejectedWeight = 8;
/** From what the background looks like, this far on the way to what the examples look like, a click may be worth it. */
const worthAClick = 0.7;

/**
 * Learns from the objects that a user accepted and rejected what to look for: their mean features on the image embedding
 * (prototypes, as in few-shot segmentation; PerSAM, Zhang et al. 2023, arXiv:2305.03048) and a classifier of them, told
 * from places elsewhere on their planes. What was not judged may well be another of them, so only places that look least
 * like them count as background, then those that the classifier itself takes for it (learning from positive and unlabelled
 * data in two steps: Bekker and Davis 2020, arXiv:1811.04820, section 5.1). Something of a third kind, unlike the
 * background, goes for the class that is nearest to it until one of its kind is rejected. Deterministic.
 * @param planes all embedded by one model; one without objects adds nothing.
 */
export function learnSimilar(planes: readonly ExamplePlane[]): SimilarModel {
  const judged = planes
    .map(({ embedding, objects }) => ({ embedding, objects: objects.flatMap(withPixels) }))
    .filter(({ objects }) => objects.length > 0);
  const levels = levelsOf(judged.map(({ embedding }) => embedding));
  const { accepted, rejected, elsewhere } = measureExamples(judged, levels);
  if (accepted.length === 0) return nothingToFind(levels, joined(rejected));
  const likeness = ({ coarse }: Measured) => Math.max(...accepted.map((example) => cosine(coarse, example.coarse)));
  const surely = leastAlike(elsewhere, likeness);
  const ids = [...new Set(accepted.map(({ classId }) => classId))].sort((a, b) => a - b);
  const ofClass = (id: number) => accepted.filter(({ classId }) => classId === id);
  return {
    levels,
    classes: ids.map((classId) => ({ classId, shape: shapeRanges(ofClass(classId).map(({ shape }) => shape)) })),
    accepted: joined(accepted),
    rejected: joined(rejected),
    radiusModel: Math.min(...ids.map((id) => smallRadius(ofClass(id)))),
    leastSimilarity: leastSimilarity(surely.map(likeness), accepted),
    classifier: trainOnJudged(accepted, rejected, elsewhere, surely, ids),
  };
}

function measureExamples(planes: readonly ExamplePlane[], levels: readonly SimilarLevel[]) {
  const accepted: Accepted[] = [];
  const rejected: Measured[] = [];
  const elsewhere: Measured[] = [];
  for (const { embedding, objects } of planes) {
    // One plane's map at a time: it takes as much memory as the embedding itself.
    const map = featureMap(embedding, levels);
    for (const { mask, classId } of objects) {
      const measured = measure(map, mask);
      if (classId === null) rejected.push(measured);
      else accepted.push({ ...measured, classId });
    }
    const masks = objects.map(({ mask }) => mask);
    elsewhere.push(...masksElsewhere(embedding.transform, masks).map((mask) => measure(map, mask)));
  }
  return { accepted, rejected, elsewhere };
}

function nothingToFind(levels: SimilarLevel[], rejected: Float32Array): SimilarModel {
  const classifier = { mean: new Float64Array(0), scale: new Float64Array(0), weights: new Float64Array(0) };
  const accepted = new Float32Array(0);
  return { levels, classes: [], accepted, rejected, radiusModel: 0, leastSimilarity: 1, classifier };
}

/** Background is outcome 0, the classes follow in the order of `ids`. */
function trainOnJudged(
  accepted: readonly Accepted[],
  rejected: readonly Measured[],
  elsewhere: readonly Measured[],
  surely: readonly Measured[],
  ids: readonly number[],
): Classifier {
  const judged: Sample[] = [
    ...rejected.map(({ features }) => ({ features, outcome: 0, weight: rejectedWeight })),
    ...accepted.map(({ features, classId }) => ({ features, outcome: ids.indexOf(classId) + 1, weight: 1 })),
  ];
  const against = (background: readonly Measured[]) =>
    trainClassifier(
      [...background.map(({ features }) => ({ features, outcome: 0, weight: 1 })), ...judged],
      ids.length + 1,
    );
  let classifier = against(surely);
  for (let round = 0; round < rounds; round++) {
    const background = elsewhere.filter(({ features }) => classify(classifier, features)[0]! > 0.5);
    if (background.length < surely.length) break;
    classifier = against(background);
  }
  return classifier;
}

function withPixels<T extends { mask: Mask }>(object: T): T[] {
  const mask = trimMask(object.mask);
  return mask.width === 0 ? [] : [{ ...object, mask }];
}

/** Numbers that tell a mask's kind. */
export function measure(map: FeatureMap, mask: Mask): Measured {
  const pooled = poolFeatures(map, mask);
  const shape = shapeOf(mask, map.transform);
  const coarse = toUnitLength(pooled.slice(0, map.levels[0]!.channels));
  return { features: [...pooled, ...shape], shape, coarse };
}

/** The places elsewhere that are least like what was accepted. */
function leastAlike(elsewhere: readonly Measured[], likeness: (measured: Measured) => number): Measured[] {
  const ranked = elsewhere.map((measured) => ({ measured, like: likeness(measured) })).sort((a, b) => a.like - b.like);
  return ranked.slice(0, Math.ceil(ranked.length * backgroundShare)).map(({ measured }) => measured);
}

/** Radius of a disc that is larger than a quarter of the examples: one speck should not rule the whole search. */
function smallRadius(examples: readonly Measured[]): number {
  const areas = examples.map(({ shape }) => Math.exp(shape[0]!)).sort((a, b) => a - b);
  return Math.sqrt(areas[Math.floor(areas.length / 4)]! / Math.PI);
}

function leastSimilarity(background: readonly number[], accepted: readonly Measured[]): number {
  const ground = background.length === 0 ? 0 : background.reduce((sum, like) => sum + like, 0) / background.length;
  // How like one another the examples are; an only one is like itself.
  const kin = accepted.map(({ coarse }, i) => {
    const others = accepted.filter((_, k) => k !== i || accepted.length === 1);
    return Math.max(...others.map((other) => cosine(coarse, other.coarse)));
  });
  const least = kin.length === 0 ? 1 : Math.min(...kin);
  return ground + worthAClick * Math.max(0, Math.min(least, 0.8) - ground);
}

function joined(examples: readonly Measured[]): Float32Array {
  const length = examples[0]?.coarse.length ?? 0;
  const all = new Float32Array(examples.length * length);
  for (const [i, { coarse }] of examples.entries()) all.set(coarse, i * length);
  return all;
}
