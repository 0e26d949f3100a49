import type { Mask } from '../masks/mask.ts';
import { classify } from './classifier.ts';
import type { SimilarModel } from './contract.ts';
import type { FeatureMap } from './featureMap.ts';
import { measure } from './learnSimilar.ts';
import { isCutOff, shapeFit } from './shape.ts';

export interface Judgement {
  classId: number;
  /** 0..1 */
  confidence: number;
}

/**
 * The class that a mask most likely has, and how sure that is: the probability that it is no background, that class's
 * share of the rest, and how well its form fits the class's. A classifier that is linear in the size would take ever
 * larger masks for ever better ones; hence the fit.
 * @param learned with a class at least.
 */
export function judgeMask(map: FeatureMap, { classifier, classes }: SimilarModel, mask: Mask): Judgement {
  const { features, shape } = measure(map, mask);
  const [ground = 0, ...likely] = classify(classifier, features);
  const isCut = isCutOff(mask, map.transform);
  const fits = classes.map((each) => shapeFit(shape, each.shape, isCut));
  const fitting = likely.map((probability, k) => probability * fits[k]!);
  const all = fitting.reduce((sum, each) => sum + each, 0);
  const best = fitting.reduce((a, each, k) => (each > fitting[a]! ? k : a), 0);
  const share = all > 0 ? fitting[best]! / all : 0;
  return { classId: classes[best]!.classId, confidence: (1 - ground) * share * fits[best]! };
}
