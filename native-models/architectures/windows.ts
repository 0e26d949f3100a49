import type { Value } from '../graph/graphBuilder.ts';
import type { Layers } from '../graph/layers.ts';

/** A square plane of tokens cut into square windows, padded with zeros at the right and the bottom. */
export interface WindowGrid {
  side: number;
  window: number;
  perSide: number;
  count: number;
}

export function windowGrid(side: number, window: number): WindowGrid {
  const perSide = Math.ceil(side / window);
  return { side, window, perSide, count: perSide * perSide };
}

/** [side × side, channels] → [count × window × window, channels]. */
export function partitionWindows(layers: Layers, x: Value, grid: WindowGrid, channels: number): Value {
  const { side, window, perSide } = grid;
  const gap = perSide * window - side;
  let plane = layers.reshape(x, [side, side, channels]);
  if (gap > 0) plane = layers.graph.op('Pad', [plane, layers.graph.int64([0, 0, 0, gap, gap, 0])]);
  const windows = layers.reshape(plane, [perSide, window, perSide, window, channels]);
  return layers.reshape(layers.transpose(windows, [0, 2, 1, 3, 4]), [-1, channels]);
}

/** Windows back to [side × side, width], without the padding. */
export function joinWindows(layers: Layers, x: Value, { perSide, window, side }: WindowGrid, width: number): Value {
  const windows = layers.reshape(x, [perSide, perSide, window, window, width]);
  const padded = perSide * window;
  let plane = layers.reshape(layers.transpose(windows, [0, 2, 1, 3, 4]), [padded, padded, width]);
  if (padded > side) plane = layers.slice(layers.slice(plane, 0, 0, side), 1, 0, side);
  return layers.reshape(plane, [side * side, width]);
}
