import { describe, expect, it } from 'vitest';
import { lookupTable, lookupTableNames } from './lookupTables.ts';

const entry = (table: Uint8Array, index: number) => [...table.subarray(index * 3, index * 3 + 3)];

/** Relative luminance of sRGB (Rec. 709), 0 … 1. */
function luminance(color: number[]): number {
  const [red, green, blue] = color.map((value) =>
    value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

describe('every lookup table', () => {
  it.each(lookupTableNames)('%s has 256 colours', (name) => {
    expect(lookupTable(name)).toHaveLength(256 * 3);
  });

  it.each([
    ['grey', [0, 0, 0], [255, 255, 255]],
    ['fire', [0, 0, 0], [255, 255, 255]],
    ['ice', [0, 156, 140], [230, 0, 27]],
    ['viridis', [68, 1, 84], [253, 231, 37]],
    ['magma', [0, 0, 4], [252, 253, 191]],
    ['red', [0, 0, 0], [255, 0, 0]],
    ['green', [0, 0, 0], [0, 255, 0]],
    ['blue', [0, 0, 0], [0, 0, 255]],
    ['cyan', [0, 0, 0], [0, 255, 255]],
    ['magenta', [0, 0, 0], [255, 0, 255]],
    ['yellow', [0, 0, 0], [255, 255, 0]],
    ['hilo', [0, 0, 0], [255, 255, 255]],
  ] as const)('%s begins and ends where its source does', (name, first, last) => {
    expect(entry(lookupTable(name), 0)).toEqual(first);
    expect(entry(lookupTable(name), 255)).toEqual(last);
  });
});

it('a colour of its own is a table from black, even up to that colour', () => {
  const table = lookupTable('#ff8000');
  expect(table).toHaveLength(256 * 3);
  expect([0, 1, 128, 255].map((index) => entry(table, index))).toEqual([
    [0, 0, 0],
    [1, 1, 0],
    [128, 64, 0],
    [255, 128, 0],
  ]);
  expect(lookupTable('#ff0000')).toEqual(lookupTable('red'));
});

it.each(['grey', 'viridis', 'magma', 'red', 'green', 'blue', 'cyan', 'magenta', 'yellow'] as const)(
  '%s never gets darker as values rise',
  (name) => {
    const table = lookupTable(name);
    const lights = Array.from({ length: 256 }, (_, index) => luminance(entry(table, index)));
    // Rounding to 8 bits may take back a part of one step; over eight steps every table gains.
    const rounding = 0.001;
    for (let index = 1; index < 256; index++) {
      expect(lights[index]!).toBeGreaterThan(lights[index - 1]! - rounding);
      if (index >= 8) expect(lights[index]!).toBeGreaterThan(lights[index - 8]!);
    }
  },
);

it('viridis and magma lie near the published tables between the points too', () => {
  // Entries 64, 128 and 192 of Matplotlib's tables.
  const published = {
    viridis: [
      [59, 82, 139],
      [33, 145, 140],
      [94, 201, 98],
    ],
    magma: [
      [81, 18, 124],
      [183, 55, 121],
      [252, 137, 97],
    ],
  };
  for (const name of ['viridis', 'magma'] as const) {
    for (const [i, color] of published[name].entries()) {
      const shown = entry(lookupTable(name), 64 * (i + 1));
      for (let c = 0; c < 3; c++) expect(Math.abs(shown[c]! - color[c]!)).toBeLessThanOrEqual(8);
    }
  }
});
