import type { Mask } from './mask.ts';

/**
 * The mask with all that it encloses. Background that reaches the outside through a corner between two pixels is not
 * enclosed (8-connected background), as the outlines of contour.ts have it.
 */
export function fillHoles(mask: Mask): Mask {
  const { width, height } = mask;
  const data = new Uint8Array(width * height).fill(1);
  const waiting: number[] = [];
  const empty = (x: number, y: number) => {
    const index = y * width + x;
    if (x < 0 || x >= width || y < 0 || y >= height || mask.data[index] || !data[index]) return;
    data[index] = 0;
    waiting.push(index);
  };
  for (let x = 0; x < width; x++) for (const y of [0, height - 1]) empty(x, y);
  for (let y = 0; y < height; y++) for (const x of [0, width - 1]) empty(x, y);
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const x = index % width;
    const y = (index - x) / width;
    for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) empty(x + dx, y + dy);
  }
  return { ...mask, data };
}
