import type { Mask } from '../masks/mask.ts';
import { type ImageToModel, pointToModel } from '../predictor/spaces.ts';
import type { FeatureLevel, FeatureMap } from './featureMap.ts';

/** Pixels of a mask that are asked for its features: more change nothing that can be seen in a mean. */
const mostSamples = 600;

/** Places in model space, x and y in turn. */
type Places = Float64Array;

/**
 * Mean features of a mask at each level, one after the other (masked average pooling, as in few-shot segmentation: Zhang
 * et al. 2020, arXiv:1810.09091, SG-One), then for each level the cosine between the inside and a ring around: near 1
 * where nothing ends at the border.
 * @returns [channels of all levels + levels]
 */
export function poolFeatures(map: FeatureMap, mask: Mask): Float32Array {
  const inside = placesOf(map.transform, mask, 1);
  const around = ringOf(map.transform, mask);
  const channels = map.levels.reduce((sum, level) => sum + level.channels, 0);
  const pooled = new Float32Array(channels + map.levels.length);
  let at = 0;
  map.levels.forEach((level, index) => {
    const features = pooled.subarray(at, at + level.channels);
    meanAt(level, inside, features);
    pooled[channels + index] = cosine(features, meanAt(level, around, new Float32Array(level.channels)));
    at += level.channels;
  });
  return pooled;
}

export function cosine(a: Float32Array, b: Float32Array): number {
  let [both, ofA, ofB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    both += a[i]! * b[i]!;
    ofA += a[i]! * a[i]!;
    ofB += b[i]! * b[i]!;
  }
  return ofA > 0 && ofB > 0 ? both / Math.sqrt(ofA * ofB) : 0;
}

/** Centres of the mask's pixels that have this value, evenly thinned. */
function placesOf(transform: ImageToModel, { x, y, width, height, data }: Mask, value: 0 | 1): Places {
  const step = Math.max(1, Math.floor(Math.sqrt((width * height) / mostSamples)));
  const places: number[] = [];
  for (let j = Math.floor(step / 2) % height; j < height; j += step) {
    for (let i = Math.floor(step / 2) % width; i < width; i += step) {
      if (data[j * width + i] !== value) continue;
      const place = pointToModel(transform, { x: x + i + 0.5, y: y + j + 0.5 });
      places.push(place.x, place.y);
    }
  }
  // A thin mask may fall between the samples.
  if (places.length === 0 && value === 1 && step > 1) {
    const at = data.indexOf(1);
    const place = pointToModel(transform, { x: x + (at % width) + 0.5, y: y + Math.floor(at / width) + 0.5 });
    places.push(place.x, place.y);
  }
  return Float64Array.from(places);
}

/** Ground around a mask: what is not the mask in its window, widened by a quarter on each side. */
function ringOf(transform: ImageToModel, mask: Mask): Places {
  const margin = Math.max(2, Math.ceil((mask.width + mask.height) / 8));
  const [width, height] = [mask.width + 2 * margin, mask.height + 2 * margin];
  const data = new Uint8Array(width * height);
  for (let j = 0; j < mask.height; j++) {
    data.set(mask.data.subarray(j * mask.width, (j + 1) * mask.width), (j + margin) * width + margin);
  }
  const places = placesOf(transform, { x: mask.x - margin, y: mask.y - margin, width, height, data }, 0);
  const { widthModel, heightModel } = transform;
  const kept: number[] = [];
  for (let i = 0; i < places.length; i += 2) {
    const [u, v] = [places[i]!, places[i + 1]!];
    if (u >= 0 && v >= 0 && u < widthModel && v < heightModel) kept.push(u, v);
  }
  return Float64Array.from(kept);
}

/** Mean of a level's features, interpolated at places of model space, into `mean`. */
export function meanAt(level: FeatureLevel, places: Places, mean: Float32Array): Float32Array {
  const { stride, columns, rows, side, channels, data } = level;
  if (places.length === 0) return mean;
  // Weights of cells first: a cell is read once, however many places lie in it.
  const weights = new Map<number, number>();
  const add = (cell: number, weight: number) => {
    if (weight > 0) weights.set(cell, (weights.get(cell) ?? 0) + weight);
  };
  for (let i = 0; i < places.length; i += 2) {
    const u = Math.min(Math.max(places[i]! / stride - 0.5, 0), columns - 1);
    const v = Math.min(Math.max(places[i + 1]! / stride - 0.5, 0), rows - 1);
    const [left, top] = [Math.floor(u), Math.floor(v)];
    const [a, b] = [u - left, v - top];
    const cell = top * side + left;
    add(cell, (1 - a) * (1 - b));
    add(cell + 1, a * (1 - b));
    add(cell + side, (1 - a) * b);
    add(cell + side + 1, a * b);
  }
  const total = places.length / 2;
  for (const [cell, weight] of weights) {
    const from = cell * channels;
    const share = weight / total;
    for (let channel = 0; channel < channels; channel++) mean[channel]! += share * data[from + channel]!;
  }
  return mean;
}
