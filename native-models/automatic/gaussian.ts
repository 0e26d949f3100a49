import type { GreyPlane } from './greyPlane.ts';

type Picture = Pick<GreyPlane, 'width' | 'height' | 'data'>;

/** Convolution with a Gaussian of `sigma` pixels, cut at three sigmas, edges repeated. Two passes, O(n · sigma). */
export function blur({ width, height, data }: Picture, sigma: number): Float32Array {
  const kernel = gaussianKernel(sigma);
  const along = new Float32Array(data.length);
  const blurred = new Float32Array(data.length);
  const reach = (kernel.length - 1) / 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = -reach; k <= reach; k++) {
        sum += kernel[k + reach]! * data[y * width + Math.min(Math.max(x + k, 0), width - 1)]!;
      }
      along[y * width + x] = sum;
    }
  }
  for (let y = 0; y < height; y++) {
    for (let k = -reach; k <= reach; k++) {
      const from = Math.min(Math.max(y + k, 0), height - 1) * width;
      const weight = kernel[k + reach]!;
      for (let x = 0; x < width; x++) blurred[y * width + x]! += weight * along[from + x]!;
    }
  }
  return blurred;
}

function gaussianKernel(sigma: number): Float32Array {
  const reach = Math.max(1, Math.ceil(3 * sigma));
  const kernel = Float32Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-((k - reach) ** 2) / (2 * sigma ** 2)),
  );
  const sum = kernel.reduce((a, b) => a + b, 0);
  return kernel.map((weight) => weight / sum);
}
