import type { FeatureLevel } from './featureMap.ts';

/**
 * How much each cell of a level looks like the examples: the cosine with the nearest accepted one, less where a rejected
 * one is nearer still. Cells that the plane does not reach have −1.
 * @param accepted unit features, [examples, channels]; `rejected` likewise.
 * @returns [rows, columns] of the cells that the plane reaches, −2..1.
 */
export function similarityMap(level: FeatureLevel, accepted: Float32Array, rejected: Float32Array): Float32Array {
  const { rows, columns, side, channels } = level;
  const map = new Float32Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const from = (y * side + x) * channels;
      const like = nearest(level, from, accepted);
      const unlike = rejected.length > 0 ? nearest(level, from, rejected) : -1;
      map[y * columns + x] = unlike > like ? like - (unlike - like) : like;
    }
  }
  return map;
}

function nearest({ data, channels }: FeatureLevel, from: number, examples: Float32Array): number {
  let best = -1;
  for (let at = 0; at < examples.length; at += channels) {
    let dot = 0;
    for (let channel = 0; channel < channels; channel++) dot += data[from + channel]! * examples[at + channel]!;
    if (dot > best) best = dot;
  }
  return best;
}

/** Means over squares of 2 `reach` + 1 cells, cut at the edges. */
export function boxMean(values: Float32Array, columns: number, rows: number, reach: number): Float32Array {
  if (reach === 0) return values;
  const along = (source: Float32Array, count: number, step: number, lines: number, lineStep: number) => {
    const means = new Float32Array(source.length);
    for (let line = 0; line < lines; line++) {
      const start = line * lineStep;
      for (let i = 0; i < count; i++) {
        const [from, to] = [Math.max(0, i - reach), Math.min(count - 1, i + reach)];
        let sum = 0;
        for (let k = from; k <= to; k++) sum += source[start + k * step]!;
        means[start + i * step] = sum / (to - from + 1);
      }
    }
    return means;
  };
  return along(along(values, columns, 1, rows, columns), rows, columns, columns, 1);
}
