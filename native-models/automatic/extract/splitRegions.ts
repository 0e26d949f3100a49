import { splitIntoParts } from '../../evaluation/connectedParts.ts';
import type { Microstructure } from './microstructure.ts';

/** Numbers the 4-connected parts of each value anew, from 1 on; 0 stays ground. */
export function splitRegions(values: Uint32Array, widthPx: number, heightPx: number): Microstructure {
  const labels = Uint32Array.from(splitIntoParts({ widthPx, heightPx, data: values }).data);
  return { widthPx, heightPx, labels, count: labels.reduce((most, label) => Math.max(most, label), 0) };
}

/** Pixels of each label, [count + 1]. */
export function regionAreas({ labels, count }: Pick<Microstructure, 'labels' | 'count'>): Float64Array {
  const areas = new Float64Array(count + 1);
  for (let at = 0; at < labels.length; at++) areas[labels[at]!]!++;
  return areas;
}
