import { recent } from './recent.ts';

/** Names as Fiji and napari have them; the order is the menu's. */
export const lookupTableNames = [
  'grey',
  'fire',
  'ice',
  'viridis',
  'magma',
  'red',
  'green',
  'blue',
  'cyan',
  'magenta',
  'yellow',
  'hilo',
] as const;
export type LookupTableName = (typeof lookupTableNames)[number];

/** '#rrggbb': evenly from black to that colour. */
export type Ramp = `#${string}`;

/** What samples are coloured by: a named table, or a channel's colour. */
export type ColorTable = LookupTableName | Ramp;

export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * Colours at even distances from black to white. Fire and Ice: the 32 points of ImageJ's LutLoader (Wayne Rasband,
 * public domain). Viridis and magma: ten points of the tables by Stéfan van der Walt and Nathaniel Smith for
 * Matplotlib (CC0), as R's viridisLite gives them.
 */
const controlPoints: Record<LookupTableName, string> = {
  grey: '000000 ffffff',
  fire: `000000 00003d 010060 190082 3100a5 4900c0 6200dc 7a00e3 9200d2 a200b5 ad0097 b8007a c3005d cf0e40 d92323 e53905
    f04f00 fc6500 ff7500 ff8500 ff9300 ffa100 ffaf00 ffbe00 ffcd00 ffdb00 ffea00 fff823 ffff62 ffffa0 ffffdf ffffff`,
  ice: `009c8c 00a593 00b09e 00b8a6 00beaa 00c4b0 13c1d1 1db8dc 32abea 30a2e1 4f92ec 707df6 866bfa 9e5dfb ba51fa c957fa
    d95cf5 e561e6 f25fe6 fa5dde fa5dca fa5ab4 fa55a3 fb458e fa407b fa3672 fa2f6a fa235e fb1354 fb0040 f3041a e6001b`,
  viridis: '440154 482878 3e4a89 31688e 26828e 1f9e89 35b779 6dcd59 b4de2c fde725',
  magma: '000004 180f3e 451077 721f81 9f2f7f cd4071 f1605d fd9567 fec98d fcfdbf',
  red: '000000 ff0000',
  green: '000000 00ff00',
  blue: '000000 0000ff',
  cyan: '000000 00ffff',
  magenta: '000000 ff00ff',
  yellow: '000000 ffff00',
  hilo: '000000 ffffff',
};

/** Colours of samples that the display range cuts off, where a table marks them. */
export const clippingMarks: Partial<Record<ColorTable, { low: Rgb; high: Rgb }>> = {
  hilo: { low: [0, 0, 255], high: [255, 0, 0] },
};

/** Of each channel on screen, and of each swatch in the menu. */
const made = recent<Uint8Array>(64);

const isRamp = (table: ColorTable): table is Ramp => table.startsWith('#');

/** 256 colours, R, G, B each, linear between the control points. */
export function lookupTable(table: ColorTable): Uint8Array {
  return made(table, () => interpolate(isRamp(table) ? `000000 ${table.slice(1)}` : controlPoints[table]));
}

function interpolate(points: string): Uint8Array {
  const colors = points.split(/\s+/).map((hex) => Number.parseInt(hex, 16));
  const table = new Uint8Array(256 * 3);
  for (let index = 0; index < 256; index++) {
    const place = (index / 255) * (colors.length - 1);
    const left = Math.min(Math.floor(place), colors.length - 2);
    for (let c = 0; c < 3; c++) {
      const [from, to] = [colors[left]!, colors[left + 1]!].map((color) => (color >> (16 - 8 * c)) & 255);
      table[index * 3 + c] = Math.round(from! + (to! - from!) * (place - left));
    }
  }
  return table;
}
