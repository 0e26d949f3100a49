import type { Classifier } from './contract.ts';

/** One example for {@link trainClassifier}. */
export interface Sample {
  features: ArrayLike<number>;
  outcome: number;
  weight: number;
}

/** Weight of the penalty on squared weights: high, for there are fewer examples than features. */
const ridge = 0.02;
const steps = 120;

/**
 * Multinomial logistic regression with an L2 penalty on standardised features, by Nesterov's accelerated descent: convex,
 * so where it starts does not matter, and without chance (Bishop 2006, Pattern Recognition and Machine Learning, 4.3.4).
 * The outcomes' total weights are made equal. Takes steps × samples × features × outcomes multiplications.
 * @param samples one at least.
 * @param outcomes number of them.
 */
export function trainClassifier(samples: readonly Sample[], outcomes: number): Classifier {
  const length = samples[0]!.features.length;
  const totals = new Float64Array(outcomes);
  for (const { outcome, weight } of samples) totals[outcome]! += weight;
  // An outcome without samples (a plane so full that nothing else is on it) takes no part.
  const shares = samples.map(({ outcome, weight }) => weight / (totals[outcome]! * outcomes));
  const { mean, scale } = standardOf(samples, shares, length);
  const rows = samples.map(({ features }) => standardised(features, mean, scale));
  const width = length + 1;
  const weights = new Float64Array(outcomes * width);
  const ahead = weights.slice();
  const gradient = new Float64Array(weights.length);
  // By a bound on the curvature: rows have a mean squared length of 2, the constant's 1 included (see standardOf).
  const rate = 1 / (0.5 * 2 + ridge);
  for (let step = 0; step < steps; step++) {
    gradient.fill(0);
    for (const [i, row] of rows.entries()) {
      const probabilities = softmax(row, ahead, outcomes);
      probabilities[samples[i]!.outcome]! -= 1;
      for (let outcome = 0; outcome < outcomes; outcome++) {
        const error = probabilities[outcome]! * shares[i]!;
        const at = outcome * width;
        for (let k = 0; k < width; k++) gradient[at + k]! += error * row[k]!;
      }
    }
    const momentum = step / (step + 3);
    for (let at = 0; at < weights.length; at++) {
      // The constants are free.
      const penalty = at % width === length ? 0 : ridge * ahead[at]!;
      const next = ahead[at]! - rate * (gradient[at]! + penalty);
      ahead[at] = next + momentum * (next - weights[at]!);
      weights[at] = next;
    }
  }
  return { mean, scale, weights };
}

/** Probabilities of the outcomes, in their order. */
export function classify({ mean, scale, weights }: Classifier, features: ArrayLike<number>): Float64Array {
  return softmax(standardised(features, mean, scale), weights, weights.length / (mean.length + 1));
}

/** Scales so that all features together have a mean squared length of 1, whatever their number. */
function standardOf(samples: readonly Sample[], shares: readonly number[], length: number) {
  const mean = new Float64Array(length);
  const scale = new Float64Array(length);
  for (const [i, { features }] of samples.entries()) {
    for (let k = 0; k < length; k++) mean[k]! += shares[i]! * features[k]!;
  }
  for (const [i, { features }] of samples.entries()) {
    for (let k = 0; k < length; k++) scale[k]! += shares[i]! * (features[k]! - mean[k]!) ** 2;
  }
  for (let k = 0; k < length; k++) scale[k] = scale[k]! > 1e-12 ? 1 / Math.sqrt(scale[k]! * length) : 0;
  return { mean, scale };
}

/** The constant's 1 comes last. */
function standardised(features: ArrayLike<number>, mean: Float64Array, scale: Float64Array): Float64Array {
  const row = new Float64Array(mean.length + 1);
  for (let k = 0; k < mean.length; k++) row[k] = (features[k]! - mean[k]!) * scale[k]!;
  row[mean.length] = 1;
  return row;
}

function softmax(row: Float64Array, weights: Float64Array, outcomes: number): Float64Array {
  const scores = new Float64Array(outcomes);
  for (let outcome = 0, at = 0; outcome < outcomes; outcome++) {
    for (let k = 0; k < row.length; k++) scores[outcome]! += weights[at++]! * row[k]!;
  }
  const highest = scores.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (let outcome = 0; outcome < outcomes; outcome++) sum += scores[outcome] = Math.exp(scores[outcome]! - highest);
  for (let outcome = 0; outcome < outcomes; outcome++) scores[outcome]! /= sum;
  return scores;
}
