import { type Mask, subtractMasks } from '../masks/mask.ts';
import { squaredDistances } from './distanceTransform.ts';

/**
 * The simulated user of the NoC protocol (number of clicks; Sofiiuk et al. 2022, RITM, as its published code does it):
 * always the pixel farthest from the border of what is wrong, and never a pixel twice.
 */
export interface Click {
  /** Centre of the pixel, in image space. */
  x: number;
  y: number;
  /** 1 positive, 0 negative. */
  label: 0 | 1;
}

/** Where a person would click for the object at first. `target` is not empty. */
export function firstClick(target: Mask): Click {
  return clickOn(deepestPixel(target, []), 1);
}

/**
 * The next click, in the deeper one of what the mask lacks (positive) and what it has too much (negative; also when
 * both are equally deep). null when nothing is wrong or every wrong pixel was clicked.
 */
export function nextClick(target: Mask, mask: Mask, clicks: readonly Click[]): Click | null {
  const missing = deepestPixel(subtractMasks(target, [mask]), clicks);
  const excess = deepestPixel(subtractMasks(mask, [target]), clicks);
  if (missing.squaredDepth > excess.squaredDepth) return clickOn(missing, 1);
  return excess.squaredDepth > 0 ? clickOn(excess, 0) : null;
}

interface DeepPixel {
  /** Pixel of image space. */
  x: number;
  y: number;
  /** Squared distance to the border, px²; 0 where there is no pixel to click. */
  squaredDepth: number;
}

/** The pixel of a region farthest from its border; of several the one with the smallest y, then x. */
function deepestPixel(region: Mask, clicked: readonly Click[]): DeepPixel {
  const depths = squaredDistances(region);
  for (const click of clicked) {
    const x = Math.floor(click.x) - region.x;
    const y = Math.floor(click.y) - region.y;
    if (x >= 0 && x < region.width && y >= 0 && y < region.height) depths[y * region.width + x] = 0;
  }
  let deepest = 0;
  for (let at = 1; at < depths.length; at++) if (depths[at]! > depths[deepest]!) deepest = at;
  return {
    x: region.x + (deepest % region.width),
    y: region.y + Math.floor(deepest / region.width),
    squaredDepth: depths[deepest] ?? 0,
  };
}

function clickOn({ x, y }: DeepPixel, label: 0 | 1): Click {
  return { x: x + 0.5, y: y + 0.5, label };
}
