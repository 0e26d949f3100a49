const bins = 256;

/**
 * The value that parts values of 0..1 into two classes whose means lie as far apart as their sizes allow (Otsu 1979, A
 * Threshold Selection Method from Gray-Level Histograms), a middle one where many do. null where all are alike.
 */
export function otsuThreshold(values: Float32Array): number | null {
  const counts = new Float64Array(bins);
  for (const value of values) counts[Math.min(bins - 1, Math.max(0, Math.floor(value * bins)))]!++;
  const total = counts.reduce((sum, count, bin) => sum + count * bin, 0);
  let [below, sumBelow, best, first, last] = [0, 0, 0, 0, 0];
  for (let bin = 0; bin < bins - 1; bin++) {
    below += counts[bin]!;
    sumBelow += counts[bin]! * bin;
    const above = values.length - below;
    if (below === 0 || above === 0) continue;
    const between = below * above * (sumBelow / below - (total - sumBelow) / above) ** 2;
    if (between > best) [best, first] = [between, bin];
    if (between === best) last = bin;
  }
  return best === 0 ? null : ((first + last) / 2 + 1) / bins;
}
