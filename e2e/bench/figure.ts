/** One figure of the benchmark: the median of `n` values, beside the median of a baseline from the same run. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** null where a figure has nothing to be compared with. */
  baseline: number | null;
  ratio: number | null;
  n: number;
  min: number;
  max: number;
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function figure(
  name: string,
  unit: string,
  values: readonly number[],
  baseline: readonly number[] = [],
): Figure {
  const value = median(values);
  const base = baseline.length > 0 ? median(baseline) : null;
  return {
    name,
    value: round(value),
    unit,
    baseline: base === null ? null : round(base),
    ratio: base === null ? null : round(value / base),
    n: values.length,
    min: round(Math.min(...values)),
    max: round(Math.max(...values)),
  };
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
