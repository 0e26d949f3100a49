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
  return layers.reshape(layers.transpose(cut(layers, x, grid, channels), [0, 2, 1, 3, 4]), [-1, channels]);
}

/** The same, the first token of each window first: → [window × window × count, channels]. */
export function tokensOfWindows(layers: Layers, x: Value, grid: WindowGrid, channels: number): Value {
  return layers.reshape(layers.transpose(cut(layers, x, grid, channels), [1, 3, 0, 2, 4]), [-1, channels]);
}

/** → [perSide, window, perSide, window, channels] */
function cut(layers: Layers, x: Value, { side, window, perSide }: WindowGrid, channels: number): Value {
  const gap = perSide * window - side;
  let plane = layers.reshape(x, [side, side, channels]);
  if (gap > 0) plane = layers.graph.op('Pad', [plane, layers.graph.int64([0, 0, 0, gap, gap, 0])]);
  return layers.reshape(plane, [perSide, window, perSide, window, channels]);
}

/** Windows back to [side × side, width], without the padding. */
export function joinWindows(layers: Layers, x: Value, grid: WindowGrid, width: number): Value {
  const { perSide, window } = grid;
  const windows = layers.reshape(x, [perSide, perSide, window, window, width]);
  return withoutPadding(layers, layers.transpose(windows, [0, 2, 1, 3, 4]), grid, width);
}

function withoutPadding(layers: Layers, x: Value, { side, perSide, window }: WindowGrid, width: number): Value {
  const { graph } = layers;
  const padded = perSide * window;
  let plane = layers.reshape(x, [padded, padded, width]);
  if (padded > side) {
    plane =
      layers.layout === 'plain'
        ? layers.slice(layers.slice(plane, 0, 0, side), 1, 0, side)
        : graph.op('Slice', [plane, graph.int64([0, 0]), graph.int64([side, side]), graph.int64([0, 1])]);
  }
  return layers.reshape(plane, [side * side, width]);
}
