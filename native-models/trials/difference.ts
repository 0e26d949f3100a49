import type { Measurement } from './measurement.ts';

export interface Difference {
  /** ‖found − expected‖ / ‖expected‖ of the output that lies farthest off. */
  relative: number;
  output: string;
}

/**
 * How far a device may be from the CPU. Devices that compute with 10 bits of mantissa (TF32, fp16 on tensor cores and
 * neural engines) round every product by 2⁻¹¹; over the blocks of an encoder that adds up to a few parts in 1000, and
 * sums in another order cost less than 1 in 10 000. One part in 100 of logits moves an edge by a tenth of a low-res
 * pixel. A kernel that is wrong changes outputs by a tenth and more. With int8 the roundings themselves differ between
 * processors.
 */
export function differenceAllowed(precision: string): number {
  return precision === 'int8' ? 0.05 : 0.01;
}

/** Why these outputs are none; null where they can be compared. */
export function whyNoOutputs(expected: Measurement['outputs'], found: Measurement['outputs']): string | null {
  for (const [name, values] of expected) {
    const other = found.get(name);
    if (other?.length !== values.length) return `it gives no ${name}, or one of another size`;
    if (!other.every(Number.isFinite)) return `it gives numbers that are none (NaN or infinite) in ${name}`;
  }
  return null;
}

/** Outputs that {@link whyNoOutputs} lets pass; in double precision. */
export function differenceOf(expected: Measurement['outputs'], found: Measurement['outputs']): Difference {
  let worst: Difference = { relative: 0, output: '' };
  for (const [output, values] of expected) {
    const other = found.get(output)!;
    let apart = 0;
    let size = 0;
    for (const [at, value] of values.entries()) {
      apart += (other[at]! - value) ** 2;
      size += value ** 2;
    }
    const relative = apart === 0 ? 0 : Math.sqrt(apart / size);
    if (relative >= worst.relative) worst = { relative, output };
  }
  return worst;
}
