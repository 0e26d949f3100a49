import { writeFile } from 'node:fs/promises';
import { writeTiff } from '../micrographs/testing/tiffWriter.ts';

/** For tests: what stands in each plane of a stack or a series that is written. */
export interface Disc {
  x: number;
  y: number;
  radius: number;
}

/** A 16-bit NRRD stack of {@link discPlanes}; `slices` lists the discs of each. */
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
  await writeFile(path, Buffer.concat([Buffer.from(header), ...discPlanes(widthPx, heightPx, slices)]));
}

/** A 16-bit hyperstack as ImageJ writes it: `frames` lists, for each time, the discs of each slice. */
export async function writeSeries(
  path: string,
  widthPx: number,
  heightPx: number,
  frames: readonly (readonly (readonly Disc[])[])[],
): Promise<void> {
  const planes = frames.flat();
  const [images, slices] = [planes.length, frames[0]!.length];
  const description = `ImageJ=1.54f\nimages=${images}\nslices=${slices}\nframes=${frames.length}\nhyperstack=true\n`;
  const size = { 256: [widthPx], 257: [heightPx], 278: [heightPx] };
  const tags = { ...size, 258: [16], 259: [1], 262: [1], 277: [1], 270: description };
  const blocks = discPlanes(widthPx, heightPx, planes);
  await writeFile(path, writeTiff(blocks.map((block) => ({ tags, blocks: [block] }))));
}

/**
 * Bright discs on dark, noisy ground, 16-bit little-endian. The noise is the same at every run and another in each
 * plane.
 */
function discPlanes(widthPx: number, heightPx: number, planes: readonly (readonly Disc[])[]): Buffer[] {
  let seed = 1;
  const noise = () => (seed = (seed * 16_807) % 2_147_483_647) % 900;
  return planes.map((discs) => {
    const pixels = Buffer.alloc(2 * widthPx * heightPx);
    for (let y = 0; y < heightPx; y++) {
      for (let x = 0; x < widthPx; x++) {
        const inside = discs.some((disc) => Math.hypot(x + 0.5 - disc.x, y + 0.5 - disc.y) < disc.radius);
        pixels.writeUInt16LE((inside ? 9000 : 2000) + noise(), 2 * (y * widthPx + x));
      }
    }
    return pixels;
  });
}
