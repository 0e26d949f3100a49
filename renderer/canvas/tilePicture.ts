import type { DisplayRange } from '../../electron/service/api/contract.ts';
import type { PixelPlane } from '../../native-models/predictor/pixels.ts';

/** Samples of a tile as a picture: `range[0]` becomes black, `range[1]` white, linear between. */
export function tilePicture(tile: PixelPlane, range: DisplayRange): HTMLCanvasElement {
  const picture = document.createElement('canvas');
  picture.width = tile.widthPx;
  picture.height = tile.heightPx;
  const image = new ImageData(tile.widthPx, tile.heightPx);
  stretch(tile, range, image.data);
  picture.getContext('2d')!.putImageData(image, 0, 0);
  return picture;
}

/** Writes RGBA, opaque. Integer samples go through a table, float ones are computed; NaN becomes black. */
export function stretch({ data, samples }: PixelPlane, range: DisplayRange, rgba: Uint8ClampedArray): void {
  const table = data instanceof Float32Array ? null : displayTable(range, data instanceof Uint8Array ? 256 : 65_536);
  const [low, high] = range;
  const gain = 255 / (high - low);
  const shown = (value: number) => (table ? table[value]! : (value - low) * gain);
  if (samples === 1) {
    for (let from = 0, to = 0; from < data.length; from++, to += 4) {
      const value = shown(data[from]!);
      rgba[to] = value;
      rgba[to + 1] = value;
      rgba[to + 2] = value;
      rgba[to + 3] = 255;
    }
    return;
  }
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = shown(data[from]!);
    rgba[to + 1] = shown(data[from + 1]!);
    rgba[to + 2] = shown(data[from + 2]!);
    rgba[to + 3] = 255;
  }
}

let kept: { range: DisplayRange; table: Uint8ClampedArray } | null = null;

/** Display value of each sample value; the last one is kept, since all tiles of a micrograph share it. */
function displayTable([low, high]: DisplayRange, values: number): Uint8ClampedArray {
  if (kept && kept.table.length === values && kept.range[0] === low && kept.range[1] === high) return kept.table;
  const table = new Uint8ClampedArray(values);
  const gain = 255 / (high - low);
  for (let value = 0; value < values; value++) table[value] = (value - low) * gain;
  kept = { range: [low, high], table };
  return table;
}
