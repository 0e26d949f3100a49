import type { Mask } from '../masks/mask.ts';
import type { ImageToModel, Point } from '../predictor/spaces.ts';

/** Places that are tried on a plane. */
const tried = 160;
/** Examples of a plane that are laid beside themselves. */
const mostBeside = 20;

/**
 * Masks of examples laid elsewhere on their plane, where none of them is: they differ from the examples in what they
 * show and not in their form. Places follow the R2 sequence (Roberts 2018, "The unreasonable effectiveness of
 * quasirandom sequences"), which fills the plane evenly and leaves nothing to chance.
 * @param masks of the examples, image space, none empty.
 */
export function masksElsewhere(transform: ImageToModel, masks: readonly Mask[]): Mask[] {
  const { origin, widthImage, heightImage } = transform;
  const elsewhere: Mask[] = [];
  if (masks.length === 0) return elsewhere;
  for (let i = 1; i <= tried; i++) {
    const mask = masks[i % masks.length]!;
    const [u, v] = [(0.5 + i * 0.7548776662466927) % 1, (0.5 + i * 0.5698402909980532) % 1];
    const x = origin.x + Math.floor(u * (widthImage - mask.width + 1));
    const y = origin.y + Math.floor(v * (heightImage - mask.height + 1));
    if (mask.width > widthImage || mask.height > heightImage) continue;
    const moved = { ...mask, x, y };
    if (!masks.some((other) => boxesMeet(moved, other))) elsewhere.push(moved);
  }
  return [...elsewhere, ...masksBeside(transform, masks)];
}

/** Masks of examples beside themselves, where the ground is hardest to tell from them. */
function masksBeside({ origin, widthImage, heightImage }: ImageToModel, masks: readonly Mask[]): Mask[] {
  const step = Math.max(1, Math.floor(masks.length / mostBeside));
  return masks
    .filter((_, i) => i % step === 0)
    .flatMap((mask) =>
      [-1, 0, 1].flatMap((row) =>
        [-1, 0, 1].map((column) => ({ ...mask, x: mask.x + column * mask.width, y: mask.y + row * mask.height })),
      ),
    )
    .filter(
      (moved) =>
        moved.x >= origin.x &&
        moved.y >= origin.y &&
        moved.x + moved.width <= origin.x + widthImage &&
        moved.y + moved.height <= origin.y + heightImage &&
        !masks.some((other) => boxesMeet(moved, other)),
    );
}

function boxesMeet(a: Mask, b: Mask): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Whether the pixel of a point is one of a mask's. */
export function holds({ x, y, width, height, data }: Mask, point: Point): boolean {
  const [i, j] = [Math.floor(point.x) - x, Math.floor(point.y) - y];
  return i >= 0 && j >= 0 && i < width && j < height && data[j * width + i] === 1;
}
