/** The cubic convolution kernel that PyTorch interpolates with (Keys 1981, a = −0.75). */
export function cubicKernel(distance: number): number {
  const a = -0.75;
  const x = Math.abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

/**
 * torch.nn.functional.interpolate(mode='bicubic', align_corners=False) of one square plane with channels first.
 * @param values [channels, from, from]; none in a rehearsal.
 * @returns [channels, to, to]
 */
export function resizeBicubic(values: Float32Array, channels: number, from: number, to: number): Float32Array {
  if (values.length === 0 || from === to) return values;
  const taps = Array.from({ length: to }, (_, i) => {
    const centre = ((i + 0.5) * from) / to - 0.5;
    const first = Math.floor(centre) - 1;
    return [0, 1, 2, 3].map((k) => ({
      at: Math.min(from - 1, Math.max(0, first + k)),
      weight: cubicKernel(centre - first - k),
    }));
  });
  const result = new Float32Array(channels * to * to);
  const row = new Float64Array(to * from);
  for (let channel = 0; channel < channels; channel++) {
    const plane = channel * from * from;
    for (let y = 0; y < from; y++) {
      for (let x = 0; x < to; x++) {
        row[y * to + x] = taps[x]!.reduce((sum, { at, weight }) => sum + weight * values[plane + y * from + at]!, 0);
      }
    }
    for (let y = 0; y < to; y++) {
      for (let x = 0; x < to; x++) {
        const sum = taps[y]!.reduce((total, { at, weight }) => total + weight * row[at * to + x]!, 0);
        result[(channel * to + y) * to + x] = sum;
      }
    }
  }
  return result;
}
