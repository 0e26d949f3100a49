import { createHash } from 'node:crypto';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { DisplayRange, ModelLook } from '../api/contract.ts';

/** Range of what {@link paintLook} gives. */
export const shownRange: DisplayRange = [0, 255];

/** Equal for looks that show the same. */
export function lookKey({ gamma, inverted, table, composite }: ModelLook): string {
  const shown = JSON.stringify([gamma, inverted, table?.entries ?? null, composite?.map(({ c, color }) => [c, color])]);
  return createHash('sha256').update(shown).digest('hex');
}

/**
 * Planes of one size (the channels of a composite, else one) as the screen shows them, in 8 bits: each stretched over
 * its display range, brought to gamma, inverted, coloured, and added up; what goes beyond 255 is held there. A colour
 * plane keeps its colours. Grey stays grey. NaN is black before inversion. O(pixels × planes).
 */
export function paintLook(
  planes: readonly PixelPlane[],
  ranges: readonly DisplayRange[],
  { gamma, inverted, table, composite }: ModelLook,
): PixelPlane {
  const [first] = planes as [PixelPlane];
  const shadesOf = (i: number) => shades(planes[i]!.data, ranges[i]!, gamma, inverted);
  if (!composite && (first.samples === 3 || !table)) return { ...first, data: shadesOf(0) };
  const data = new Uint8ClampedArray(first.widthPx * first.heightPx * 3);
  const tables = composite ? composite.map(({ color }) => ramp(color)) : [Buffer.from(table!.entries, 'base64')];
  for (const [i, colors] of tables.entries()) {
    const plane = shadesOf(i);
    for (let from = 0, to = 0; from < plane.length; from++, to += 3) {
      const at = plane[from]! * 3;
      data[to]! += colors[at]!;
      data[to + 1]! += colors[at + 1]!;
      data[to + 2]! += colors[at + 2]!;
    }
  }
  return { ...first, samples: 3, data: new Uint8Array(data.buffer) };
}

/** Range, gamma, inversion: 0 … 255. */
function shades(
  data: PixelPlane['data'],
  [low, high]: DisplayRange,
  gamma: number,
  inverted: boolean,
): Uint8Array<ArrayBuffer> {
  const shadeOf = (value: number) => {
    const share = (value - low) / (high - low);
    // Written so that NaN becomes 0.
    const shade = share > 0 ? 255 * Math.min(1, share) ** gamma : 0;
    return inverted ? 255 - shade : shade;
  };
  const shown = new Uint8ClampedArray(data.length);
  if (data instanceof Float32Array) for (let i = 0; i < data.length; i++) shown[i] = shadeOf(data[i]!);
  else {
    const table = Uint8ClampedArray.from({ length: 2 ** (8 * data.BYTES_PER_ELEMENT) }, (_, value) => shadeOf(value));
    for (let i = 0; i < data.length; i++) shown[i] = table[data[i]!]!;
  }
  return new Uint8Array(shown.buffer);
}

/** 256 × RGB from black to a colour. */
function ramp(color: string): Uint8ClampedArray {
  const ends = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  return Uint8ClampedArray.from({ length: 256 * 3 }, (_, i) => (Math.floor(i / 3) * ends[i % 3]!) / 255);
}
