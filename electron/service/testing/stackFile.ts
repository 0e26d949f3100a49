import { writeFile } from 'node:fs/promises';

/** For tests: what stands in each slice of a stack that is written. */
export interface Disc {
  x: number;
  y: number;
  radius: number;
}

/**
 * For tests: a 16-bit NRRD stack of bright discs on dark, noisy ground; `slices` lists the discs of each. The noise is
 * the same at every run and another in each slice.
 */
export async function writeStack(
  path: string,
  widthPx: number,
  heightPx: number,
  slices: readonly (readonly Disc[])[],
): Promise<void> {
  const header = [
    'NRRD0004',
    'type: uint16',
    'dimension: 3',
    `sizes: ${widthPx} ${heightPx} ${slices.length}`,
    'endian: little',
    'encoding: raw',
    '',
    '',
  ].join('\n');
  const pixels = Buffer.alloc(2 * widthPx * heightPx * slices.length);
  let seed = 1;
  const noise = () => (seed = (seed * 16_807) % 2_147_483_647) % 900;
  for (const [z, discs] of slices.entries()) {
    for (let y = 0; y < heightPx; y++) {
      for (let x = 0; x < widthPx; x++) {
        const inside = discs.some((disc) => Math.hypot(x + 0.5 - disc.x, y + 0.5 - disc.y) < disc.radius);
        pixels.writeUInt16LE((inside ? 9000 : 2000) + noise(), 2 * ((z * heightPx + y) * widthPx + x));
      }
    }
  }
  await writeFile(path, Buffer.concat([Buffer.from(header), pixels]));
}
